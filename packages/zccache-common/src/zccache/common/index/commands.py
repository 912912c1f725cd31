"""Knows what is kept of commands beside their keys, so that a miss can be explained: bytes and statements.

A key cannot be taken apart again. So the parts of each command that was run are kept, and
what is known of each that was not served: both bounded, the oldest leave.
"""

import os
import sqlite3
import struct
import zlib
from collections.abc import Iterable
from typing import Final, NamedTuple

from zccache.common.digests import Digest
from zccache.common.errors import BadBytes
from zccache.common.index.sealing import Cursor, seal, unseal
from zccache.common.keys import Key, Parts

COMMANDS_KEPT: Final = 20_000
MISSES_KEPT: Final = 5_000

_COUNTS: Final = struct.Struct("<5I")
_LENGTH: Final = struct.Struct("<I")
_DIGEST_BYTES: Final = 32
_ZLIB_LEVEL: Final = 1
_FIXED_WORDS: Final = 3


class Command(NamedTuple):
    """A command: its key, what that was made of, its program and its source (both absolute).

    stored_ns is when the compile began whose result was stored first, 0 where none was.
    """

    context: Key
    program: str
    source: str
    parts: Parts
    stored_ns: int


class Miss(NamedTuple):
    """A command that no stored result served, and when it began.

    context is empty where it was passed on. names are the files that it named, absolute;
    why is the word of a MissReason and path what made it so; refused is the word of the
    Reason for which its result is not kept, detail the thing that made it so.
    """

    at_ns: int
    context: Key
    names: tuple[str, ...]
    why: str = ""
    path: str = ""
    refused: str = ""
    detail: str = ""


def encode_command(command: Command) -> bytes:
    """Return the bytes of a command; its key, its source and its time are columns of their own too."""
    parts = command.parts
    env = [f"{name}={value}" for name, value in parts.env.items()]
    names = [command.program, command.source, parts.cwd]
    text = os.fsencode("\0".join([*names, *parts.words, *env, *parts.read_files]))
    head = _COUNTS.pack(len(parts.words), len(env), len(parts.read_files), len(parts.extra), len(text))
    extra = b"".join(_LENGTH.pack(len(part)) + part for part in parts.extra)
    plain = b"".join([head, text, parts.toolchain, *parts.read_files.values(), extra])
    return seal(zlib.compress(plain, _ZLIB_LEVEL))


def decode_command(context: Key, stored_ns: int, data: object) -> Command:
    """Return the command in a row; raise BadBytes."""
    try:
        cursor = Cursor(zlib.decompress(unseal(data)))
    except zlib.error as error:
        raise BadBytes("command: does not unpack") from error
    words, env, files, extras, text_bytes = _COUNTS.unpack(cursor.take(_COUNTS.size))
    program, source, cwd, *rest = cursor.words(text_bytes, _FIXED_WORDS + words + env + files)
    toolchain = Digest(cursor.take(_DIGEST_BYTES))
    digests = [Digest(cursor.take(_DIGEST_BYTES)) for _ in range(files)]
    extra = tuple(cursor.take(_LENGTH.unpack(cursor.take(_LENGTH.size))[0]) for _ in range(extras))
    cursor.end()
    return Command(
        context,
        program,
        source,
        Parts(
            toolchain=toolchain,
            words=tuple(rest[:words]),
            env=dict(word.partition("=")[::2] for word in rest[words : words + env]),
            cwd=cwd,
            read_files=dict(zip(rest[words + env :], digests, strict=True)),
            extra=extra,
        ),
        stored_ns,
    )


def encode_miss(miss: Miss) -> bytes:
    """Return the bytes of a miss; its time and its context are columns of their own."""
    return seal(os.fsencode("\0".join([miss.why, miss.path, miss.refused, miss.detail, *miss.names])))


def decode_miss(at_ns: int, context: Key, data: object) -> Miss:
    """Return the miss in a row; raise BadBytes."""
    words = os.fsdecode(unseal(data)).split("\0")
    if len(words) < len(Miss._fields) - 3:
        raise BadBytes("miss: too few words")
    why, path, refused, detail, *names = words
    return Miss(at_ns, context, tuple(names), why, path, refused, detail)


def add(connection: sqlite3.Connection, commands: Iterable[Command], misses: Iterable[Miss]) -> None:
    """Keep commands, each with when it was first stored, and misses; the oldest of both leave."""
    connection.executemany(
        "INSERT INTO commands (context, source, name, stored_ns, value) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (context) DO UPDATE SET stored_ns = excluded.stored_ns WHERE stored_ns = 0",
        [
            (
                command.context,
                os.fsencode(command.source),
                os.fsencode(os.path.basename(command.source)),
                command.stored_ns,
                encode_command(command),
            )
            for command in commands
        ],
    )
    connection.executemany(
        "INSERT INTO misses (at_ns, context, value) VALUES (?, ?, ?)",
        [(miss.at_ns, miss.context, encode_miss(miss)) for miss in misses],
    )
    for table, kept in (("commands", COMMANDS_KEPT), ("misses", MISSES_KEPT)):
        connection.execute(f"DELETE FROM {table} WHERE seq <= (SELECT max(seq) FROM {table}) - ?", (kept,))


def command(connection: sqlite3.Connection, context: Key) -> Command | None:
    """Return what is kept of a command, stored or not."""
    rows = connection.execute("SELECT context, stored_ns, value FROM commands WHERE context = ?", (context,))
    return next(iter(_commands(rows)), None)


def commands_like(connection: sqlite3.Connection, source: str, limit: int) -> list[Command]:
    """Return the stored commands of a source, and then of its namesakes elsewhere, the newest first."""
    found: dict[Key, Command] = {}
    for column, value in (("source", source), ("name", os.path.basename(source))):
        rows = connection.execute(
            "SELECT context, stored_ns, value FROM commands"
            f" WHERE {column} = ? AND stored_ns ORDER BY seq DESC LIMIT ?",
            (os.fsencode(value), limit),
        )
        found |= {item.context: item for item in _commands(rows)}
    return list(found.values())


def contexts_from(connection: sqlite3.Connection, start: bytes, end: bytes, limit: int) -> list[Key]:
    """Return the contexts whose key, or that of a result of theirs, lies from start up to end.

    A result is that of the command whose record came first; other folders' ways to it came after.
    """
    rows = connection.execute(
        "SELECT context FROM commands WHERE context BETWEEN ? AND ?"
        " UNION SELECT context FROM records WHERE context BETWEEN ? AND ?"
        " UNION SELECT context FROM records WHERE seq IN"
        " (SELECT min(seq) FROM records WHERE result BETWEEN ? AND ? GROUP BY result) LIMIT ?",
        (start, end, start, end, start, end, limit),
    )
    return [Key(row[0]) for row in rows]


def newest_misses(connection: sqlite3.Connection) -> list[Miss]:
    """Return what is known of misses, the newest first."""
    found = []
    for at_ns, context, value in connection.execute(
        "SELECT at_ns, context, value FROM misses ORDER BY at_ns DESC"
    ):
        try:
            found.append(decode_miss(at_ns, Key(context), value))
        except BadBytes:
            continue
    return found


def _commands(rows: Iterable[tuple[bytes, int, object]]) -> Iterable[Command]:
    for context, stored_ns, value in rows:
        try:
            yield decode_command(Key(context), stored_ns, value)
        except BadBytes:
            continue
