"""Knows where a daemon listens: reads the name of an endpoint, connects to it, binds it.

An address holds 107 bytes (Linux; 103 on macOS). For a longer path both sides step into the
socket's folder and use its bare name; so a long path may be used by one thread at a time.
"""

import contextlib
import os
import socket
from collections.abc import Iterator
from typing import Final, NamedTuple

from zccache.common.errors import BadSetting, DaemonSilent, DaemonUnreachable
from zccache.common.paths import absolute
from zccache.common.wire.loopback import Token, parse_address, token_path

ALLOWED: Final = "unix:PATH, an absolute path, tcp://127.0.0.1:PORT or tcp://[::1]:PORT"
LONGEST_ADDRESS_BYTES: Final = 100
_SCHEME: Final = "unix:"


class Endpoint(NamedTuple):
    """A unix socket by its absolute path; with a port, a TCP socket, and the path of its token."""

    path: str
    host: str = ""
    port: int = 0

    def __str__(self) -> str:
        if not self.port:
            return f"{_SCHEME}{self.path}"
        return f"tcp://[{self.host}]:{self.port}" if ":" in self.host else f"tcp://{self.host}:{self.port}"

    @property
    def put_aside(self) -> "Endpoint":
        """The same daemon, once a front that got no answer has put aside what it had published."""
        return self._replace(path=f"{self.path}.suspect")


def parse_endpoint(text: str, cwd: str, sockets: str) -> Endpoint:
    """Return the endpoint that a text names.

    A relative `unix:` path is taken against cwd; sockets is the folder where the token of a
    TCP port lies. Raises BadSetting, which says what is allowed.
    """
    if address := parse_address(text):
        host, port = address
        return Endpoint(token_path(sockets, port), host, port)
    path = text.removeprefix(_SCHEME)
    if text.startswith(_SCHEME) and path:
        path = absolute(path, cwd)
    name = os.path.basename(path)
    if not path.startswith("/") or "\0" in path or not 0 < len(os.fsencode(name)) <= LONGEST_ADDRESS_BYTES:
        raise BadSetting("ZCCACHE_ENDPOINT", text, ALLOWED)
    return Endpoint(absolute(path, cwd))


def connect(endpoint: Endpoint, timeout_s: float) -> socket.socket:
    """Return a socket connected to the daemon, with that time-out set; raise as `ask` does."""
    connection = _new_socket(endpoint)
    connection.settimeout(timeout_s)
    try:
        if endpoint.port:
            _meet(connection, endpoint)
        else:
            with _address(endpoint.path) as address:
                connection.connect(address)
    except (TimeoutError, BlockingIOError) as error:
        # EAGAIN: its queue of callers is full.
        connection.close()
        raise DaemonSilent(str(endpoint)) from error
    except (OSError, ValueError) as error:
        connection.close()
        why = getattr(error, "strerror", None) or str(error)
        raise DaemonUnreachable(str(endpoint), why) from error
    return connection


def bind(path: str) -> socket.socket:
    """Return a socket bound to a path that does not exist yet, 0600, not listening."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _address(path) as address:
            listener.bind(address)
        os.chmod(path, 0o600)
    except OSError:
        listener.close()
        raise
    return listener


def bind_port(endpoint: Endpoint) -> socket.socket:
    """Return a socket bound to the port of an endpoint on this machine alone, not listening."""
    listener = _new_socket(endpoint)
    try:
        # Not on Windows, where it would let another process take the port away.
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((endpoint.host, endpoint.port))
    except OSError:
        listener.close()
        raise
    return listener


def _new_socket(endpoint: Endpoint) -> socket.socket:
    if not endpoint.port:
        return socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    return socket.socket(socket.AF_INET6 if ":" in endpoint.host else socket.AF_INET, socket.SOCK_STREAM)


def _meet(connection: socket.socket, endpoint: Endpoint) -> None:
    token = Token.read(endpoint.path)
    connection.connect((endpoint.host, endpoint.port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    token.greet(connection.sendall, connection.recv)


@contextlib.contextmanager
def _address(path: str) -> Iterator[str]:
    """Give a name of the path that fits into an address, valid inside the block."""
    if len(os.fsencode(path)) <= LONGEST_ADDRESS_BYTES:
        yield path
        return
    folder, name = os.path.split(path)
    # O_PATH: the current folder may be one that we cannot read.
    back = os.open(".", getattr(os, "O_PATH", os.O_RDONLY) | os.O_CLOEXEC)
    try:
        os.chdir(folder)
        try:
            yield name
        finally:
            os.fchdir(back)
    finally:
        os.close(back)
