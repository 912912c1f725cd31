"""Knows what strict paths forbid: spellings of one folder that a compiler may take for two."""

import re
from collections.abc import Iterable
from typing import Final

from zccache.common.command.invocation import Invocation
from zccache.common.command.plan import Dialect
from zccache.common.command.response_files import Expanded, expand
from zccache.common.planning import read_answer_file
from zccache.common.tools.path_flags import NamedPath, named_paths
from zccache.common.tools.protocol import Tool

OFF: Final = "off"
CONSISTENT: Final = "consistent"
ABSOLUTE: Final = "absolute"
_MEANINGS: Final = {
    "": OFF,
    **dict.fromkeys(("0", "off", "false", "no"), OFF),
    CONSISTENT: CONSISTENT,
    **dict.fromkeys(("1", "absolute", "true", "yes", "on"), ABSOLUTE),
}
_ROOT: Final = re.compile(r"/|[A-Za-z]:/")


def complaint(mode: str, tool: Tool, invocation: Invocation, dialect: Dialect) -> str | None:
    """Return why a command must not run under a mode, as it is typed by the user, or None."""
    meaning = _MEANINGS.get(mode.strip().lower())
    if meaning is None:
        return f"zccache: invalid strict paths mode '{mode}'; expected off, consistent, or absolute"
    if meaning == OFF or not tool.path_flags:
        return None
    expanded = expand(invocation.args, read=read_answer_file, dialect=dialect, cwd=invocation.cwd)
    args = expanded.words if isinstance(expanded, Expanded) else invocation.args
    found = _first_violation(meaning, named_paths(tool.path_flags, args))
    if found is None:
        return None
    path, expected = found
    caller = " ".join((invocation.program, *invocation.args))
    return (
        f"zccache: {path.flag} flag `{path.words}` violates --strict-paths={meaning} (expected {expected}).\n"
        f"         Caller: {caller}"
    )


def _first_violation(mode: str, paths: Iterable[NamedPath]) -> tuple[NamedPath, str] | None:
    """Return the first path that a mode forbids, with what was expected of it."""
    separators: set[str] = set()
    for path in paths:
        used = {separator for separator in "/\\" if separator in path.value}
        if mode == ABSOLUTE:
            if "\\" in used or _ROOT.match(path.value) is None:
                return path, "forward-slash absolute path"
            if {".", ".."} & set(path.value.split("/")):
                return path, "normalized path without /./ or /../ components"
            continue
        if len(used) > 1:
            return path, "one separator style per path"
        separators |= used
        if len(separators) > 1:
            return path, "all checked paths to use the same separator style"
    return None
