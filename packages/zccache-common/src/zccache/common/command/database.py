"""Knows, as plain values, what a tool asks of a compilation database and what it is told."""

from zccache.common.values import dataclass


@dataclass(frozen=True, slots=True)
class CompileCommand:
    """How one source is compiled: in which folder, by which program, with which words after it."""

    folder: str
    program: str
    words: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class DatabaseQuestion:
    """What a tool needs to know of the disk before its words make sense.

    start: the folder, or the source, from which it seeks a database upwards; "" where it
    seeks none. sources: those that it is to look up, as typed.
    """

    start: str
    start_is_source: bool
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Database:
    """What was found: folder is the working folder as the tool names it.

    path is the database ("" for none), absent are the places before it where none was.
    commands are those of the sources, in their order.
    """

    folder: str
    path: str = ""
    absent: tuple[str, ...] = ()
    commands: tuple[CompileCommand, ...] = ()
