"""One request of a front as bytes, and its answers; docs/wire.md is the text.

It repeats the packing of zccache.common.wire with struct alone: that room's imports (dataclasses,
enum, typing) would cost this front more than the whole answer. A test holds the two together.
"""

from __future__ import annotations

import os
import struct

BEGIN, FINISH = 0x01, 0x02
HIT, RUN, PASS, FAIL, RECORDED, COLD, RESTART, BUSY = 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x88, 0x89

PROTOCOL = 1
MARK = b"ZC"
MAX_BODY_BYTES = 64 << 20

HEADER = struct.Struct("<I2sBB")
_BEGIN = struct.Struct("<5I3Q3I")
_FINISH = struct.Struct("<Q2IQ3I")
_HIT = struct.Struct("<3I")
_RUN = struct.Struct("<Qi5I")
_TWO = struct.Struct("<2I")


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
    namespace: int,
) -> bytes:
    """Return the frame that asks what to do with a command."""
    here = os.stat(cwd)
    cwd_bytes = os.fsencode(cwd)
    argv_block = b"".join([os.fsencode(word) + b"\0" for word in words])
    env_block = b"".join([name + b"=" + value + b"\0" for name, value in env.items()])
    lengths = (len(cwd_bytes), len(argv_block), len(env_block))
    fixed = _BEGIN.pack(
        version, umask, flags, len(words), len(env), namespace, here.st_dev, here.st_ino, *lengths
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
    status, out_length, err_length = _HIT.unpack_from(body)
    out_end = _HIT.size + out_length
    if out_end + err_length != len(body):
        raise NoAnswer("broken")
    return status, body[_HIT.size : out_end], body[out_end:]


class Order:
    """What the daemon wants to be run: absolute program, argv, changes to the environment (see Call)."""

    __slots__ = ("argv", "changes", "nice", "program", "ticket")

    def __init__(self, body: bytes) -> None:
        self.ticket, self.nice, argc, _, program_length, argv_length, env_length = _RUN.unpack_from(body)
        program_end = _RUN.size + program_length
        argv_end = program_end + argv_length
        self.program = body[_RUN.size : program_end - 1]
        self.argv = body[program_end:argv_end].split(b"\0")[:-1]
        self.changes = body[argv_end:].split(b"\0")[:-1]
        if argv_end + env_length != len(body) or len(self.argv) != argc or not self.program:
            raise NoAnswer("broken")


def passed(body: bytes) -> tuple[str, str]:
    """Return the program to become, and the word of the reason."""
    program_length, _ = _TWO.unpack_from(body)
    program_end = _TWO.size + program_length
    return os.fsdecode(body[_TWO.size : program_end - 1]), body[program_end:].decode("utf-8", "replace")


def failed(body: bytes) -> tuple[int, bytes]:
    """Return exit status and message."""
    status, _ = _TWO.unpack_from(body)
    return status, body[_TWO.size :]


def word(body: bytes) -> str:
    """Return the word of COLD or RECORDED."""
    return body[4:].decode("utf-8", "replace")
