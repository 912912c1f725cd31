"""A daemon that says what a test tells it to: real frames over a real socket, in a thread."""

import contextlib
import os
import socket
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from waiting import wait_until
from zccache.common.wire.frames import HEADER, Kind, pack_frame, parse_header
from zccache.common.wire.messages import (
    Begin,
    Finish,
    RunOrder,
    pack_fail,
    pack_hit,
    pack_pass,
    pack_run,
    pack_word,
    unpack_begin,
    unpack_finish,
)

TICKET = 0x1122334455667788
QUIET_FOR_S = 20.0
SETTLED_NS = 50_000_000


class Call:
    """One caller: what it asked, what it said at the end, and the bytes to answer with."""

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(QUIET_FOR_S)
        self._connection = connection
        self.begin: Begin | None = None
        self.finish: Finish | None = None

    def read_begin(self) -> Begin:
        """Read the question."""
        kind, body = self._read()
        assert kind == Kind.BEGIN
        self.begin = unpack_begin(body)
        return self.begin

    def read_finish(self) -> Finish:
        """Read how a run ended."""
        kind, body = self._read()
        assert kind == Kind.FINISH
        self.finish = unpack_finish(body)
        return self.finish

    def say(self, data: bytes) -> None:
        """Send bytes, whole frames or not; a caller that has gone away does not mind."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._connection.sendall(data)

    def say_until_the_end(self, data: bytes, *, every_s: float) -> None:
        """Send the same bytes again and again until the caller has gone."""
        self._connection.settimeout(every_s)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            while True:
                self._connection.sendall(data)
                with contextlib.suppress(TimeoutError):
                    assert self._connection.recv(1) == b""
                    return

    def wait_for_the_end(self) -> None:
        """Return when the caller has closed its side."""
        with contextlib.suppress(ConnectionResetError):
            assert self._connection.recv(1) == b""

    def order(
        self,
        program: str,
        *words: str,
        env_changes: tuple[str, ...] = (),
        nice: int = 0,
        one_stream: bool = False,
    ) -> None:
        """Tell the front what to run."""
        argv = (program, *words)
        self.say(pack_run(RunOrder(TICKET, nice, program, argv, env_changes, one_stream=one_stream)))

    def step(
        self, program: str, *words: str, stdout: bytes = b"", stderr: bytes = b"", nice: int = 0
    ) -> Finish:
        """Have one step of a command run, what is to be printed before it, and return how it ended."""
        argv = (program, *words)
        order = RunOrder(TICKET, nice, program, argv, (), more_follows=True, stdout=stdout, stderr=stderr)
        self.say(pack_run(order))
        return self.read_finish()

    def run(
        self,
        program: str,
        *words: str,
        env_changes: tuple[str, ...] = (),
        nice: int = 0,
        last_answer: bytes | None = None,
        one_stream: bool = False,
    ) -> None:
        """Have a program run, wait for its end and confirm it."""
        self.order(program, *words, env_changes=env_changes, nice=nice, one_stream=one_stream)
        self.read_finish()
        self.say(pack_word(Kind.RECORDED, "stored") if last_answer is None else last_answer)

    def _read(self) -> tuple[int, bytes]:
        header = parse_header(self._read_exactly(HEADER.size))
        return header.kind, self._read_exactly(header.body_bytes)

    def _read_exactly(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            piece = self._connection.recv(size - len(data))
            if not piece:
                raise EOFError("the front closed the connection")
            data += piece
        return bytes(data)


def wait_until_settled(path: Path) -> None:
    """Return when a socket is old enough for a front to see that it was there before its question."""
    assert wait_until(lambda: time.time_ns() - path.stat().st_ctime_ns > SETTLED_NS)


Script = Callable[[Call], object]


class FakeDaemon:
    """Answers every caller by a script; calls is what came in, errors what went wrong in a script."""

    def __init__(self, socket_path: Path, script: Script) -> None:
        self.calls: list[Call] = []
        self.errors: list[BaseException] = []
        self._script = script
        self._threads: list[threading.Thread] = []
        self._listener = socket.socket(socket.AF_UNIX)
        socket_path.parent.mkdir(parents=True, exist_ok=True)
        # A root without this folder is one that somebody has deleted.
        (socket_path.parent.parent / "tmp").mkdir(exist_ok=True)
        self._bind(socket_path)
        self._listener.listen(128)
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    @property
    def asked(self) -> Begin:
        """The only question that came in."""
        (call,) = self.calls
        assert call.begin is not None
        return call.begin

    @property
    def finished(self) -> Finish:
        """The only end of a run that was reported."""
        (call,) = self.calls
        assert call.finish is not None
        return call.finish

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # A listener that is only closed leaves accept() waiting; shutdown wakes it.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join(QUIET_FOR_S)
        self._listener.close()
        for thread in self._threads:
            thread.join(QUIET_FOR_S)
        if self.errors:
            raise self.errors[0]

    def _bind(self, path: Path) -> None:
        # By way of the folder's descriptor: its real path may be longer than an address holds.
        folder = os.open(path.parent, os.O_PATH | os.O_CLOEXEC)
        try:
            self._listener.bind(f"/proc/self/fd/{folder}/{path.name}")
        finally:
            os.close(folder)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        call = Call(connection)
        self.calls.append(call)
        with connection:
            try:
                call.read_begin()
                self._script(call)
            except (EOFError, OSError, AssertionError) as error:
                self.errors.append(error)


def says(*frames: bytes) -> Script:
    """Return a script that answers with these bytes, whatever was asked, and waits for the caller to go."""

    def script(call: Call) -> None:
        for data in frames:
            call.say(data)
        call.wait_for_the_end()

    return script


def says_and_hangs_up(data: bytes) -> Script:
    """Return a script that closes the connection after these bytes."""
    return lambda call: call.say(data)


def hit(status: int = 0, stdout: bytes = b"", stderr: bytes = b"") -> bytes:
    """Return a HIT frame."""
    return pack_hit(status, stdout, stderr)


def passes(program: str, reason: str = "unknown_program") -> bytes:
    """Return a PASS frame."""
    return pack_pass(program, reason)


def fails(status: int, message: str) -> bytes:
    """Return a FAIL frame."""
    return pack_fail(status, message)


def cold(reason: str) -> bytes:
    """Return a COLD frame."""
    return pack_word(Kind.COLD, reason)


def restart() -> bytes:
    """Return a RESTART frame."""
    return pack_frame(Kind.RESTART)


def busy() -> bytes:
    """Return a BUSY frame."""
    return pack_frame(Kind.BUSY)


def with_protocol(frame: bytes, protocol: int) -> bytes:
    """Return a frame as a daemon of another protocol would send it."""
    body_bytes, mark, _, kind = HEADER.unpack_from(frame)
    return struct.pack("<I2sBB", body_bytes, mark, protocol, kind) + frame[HEADER.size :]
