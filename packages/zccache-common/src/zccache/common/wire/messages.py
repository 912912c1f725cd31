"""Knows the bodies of the frames: packs and unpacks them, byte by byte as in docs/wire.md."""

import os
import struct
from itertools import accumulate, pairwise
from typing import Final, NamedTuple

from zccache.common.errors import WireBroken
from zccache.common.wire.frames import Kind, pack_frame

_BEGIN: Final = struct.Struct("<5I3Q3I")
_FINISH: Final = struct.Struct("<Q2IQ3I")
_HIT: Final = struct.Struct("<3I")
_RUN: Final = struct.Struct("<Qi8I")
_TWO: Final = struct.Struct("<2I")
_ONE: Final = struct.Struct("<I")

STDOUT_IS_TTY: Final = 1
STDERR_IS_TTY: Final = 2
STREAMS_ARE_ONE: Final = 4
IS_APART: Final = 8
CAPTURE_INCOMPLETE: Final = 1
MORE_FOLLOWS: Final = 1
ONE_STREAM: Final = 2
EXITED: Final = 0
KILLED: Final = 1


class Begin(NamedTuple):
    """A front asks what to do; the blocks are NUL-terminated words one after another, not decoded."""

    front_version: int
    umask: int
    flags: int
    outlook: int
    cwd_dev: int
    cwd_ino: int
    cwd: bytes
    argv_block: bytes
    env_block: bytes

    @property
    def argv(self) -> tuple[str, ...]:
        """The words, argv[0] as typed."""
        return split_block(self.argv_block)


class Finish(NamedTuple):
    """A front tells how the compiler ended and what it printed."""

    ticket: int
    how: int
    value: int
    duration_ns: int
    flags: int
    stdout: bytes
    stderr: bytes


class RunOrder(NamedTuple):
    """What a front is told to run: program is absolute, argv holds argv[0].

    env_changes are NAME=value to set and NAME to unset. stdout and stderr are printed
    before. more_follows: the answer to FINISH is the next order, or a HIT that ends the command.
    one_stream: both streams of the program lead to our standard output, in the order of its writes.
    """

    ticket: int
    nice: int
    program: str
    argv: tuple[str, ...]
    env_changes: tuple[str, ...]
    more_follows: bool = False
    one_stream: bool = False
    stdout: bytes = b""
    stderr: bytes = b""


def pack_block(words: tuple[str, ...] | list[str]) -> bytes:
    """Return the words, each ended by a NUL."""
    return b"".join(os.fsencode(word) + b"\0" for word in words)


def split_block(block: bytes) -> tuple[str, ...]:
    """Return the words of a block; raise WireBroken when the last one is not ended."""
    if not block:
        return ()
    if block[-1]:
        raise WireBroken("a block of words is not ended by NUL")
    return tuple(os.fsdecode(word) for word in block[:-1].split(b"\0"))


def pack_begin(begin: Begin) -> bytes:
    """Return the frame of a request."""
    fixed = _BEGIN.pack(
        begin.front_version,
        begin.umask,
        begin.flags,
        begin.argv_block.count(b"\0"),
        begin.env_block.count(b"\0"),
        begin.outlook,
        begin.cwd_dev,
        begin.cwd_ino,
        len(begin.cwd),
        len(begin.argv_block),
        len(begin.env_block),
    )
    return pack_frame(Kind.BEGIN, fixed, begin.cwd, begin.argv_block, begin.env_block)


def unpack_begin(body: bytes) -> Begin:
    """Return the request in a body; raise WireBroken when lengths do not add up."""
    try:
        version, umask, flags, argc, envc, namespace, dev, ino, cwd_len, argv_len, env_len = (
            _BEGIN.unpack_from(body)
        )
    except struct.error as error:
        raise WireBroken("BEGIN is cut short") from error
    cwd_end = _BEGIN.size + cwd_len
    argv_end = cwd_end + argv_len
    if argv_end + env_len != len(body):
        raise WireBroken("BEGIN's lengths do not add up")
    argv_block = body[cwd_end:argv_end]
    env_block = body[argv_end:]
    if argv_block.count(b"\0") != argc or env_block.count(b"\0") != envc or not argc:
        raise WireBroken("BEGIN's word counts do not add up")
    return Begin(
        version, umask, flags, namespace, dev, ino, body[_BEGIN.size : cwd_end], argv_block, env_block
    )


def pack_finish(finish: Finish) -> bytes:
    """Return the frame that ends a run."""
    fixed = _FINISH.pack(
        finish.ticket,
        finish.how,
        finish.value,
        finish.duration_ns,
        finish.flags,
        len(finish.stdout),
        len(finish.stderr),
    )
    return pack_frame(Kind.FINISH, fixed, finish.stdout, finish.stderr)


def unpack_finish(body: bytes) -> Finish:
    """Return the end of a run in a body; raise WireBroken when lengths do not add up."""
    try:
        ticket, how, value, duration_ns, flags, out_len, err_len = _FINISH.unpack_from(body)
    except struct.error as error:
        raise WireBroken("FINISH is cut short") from error
    out_end = _FINISH.size + out_len
    if out_end + err_len != len(body):
        raise WireBroken("FINISH's lengths do not add up")
    return Finish(ticket, how, value, duration_ns, flags, body[_FINISH.size : out_end], body[out_end:])


def pack_hit(exit_status: int, stdout: bytes, stderr: bytes) -> bytes:
    """Return the frame that says: all outputs are in place, replay these."""
    return pack_frame(Kind.HIT, _HIT.pack(exit_status, len(stdout), len(stderr)), stdout, stderr)


def unpack_hit(body: bytes) -> tuple[int, bytes, bytes]:
    """Return exit status, stdout and stderr of a hit."""
    exit_status, out_len, err_len = _unpack(_HIT, body, "HIT")
    out_end = _HIT.size + out_len
    _check_length(body, out_end + err_len, "HIT")
    return exit_status, body[_HIT.size : out_end], body[out_end:]


def pack_run(order: RunOrder) -> bytes:
    """Return the frame that tells a front what to run."""
    program = os.fsencode(order.program) + b"\0"
    argv_block = pack_block(order.argv)
    env_block = pack_block(order.env_changes)
    fixed = _RUN.pack(
        order.ticket,
        order.nice,
        len(order.argv),
        len(order.env_changes),
        len(program),
        len(argv_block),
        len(env_block),
        (MORE_FOLLOWS if order.more_follows else 0) | (ONE_STREAM if order.one_stream else 0),
        len(order.stdout),
        len(order.stderr),
    )
    return pack_frame(Kind.RUN, fixed, program, argv_block, env_block, order.stdout, order.stderr)


def unpack_run(body: bytes) -> RunOrder:
    """Return the order in a body."""
    ticket, nice, argc, envc, *lengths, flags, out_len, err_len = _unpack(_RUN, body, "RUN")
    program, argv_block, env_block, stdout, stderr = _parts(body, _RUN.size, (*lengths, out_len, err_len))
    argv = split_block(argv_block)
    env_changes = split_block(env_block)
    if len(argv) != argc or len(env_changes) != envc or not program:
        raise WireBroken("RUN's word counts do not add up")
    more, one_stream = bool(flags & MORE_FOLLOWS), bool(flags & ONE_STREAM)
    named = os.fsdecode(program[:-1])
    return RunOrder(ticket, nice, named, argv, env_changes, more, one_stream, stdout, stderr)


def pack_pass(program: str, reason_word: str) -> bytes:
    """Return the frame that tells a front to become the compiler."""
    encoded = os.fsencode(program) + b"\0"
    word = reason_word.encode()
    return pack_frame(Kind.PASS, _TWO.pack(len(encoded), len(word)), encoded, word)


def unpack_pass(body: bytes) -> tuple[str, str]:
    """Return the program to exec and the reason word."""
    program_len, word_len = _unpack(_TWO, body, "PASS")
    program_end = _TWO.size + program_len
    _check_length(body, program_end + word_len, "PASS")
    if not program_len:
        raise WireBroken("PASS names no program")
    return os.fsdecode(body[_TWO.size : program_end - 1]), body[program_end:].decode()


def pack_fail(exit_status: int, message: str) -> bytes:
    """Return the frame that ends a command with a message of ours."""
    text = message.encode("utf-8", "surrogateescape")
    return pack_frame(Kind.FAIL, _TWO.pack(exit_status, len(text)), text)


def unpack_fail(body: bytes) -> tuple[int, str]:
    """Return exit status and message."""
    exit_status, text_len = _unpack(_TWO, body, "FAIL")
    _check_length(body, _TWO.size + text_len, "FAIL")
    return exit_status, body[_TWO.size :].decode("utf-8", "surrogateescape")


def pack_word(kind: Kind, word: str) -> bytes:
    """Return a COLD or RECORDED frame, whose body is one word."""
    text = word.encode()
    return pack_frame(kind, _ONE.pack(len(text)), text)


def unpack_word(body: bytes) -> str:
    """Return the word of a COLD or RECORDED body."""
    (text_len,) = _unpack(_ONE, body, "word")
    _check_length(body, _ONE.size + text_len, "word")
    return body[_ONE.size :].decode()


def _parts(body: bytes, start: int, lengths: tuple[int, ...]) -> list[bytes]:
    """Return the parts of a body behind its head; they must fill it."""
    _check_length(body, start + sum(lengths), "RUN")
    ends = list(accumulate(lengths, initial=start))
    return [body[begin:end] for begin, end in pairwise(ends)]


def _unpack(form: struct.Struct, body: bytes, name: str) -> tuple[int, ...]:
    try:
        return form.unpack_from(body)
    except struct.error as error:
        raise WireBroken(f"{name} is cut short") from error


def _check_length(body: bytes, expected: int, name: str) -> None:
    if len(body) != expected:
        raise WireBroken(f"{name}'s lengths do not add up")
