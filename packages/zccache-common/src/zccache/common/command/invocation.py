"""Knows one call of a tool as it was typed: words, folder, environment."""

import os
from collections.abc import Iterator, Mapping

from zccache.common.command.database import Database
from zccache.common.values import dataclass


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call of a tool.

    program is the word as typed (a name or a path), args the words after it; cwd is
    absolute. Strings are decoded with os.fsdecode, so any bytes survive. database is what
    was found for a tool that asks for one, on the way to its plan.
    """

    program: str
    args: tuple[str, ...]
    cwd: str
    env: Mapping[str, str]
    database: Database | None = None

    def named_places(self) -> Iterator[str]:
        """Yield where this call may write, for all that its words tell by themselves; most are no outputs."""
        # What linkers write where no word says so.
        yield os.path.join(self.cwd, "a.out")
        for word in self.args:
            name = word.removeprefix("-o")
            if name and not name.startswith("-"):
                yield os.path.join(self.cwd, name)
                stem = os.path.splitext(os.path.basename(name))[0]
                yield from (os.path.join(self.cwd, stem + ending) for ending in (".o", ".s"))
