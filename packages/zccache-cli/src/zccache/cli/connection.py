"""The daemon, as the Python front reaches it: its socket, and a new daemon where none listens."""

from __future__ import annotations

import os
import struct
import time
from _socket import AF_INET, AF_INET6, AF_UNIX, SO_RCVTIMEO, SO_SNDTIMEO, SOCK_STREAM, SOL_SOCKET, socket

from zccache.cli import origin, request
from zccache.cli.request import NoAnswer
from zccache.common.outlook import outlook
from zccache.common.paths import absolute
from zccache.common.version import pack_version

TYPE_CHECKING = False
if TYPE_CHECKING:
    from zccache.cli.call import Call

_ANSWER_WITHIN_US = 600_000
_ANSWER_AT_LAST_S = 120.0
_RESTART_WITHIN_S = 10.0
_RETRY_S = 0.003
# The kernel stamps files by a clock that ticks a hundred times a second or more.
_STAMPS_LAG_NS = 20_000_000
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
        flags=call.stream_flags,
        outlook=outlook(),
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
    place = Place(call.env, call.cwd)
    try:
        return _connected(place)
    except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError) as error:
        call.step(f"no daemon: {error}")
    if origin.is_set(call.env, b"ZCCACHE_NO_SPAWN"):
        raise NoAnswer("no_spawn")
    _start_daemon(call)
    try:
        return _connected(place)
    except OSError as error:
        raise NoAnswer("start_failed") from error


def _connected(place: Place) -> Connection:
    try:
        return Connection(place)
    except BlockingIOError:
        raise NoAnswer("busy") from None
    except (PermissionError, TimeoutError, ValueError) as error:
        raise NoAnswer("unreachable") from error


def _start_daemon(call: Call) -> None:
    from zccache.common.errors import ZccacheError
    from zccache.common.spawn import start_daemon

    try:
        start_daemon(origin.decoded(call.env), call.cwd)
    except ZccacheError as error:
        call.step(str(error))
        raise NoAnswer("start_failed") from error


class Place:
    """Where the daemon of an environment is: the socket or the token that it published, its TCP address."""

    __slots__ = ("address", "path", "root")

    def __init__(self, env: dict[bytes, bytes], cwd: str) -> None:
        """Read ZCCACHE_ENDPOINT and what names the root; raise NoAnswer for an endpoint that is none."""
        endpoint = os.fsdecode(env.get(b"ZCCACHE_ENDPOINT", b""))
        self.address: tuple[str, int] | None = None
        self.root = ""
        """The daemon's root as well as ours; empty where it may have another."""
        if not endpoint:
            self.root = _root(env, cwd)
            self.path = f"{self.root}/sockets/daemon.sock"
        elif endpoint.startswith(("unix:", "/")):
            self.path = absolute(endpoint.removeprefix("unix:"), cwd)
        else:
            from zccache.common.wire.loopback import parse_address, token_path

            self.address = parse_address(endpoint)
            if self.address is None:
                raise NoAnswer("bad_endpoint")
            self.root = _root(env, cwd)
            self.path = token_path(f"{self.root}/sockets", self.address[1])

    def put_aside(self, *, asked_ns: int) -> None:
        """Put aside what a daemon that gave no answer has published, so that nobody waits for it again.

        One that is well puts it back, any other loses its place to the next. What was published
        after we asked is its successor's.
        """
        try:
            if os.stat(self.path).st_ctime_ns + _STAMPS_LAG_NS < asked_ns:
                os.rename(self.path, f"{self.path}.suspect")
        except OSError:
            return


def _root(env: dict[bytes, bytes], cwd: str) -> str:
    if named := os.fsdecode(env.get(b"ZCCACHE_CACHE_DIR", b"")):
        return absolute(named, cwd)
    home = os.fsdecode(env.get(b"HOME", b""))
    if home.startswith("/") and os.access(home, os.W_OK) and os.path.isdir(home):
        return os.path.join(home, ".zccache")
    # Rare, and the rules are longer: the room that knows them all.
    from zccache.common.layout import find_root

    return find_root({os.fsdecode(name): os.fsdecode(value) for name, value in env.items()}, cwd).path


class Connection:
    """One connection to the daemon; sends frames and waits for answers."""

    __slots__ = ("_asked_ns", "_place", "_received", "_socket")

    def __init__(self, place: Place) -> None:
        """Connect, or raise OSError, ValueError or NoAnswer."""
        self._received = b""
        self._place = place
        self._asked_ns = time.time_ns()
        self._socket = _new_socket(place)
        # Kernel time-outs: a poll before every call would double the calls of a hit.
        limit = struct.pack("ll", 0, _ANSWER_WITHIN_US)
        self._socket.setsockopt(SOL_SOCKET, SO_RCVTIMEO, limit)
        self._socket.setsockopt(SOL_SOCKET, SO_SNDTIMEO, limit)
        try:
            if place.address is None:
                _connect(self._socket, place.path)
            else:
                self._meet(place.address)
        except BaseException:
            self._socket.close()
            raise

    def ask(self, frame: bytes) -> tuple[int, bytes]:
        """Send a frame and return kind and body of its answer; raise NoAnswer or OSError."""
        self._socket.sendall(frame)
        end = 0.0
        while True:
            length, mark, protocol, kind = request.HEADER.unpack(self._take(request.HEADER.size))
            # COLD and RESTART are for ever: with them versions part in peace.
            is_known = protocol == request.PROTOCOL or kind in {request.COLD, request.RESTART}
            if mark != request.MARK or length > request.MAX_BODY_BYTES or not is_known:
                raise self._no_answer("broken")
            body = self._take(length)
            if kind != request.BUSY:
                return kind, body
            end = end or time.monotonic() + _ANSWER_AT_LAST_S
            if time.monotonic() > end:
                raise self._no_answer("busy_too_long")

    @property
    def report_folder(self) -> int:
        """The inode of the folder of what RUN asks the compiler to write; 0: gone, 1: it cannot be told."""
        if not self._place.root:
            return 1
        try:
            return os.stat(f"{self._place.root}/tmp").st_ino
        except OSError:
            return 0

    def close(self) -> None:
        """Close the connection; a ticket that is not finished is dropped by the daemon."""
        self._socket.close()

    def _meet(self, address: tuple[str, int]) -> None:
        """Connect to a port, and have it proven that both know the token of the daemon there."""
        from _socket import IPPROTO_TCP, TCP_NODELAY

        from zccache.common.wire.loopback import Token

        token = Token.read(self._place.path)
        self._socket.connect(address)
        self._socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        try:
            token.greet(self._socket.sendall, self._socket.recv)
        except OSError as error:
            raise self._no_answer("no_answer") from error

    def _no_answer(self, reason: str) -> NoAnswer:
        self._place.put_aside(asked_ns=self._asked_ns)
        return NoAnswer(reason)

    def _take(self, count: int) -> bytes:
        parts = [self._received]
        missing = count - len(self._received)
        while missing > 0:
            try:
                part = self._socket.recv(max(missing, 1 << 16))
            except BlockingIOError:
                raise self._no_answer("no_answer") from None
            if not part:
                raise NoAnswer("closed")
            parts.append(part)
            missing -= len(part)
        received = b"".join(parts)
        taken, self._received = received[:count], received[count:]
        return taken


def _new_socket(place: Place) -> socket:
    if place.address is None:
        return socket(AF_UNIX, SOCK_STREAM)
    return socket(AF_INET6 if ":" in place.address[0] else AF_INET, SOCK_STREAM)


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
