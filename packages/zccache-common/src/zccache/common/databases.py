"""Knows where a compilation database is sought: upwards from a folder, the nearest one counts."""

import os
from collections.abc import Iterator

from zccache.common.command.compile_commands import COMMANDS, FLAGS, commands_in_flags, commands_in_json
from zccache.common.command.database import CompileCommand, Database, DatabaseQuestion
from zccache.common.command.invocation import Invocation
from zccache.common.command.plan import Refusal
from zccache.common.reasons import Reason


def find_database(question: DatabaseQuestion, invocation: Invocation) -> Database | Refusal:
    """Return what a database says of the sources, or why that cannot be told."""
    folder = _logical_folder(invocation)
    if not question.start:
        return Database(folder)
    sources = [os.path.join(folder, source.removeprefix("./")) for source in question.sources]
    start = os.path.join(folder, question.start)
    absent: list[str] = []
    for place in _upwards(os.path.dirname(start) if question.start_is_source else start):
        flags, commands = os.path.join(place, FLAGS), os.path.join(place, COMMANDS)
        there = [path for path in (flags, commands) if os.path.lexists(path)]
        absent += (path for path in (flags, commands) if path not in there)
        if len(there) > 1:
            # Which one counts is up to the order in which clang was linked.
            return Refusal(Reason.COMPILATION_DATABASE, place)
        if there:
            return _read(there[0], place, sources, Database(folder, there[0], tuple(absent)))
    # The tools say so, and go on without flags.
    return Database(folder, "", tuple(absent), commands_in_flags(b"", folder, sources))


def _read(path: str, place: str, sources: list[str], found: Database) -> Database | Refusal:
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError:
        return Refusal(Reason.COMPILATION_DATABASE, path)
    if path.endswith(FLAGS):
        commands: tuple[CompileCommand, ...] | str = commands_in_flags(data, place, sources)
    else:
        commands = commands_in_json(data, sources)
    if isinstance(commands, str):
        return Refusal(Reason.COMPILATION_DATABASE, commands)
    return Database(found.folder, path, found.absent, commands)


def _upwards(folder: str) -> Iterator[str]:
    """Yield the folder and all above it, by name alone, as clang goes."""
    while True:
        yield folder
        above = os.path.dirname(folder)
        if above == folder:
            return
        folder = above


def _logical_folder(invocation: Invocation) -> str:
    """Return the working folder as clang's tools name it: by $PWD where that leads there."""
    logical = invocation.env.get("PWD", "")
    try:
        if logical.startswith("/") and os.path.samefile(logical, invocation.cwd):
            return logical
    except OSError:
        pass
    return invocation.cwd
