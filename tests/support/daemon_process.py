"""A daemon in a process of its own: started for a test, answering before the test goes on, gone after it."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from waiting import wait_until
from zccache.common.errors import DaemonUnreachable, WireBroken
from zccache.common.version import pack_version
from zccache.common.wire.control import ask
from zccache.common.wire.endpoint import Endpoint, connect
from zccache.common.wire.frames import HEADER, Kind, parse_header
from zccache.common.wire.messages import Begin, pack_begin, pack_block

REAL = (sys.executable, "-m", "zccache.daemon.main")
ECHO = (sys.executable, str(Path(__file__).with_name("echo_daemon.py")))
PATIENCE_S = 20.0


@dataclass(frozen=True)
class Daemon:
    """A running daemon of one root."""

    root: Path
    endpoint: Endpoint
    process: "subprocess.Popen[bytes]"

    def ask(self, command: str, **more: object) -> dict[str, object]:
        return ask(self.endpoint, {"command": command, **more}, timeout_s=PATIENCE_S)

    def exchange(self, frame: bytes) -> tuple[int, bytes]:
        """Send one frame on a new connection and return kind and body of its answer."""
        with connect(self.endpoint, PATIENCE_S) as connection:
            connection.sendall(frame)
            return read_answer(connection)

    def terminate(self) -> int:
        """Ask it to end and return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)

    def events(self) -> list[str]:
        """What the echo handler was told; it may be made only after the daemon answers."""
        assert wait_until((self.root / "events").exists, within_s=PATIENCE_S)
        return (self.root / "events").read_text().splitlines()

    def log(self) -> str:
        return (self.root / "logs" / "daemon.log").read_text()


def daemon_env(root: Path, env: Mapping[str, str] | None = None) -> dict[str, str]:
    return {**os.environ, "ZCCACHE_CACHE_DIR": str(root), **(env or {})}


@contextlib.contextmanager
def running_daemon(
    root: Path,
    *options: str,
    program: Sequence[str] = ECHO,
    endpoint: Endpoint | None = None,
    env: Mapping[str, str] | None = None,
) -> Iterator[Daemon]:
    """Start a daemon, give it once it answers a ping, and see that it is gone afterwards."""
    process = subprocess.Popen([*program, *options], env=daemon_env(root, env), stdin=subprocess.DEVNULL)
    daemon = Daemon(root, endpoint or Endpoint(str(root / "sockets" / "daemon.sock")), process)
    try:
        assert wait_until(lambda: answers(daemon.endpoint), within_s=PATIENCE_S), "the daemon never answered"
        yield daemon
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise


def answers(endpoint: Endpoint) -> bool:
    """Tell whether a daemon answers a ping there."""
    try:
        ask(endpoint, {"command": "ping"}, timeout_s=PATIENCE_S)
    except (DaemonUnreachable, WireBroken):
        return False
    return True


def begin_frame(*words: str, front_version: int | None = None) -> bytes:
    """Return the request of a front for a command of these words."""
    version = pack_version() if front_version is None else front_version
    return pack_begin(Begin(version, 0o022, 0, 0, 0, 0, b"/", pack_block(words), b""))


def read_frame(connection: socket.socket) -> tuple[int, bytes]:
    """Return kind and body of the next frame; raise EOFError where the daemon closes instead."""
    header = parse_header(_read(connection, HEADER.size))
    return header.kind, _read(connection, header.body_bytes)


def read_answer(connection: socket.socket) -> tuple[int, bytes]:
    """Return kind and body of the next frame that is not BUSY."""
    while True:
        kind, body = read_frame(connection)
        if kind != Kind.BUSY:
            return kind, body


def _read(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = connection.recv(size - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data
