"""One request of a front as bytes, and its answers; docs/wire.md is the text.

It repeats the packing of zccache.common.wire with struct alone: that room's imports (dataclasses,
enum, typing) would cost this front more than the whole answer. A test holds the two together.
"""

from __future__ import annotations

import os
import struct

BEGIN, FINISH, HELLO = 0x01, 0x02, 0x04
HIT, RUN, PASS, FAIL, RECORDED, COLD, RESTART = 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x88
BUSY, WELCOME, SPREAD = 0x89, 0x8A, 0x8B

PROTOCOL = 1
MARK = b"ZC"
MAX_BODY_BYTES = 64 << 20

HEADER = struct.Struct("<I2sBB")
_BEGIN = struct.Struct("<5I3Q3I")
_FINISH = struct.Struct("<Q2IQ3I")
_HIT = struct.Struct("<3I")
_RUN = struct.Struct("<Qi8I")
_MORE_FOLLOWS = 1
_ONE_STREAM = 2
_TWO = struct.Struct("<2I")
_SPREAD = struct.Struct("<Q3I")
_PIECE = struct.Struct("<4I")


class NoAnswer(Exception):
    """The daemon is not there, is too slow, or speaks another language; the reason is its word."""


def frame(kind: int, *parts: bytes) -> bytes:
    """Return a frame whose body is the parts."""
    return b"".join((HEADER.pack(sum(map(len, parts)), MARK, PROTOCOL, kind), *parts))


def begin(
    words: list[str],
    env: dict[bytes, bytes],
    cwd: str,
    *,
    version: int,
    umask: int,
    flags: int,
    outlook: int,
) -> bytes:
    """Return the frame that asks what to do with a command."""
    here = os.stat(cwd)
    cwd_bytes = os.fsencode(cwd)
    argv_block = b"".join([os.fsencode(word) + b"\0" for word in words])
    env_block = b"".join([name + b"=" + value + b"\0" for name, value in env.items()])
    lengths = (len(cwd_bytes), len(argv_block), len(env_block))
    fixed = _BEGIN.pack(
        version, umask, flags, len(words), len(env), outlook, here.st_dev, here.st_ino, *lengths
    )
    return frame(BEGIN, fixed, cwd_bytes, argv_block, env_block)


def finish(
    ticket: int, *, how: int, value: int, duration_ns: int, incomplete: bool, stdout: bytes, stderr: bytes
) -> bytes:
    """Return the frame that tells how the compiler ended."""
    fixed = _FINISH.pack(ticket, how, value, duration_ns, incomplete, len(stdout), len(stderr))
    return frame(FINISH, fixed, stdout, stderr)


def hit(body: bytes) -> tuple[int, bytes, bytes]:
    """Return exit status, stdout and stderr."""
    status, *lengths = _unpack(_HIT, body)
    stdout, stderr = _cut(body, _HIT.size, lengths)
    return status & 0xFF, stdout, stderr


class Order:
    """What the daemon wants to be run: absolute program, argv, changes to the environment (see Call).

    stdout and stderr are to be printed before. more_follows: the answer to FINISH says how
    the command goes on. one_stream: the program is to write both streams into one pipe.
    """

    __slots__ = (
        "argv",
        "changes",
        "more_follows",
        "nice",
        "one_stream",
        "program",
        "stderr",
        "stdout",
        "ticket",
    )

    def __init__(self, body: bytes) -> None:
        self.ticket, self.nice, argc, envc, *rest = _unpack(_RUN, body)
        lengths = (*rest[:3], *rest[4:])
        self.more_follows = bool(rest[3] & _MORE_FOLLOWS)
        self.one_stream = bool(rest[3] & _ONE_STREAM)
        program, argv, changes, self.stdout, self.stderr = _cut(body, _RUN.size, lengths)
        self.program = _path(program)
        self.argv = _words(argv, argc)
        self.changes = _words(changes, envc)
        if not self.argv:
            raise NoAnswer("broken")


class Spread:
    """Commands that the daemon wants to be asked for, at most at_once at a time: words and streams of each.

    The two streams are to be printed before what the command prints; the last may have no words.
    more_follows as in an Order.
    """

    __slots__ = ("at_once", "more_follows", "pieces", "ticket")

    def __init__(self, body: bytes) -> None:
        self.ticket, self.at_once, flags, count = _unpack(_SPREAD, body)
        self.more_follows = bool(flags & _MORE_FOLLOWS)
        self.pieces: list[tuple[list[bytes], bytes, bytes]] = []
        rest = body[_SPREAD.size :]
        for _ in range(count):
            argc, *lengths = _unpack(_PIECE, rest)
            end = _PIECE.size + sum(lengths)
            argv, stdout, stderr = _cut(rest[:end], _PIECE.size, lengths)
            self.pieces.append((_words(argv, argc), stdout, stderr))
            rest = rest[end:]
        if rest or not self.at_once or any(not argv for argv, _, _ in self.pieces[:-1]):
            raise NoAnswer("broken")


def passed(body: bytes) -> tuple[str, str]:
    """Return the program to become, and the word of the reason."""
    program, reason = _cut(body, _TWO.size, _unpack(_TWO, body))
    return os.fsdecode(_path(program)), reason.decode("utf-8", "replace")


def failed(body: bytes) -> tuple[int, bytes]:
    """Return exit status and message."""
    status, length = _unpack(_TWO, body)
    (message,) = _cut(body, _TWO.size, [length])
    return status & 0xFF, message


def word(body: bytes) -> str:
    """Return the word of COLD or RECORDED."""
    return body[4:].decode("utf-8", "replace")


def _unpack(form: struct.Struct, body: bytes) -> tuple[int, ...]:
    if len(body) < form.size:
        raise NoAnswer("broken")
    return form.unpack_from(body)


def _cut(body: bytes, start: int, lengths: list[int] | tuple[int, ...]) -> list[bytes]:
    """Return the parts of a body behind its fixed fields; they must fill it."""
    if start + sum(lengths) != len(body):
        raise NoAnswer("broken")
    parts = []
    for length in lengths:
        parts.append(body[start : start + length])
        start += length
    return parts


def _words(block: bytes, count: int) -> list[bytes]:
    *words, rest = block.split(b"\0")
    if rest or len(words) != count:
        raise NoAnswer("broken")
    return words


def _path(text: bytes) -> bytes:
    if not text.startswith(b"/") or text.find(b"\0") != len(text) - 1:
        raise NoAnswer("broken")
    return text[:-1]
