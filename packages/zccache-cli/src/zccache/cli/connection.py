"""The daemon, as the Python front reaches it: its socket, and a new daemon where none listens."""

from __future__ import annotations

import os
import struct
import time
from _socket import AF_UNIX, SO_RCVTIMEO, SO_SNDTIMEO, SOCK_STREAM, SOL_SOCKET, socket

from zccache.cli import origin, request
from zccache.cli.request import NoAnswer
from zccache.common.version import pack_version

TYPE_CHECKING = False
if TYPE_CHECKING:
    from zccache.cli.call import Call

_ANSWER_WITHIN_US = 900_000
_RESTART_WITHIN_S = 10.0
_RETRY_S = 0.003
# An address ends at 108 bytes (Linux) or 104 (macOS); longer ones are reached from their own folder.
_LONGEST_ADDRESS = 100


def ask_to_begin(call: Call) -> tuple[Connection, int, bytes]:
    """Ask what to do with a call; return the connection, and kind and body of the answer.

    A daemon that is older than we are goes away at our question; its successor is asked. Raises NoAnswer.
    """
    frame = request.begin(
        call.words,
        call.env,
        call.cwd,
        version=pack_version(),
        umask=origin.umask(),
        flags=origin.stream_flags(),
        namespace=origin.mount_namespace(),
    )
    call.step("begin")
    deadline = time.monotonic() + _RESTART_WITHIN_S
    while time.monotonic() < deadline:
        connection = _reach(call)
        try:
            kind, body = connection.ask(frame)
        except OSError as error:
            call.step(f"no answer: {error}")
            raise NoAnswer("closed") from error
        if kind != request.RESTART:
            return connection, kind, body
        call.step("restart")
        connection.close()
        time.sleep(_RETRY_S)
    raise NoAnswer("restart_timeout")


def _reach(call: Call) -> Connection:
    path = socket_path(call.env, call.cwd)
    try:
        return _connected(path)
    except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError) as error:
        call.step(f"no daemon: {error}")
    if origin.is_set(call.env, b"ZCCACHE_NO_SPAWN"):
        raise NoAnswer("no_spawn")
    _start_daemon(call)
    try:
        return _connected(path)
    except OSError as error:
        raise NoAnswer("start_failed") from error


def _connected(path: str) -> Connection:
    try:
        return Connection(path)
    except BlockingIOError:
        raise NoAnswer("busy") from None
    except (PermissionError, TimeoutError) as error:
        raise NoAnswer("unreachable") from error


def _start_daemon(call: Call) -> None:
    from zccache.common.errors import ZccacheError
    from zccache.common.spawn import start_daemon

    try:
        start_daemon(origin.decoded(call.env), call.cwd)
    except ZccacheError as error:
        call.step(str(error))
        raise NoAnswer("start_failed") from error


def socket_path(env: dict[bytes, bytes], cwd: str) -> str:
    """Return where the daemon of this environment listens; raise NoAnswer for an endpoint that is none."""
    endpoint = os.fsdecode(env.get(b"ZCCACHE_ENDPOINT", b""))
    if endpoint.startswith("unix:"):
        return os.path.normpath(os.path.join(cwd, endpoint.removeprefix("unix:")))
    if endpoint and not endpoint.startswith("/"):
        raise NoAnswer("bad_endpoint")
    return os.path.normpath(endpoint) if endpoint else f"{_root(env, cwd)}/sockets/daemon.sock"


def _root(env: dict[bytes, bytes], cwd: str) -> str:
    if named := os.fsdecode(env.get(b"ZCCACHE_CACHE_DIR", b"")):
        return os.path.normpath(os.path.join(cwd, named))
    home = os.fsdecode(env.get(b"HOME", b""))
    if home and os.access(home, os.W_OK) and os.path.isdir(home):
        return os.path.join(home, ".zccache")
    # Rare, and the rules are longer: the room that knows them all.
    from zccache.common.layout import find_root

    return find_root({os.fsdecode(name): os.fsdecode(value) for name, value in env.items()}, cwd).path


class Connection:
    """One connection to the daemon; sends frames and waits for answers."""

    __slots__ = ("_received", "_socket")

    def __init__(self, path: str) -> None:
        """Connect, or raise OSError."""
        self._received = b""
        self._socket = socket(AF_UNIX, SOCK_STREAM)
        # Kernel time-outs: a poll before every call would double the calls of a hit.
        limit = struct.pack("ll", 0, _ANSWER_WITHIN_US)
        self._socket.setsockopt(SOL_SOCKET, SO_RCVTIMEO, limit)
        self._socket.setsockopt(SOL_SOCKET, SO_SNDTIMEO, limit)
        try:
            _connect(self._socket, path)
        except OSError:
            self._socket.close()
            raise

    def ask(self, frame: bytes) -> tuple[int, bytes]:
        """Send a frame and return kind and body of its answer; raise NoAnswer or OSError."""
        self._socket.sendall(frame)
        while True:
            length, mark, protocol, kind = request.HEADER.unpack(self._take(request.HEADER.size))
            # COLD and RESTART are for ever: with them versions part in peace.
            is_known = protocol == request.PROTOCOL or kind in {request.COLD, request.RESTART}
            if mark != request.MARK or length > request.MAX_BODY_BYTES or not is_known:
                raise NoAnswer("broken")
            body = self._take(length)
            if kind != request.BUSY:
                return kind, body

    def close(self) -> None:
        """Close the connection; a ticket that is not finished is dropped by the daemon."""
        self._socket.close()

    def _take(self, count: int) -> bytes:
        parts = [self._received]
        missing = count - len(self._received)
        while missing > 0:
            try:
                part = self._socket.recv(max(missing, 1 << 16))
            except BlockingIOError:
                raise NoAnswer("no_answer") from None
            if not part:
                raise NoAnswer("closed")
            parts.append(part)
            missing -= len(part)
        received = b"".join(parts)
        taken, self._received = received[:count], received[count:]
        return taken


def _connect(sock: socket, path: str) -> None:
    if len(os.fsencode(path)) <= _LONGEST_ADDRESS:
        sock.connect(path)
        return
    folder, name = os.path.split(path)
    here = os.open(".", getattr(os, "O_PATH", os.O_RDONLY) | os.O_CLOEXEC)
    try:
        os.chdir(folder)
        sock.connect(name)
    finally:
        os.fchdir(here)
        os.close(here)
