"""Knows what a compilation database says of a source: compile_commands.json and compile_flags.txt, as bytes.

Only an entry that names the very source counts: for any other clang's tools make one up
from all entries, by rules that change from release to release.
"""

import json
import posixpath
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from zccache.common.command.database import CompileCommand
from zccache.common.command.response_files import split
from zccache.common.values import dataclass

COMMANDS: Final = "compile_commands.json"
FLAGS: Final = "compile_flags.txt"

_OTHER_KEYS: Final = frozenset(("command", "output"))
# Of the blanks, clang takes only this one for the end of a word.
_OTHER_BLANKS: Final = frozenset("\t\n\r\v\f")


def commands_in_json(data: bytes, sources: Iterable[str]) -> tuple[CompileCommand, ...] | str:
    """Return the commands of the sources (absolute paths), or the source for which they cannot be told."""
    index = _index(data)
    found = []
    for source in sources:
        plain = posixpath.normpath(source)
        entries = () if index is None or plain != source else index.get(source, ())
        if not entries or any(entry.source != source for entry in entries):
            return source
        for entry in entries:
            command = _command(entry)
            if command is None:
                return source
            found.append(command)
    return tuple(found)


def commands_in_flags(data: bytes, folder: str, sources: Iterable[str]) -> tuple[CompileCommand, ...]:
    """Return the commands of the sources by the words of a compile_flags.txt: one a line."""
    lines = (line.strip() for line in data.decode("utf-8", "surrogateescape").split("\n"))
    words = tuple(line for line in lines if line)
    return tuple(CompileCommand(folder, "clang-tool", words, source) for source in sources)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry: its folder, the absolute path of its source as spelled, its words or its command."""

    folder: str
    source: str
    said: str | tuple[str, ...]


# A build that checks every source asks for each in turn.
@lru_cache(2)
def _index(data: bytes) -> Mapping[str, tuple[_Entry, ...]] | None:
    """Return the entries by the plain path of their source; None for what clang may read otherwise."""
    try:
        rows = json.loads(data)
    except ValueError:
        return None
    if not isinstance(rows, list):
        return None
    index: dict[str, tuple[_Entry, ...]] = {}
    for row in rows:
        entry = _entry(row)
        if entry is None:
            return None
        plain = posixpath.normpath(entry.source)
        index[plain] = (*index.get(plain, ()), entry)
    return index


def _entry(row: Any) -> _Entry | None:
    """Return a row as an entry; None where clang might read it otherwise."""
    match row:
        case {"directory": str(folder), "file": str(file), "arguments": [*words], **others}:
            said: Any = tuple(words)
            is_known = bool(words) and all(isinstance(word, str) for word in words)
        case {"directory": str(folder), "file": str(file), "command": str(said), **others}:
            is_known = bool(said)
        case _:
            return None
    if not is_known or not others.keys() <= _OTHER_KEYS or not folder.startswith("/"):
        return None
    return _Entry(folder, posixpath.join(folder, file), said)


def _command(entry: _Entry) -> CompileCommand | None:
    if isinstance(entry.said, tuple):
        words: Sequence[str] = entry.said
    elif _OTHER_BLANKS & set(entry.said):
        return None
    else:
        try:
            words = tuple(split(entry.said, entry.source))
        except ValueError:
            return None
    # An @file of an entry is read by clang, anew each time.
    if not words or any(word.startswith("@") for word in words):
        return None
    return CompileCommand(entry.folder, words[0], tuple(words[1:]), entry.source)
