"""Knows how two processes that meet on a TCP port of this machine prove who they are.

A port tells nobody's uid and may be anybody's. The daemon writes a secret into a file that only
its user may read; the front proves itself by the first half, the daemon by the second, before
a request is sent. Light enough for the front: nothing is imported that it has not.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

PROOF_BYTES = 32
_HOSTS = (("tcp://127.0.0.1:", "127.0.0.1"), ("tcp://[::1]:", "::1"))
_HIGHEST_PORT = 65535
# The frames of HELLO and WELCOME but for the proof; a test holds them to zccache.common.wire.frames.
_HELLO = b"\x20\0\0\0ZC\x01\x04"
_WELCOME = b"\x20\0\0\0ZC\x01\x8a"
GREETING_BYTES = len(_HELLO) + PROOF_BYTES


def parse_address(text: str) -> tuple[str, int] | None:
    """Return host and port of tcp://127.0.0.1:PORT or tcp://[::1]:PORT; None for anything else."""
    for prefix, host in _HOSTS:
        digits = text.removeprefix(prefix)
        if (
            digits != text
            and digits.isascii()
            and digits.isdigit()
            and len(digits) <= len(str(_HIGHEST_PORT))
        ):
            port = int(digits)
            return (host, port) if 0 < port <= _HIGHEST_PORT else None
    return None


def token_path(sockets: str, port: int) -> str:
    """Return the file in a root's folder of sockets that tells the secret of the daemon at a port."""
    return f"{sockets}/tcp-{port}.token"


class Token:
    """One daemon's secret."""

    __slots__ = ("hello", "welcome")

    def __init__(self, secret: bytes) -> None:
        """Make the two greetings of a secret of 64 bytes; raise ValueError for any other length."""
        if len(secret) != 2 * PROOF_BYTES:
            raise ValueError(f"a token of {len(secret)} bytes")
        self.hello = _HELLO + secret[:PROOF_BYTES]
        self.welcome = _WELCOME + secret[PROOF_BYTES:]

    @classmethod
    def write(cls, path: str) -> Token:
        """Make a new secret and write it into a file for its owner alone, which must not exist yet."""
        secret = os.urandom(2 * PROOF_BYTES)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            os.write(fd, secret)
        finally:
            os.close(fd)
        return cls(secret)

    @classmethod
    def read(cls, path: str) -> Token:
        """Return the secret that a daemon wrote; raise OSError, or ValueError for a file that is none."""
        with open(path, "rb", buffering=0) as file:
            return cls(file.read(2 * PROOF_BYTES + 1))

    def greet(self, send: Callable[[bytes], object], receive: Callable[[int], bytes]) -> None:
        """Say HELLO and hear WELCOME; raise ConnectionError when whoever is there cannot prove itself."""
        send(self.hello)
        heard = b""
        while len(heard) < GREETING_BYTES:
            piece = receive(GREETING_BYTES - len(heard))
            if not piece:
                raise ConnectionResetError("the daemon does not know this token")
            heard += piece
        if not are_equal(heard, self.welcome):
            raise ConnectionRefusedError("whoever listens there is not the daemon that wrote the token")


def are_equal(one: bytes, other: bytes) -> bool:
    """Compare in a time that does not tell where they differ."""
    from hmac import compare_digest

    return compare_digest(one, other)
