"""Knows where a daemon listens: reads the name of an endpoint, connects to it, binds it.

An address holds 107 bytes (Linux; 103 on macOS). For a longer path both sides step into the
socket's folder and use its bare name; so a long path may be used by one thread at a time.
"""

import contextlib
import os
import socket
from collections.abc import Iterator
from typing import Final, NamedTuple

from zccache.common.errors import BadSetting, DaemonUnreachable

ALLOWED: Final = "unix:PATH or an absolute path"
LONGEST_ADDRESS_BYTES: Final = 100
_SCHEME: Final = "unix:"


class Endpoint(NamedTuple):
    """A unix socket by its absolute path."""

    path: str

    def __str__(self) -> str:
        return f"{_SCHEME}{self.path}"


def parse_endpoint(text: str, cwd: str) -> Endpoint:
    """Return the endpoint that a text names; a relative `unix:` path is taken against cwd.

    Raises BadSetting, which says what is allowed.
    """
    path = text.removeprefix(_SCHEME)
    if text.startswith(_SCHEME) and path:
        path = os.path.join(cwd, path)
    name = os.path.basename(path)
    if not path.startswith("/") or "\0" in path or not 0 < len(os.fsencode(name)) <= LONGEST_ADDRESS_BYTES:
        raise BadSetting("ZCCACHE_ENDPOINT", text, ALLOWED)
    return Endpoint(os.path.normpath(path))


def connect(endpoint: Endpoint, timeout_s: float) -> socket.socket:
    """Return a socket connected to the daemon, with that time-out set; raise DaemonUnreachable."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(timeout_s)
    try:
        with _address(endpoint.path) as address:
            connection.connect(address)
    except OSError as error:
        connection.close()
        raise DaemonUnreachable(str(endpoint), error.strerror or str(error)) from error
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
