"""Knows what one compile was given, as far as it bears on where headers are sought."""

from typing import Final

from zccache.common.command.plan import Dialect
from zccache.common.includes.search import SearchPath
from zccache.common.values import dataclass

IMPLICIT: Final = "stdc-predef.h"
"""Included by gcc before the first line, where it is found."""


@dataclass(frozen=True, slots=True)
class Compile:
    """What one compile was given: paths absolute, names as typed, started_ns on the clock of file times.

    precompiled: headers of which it is known what went into them; all of that is in inputs.
    makes_precompiled: the compile's output is one. searches_includers: quoted names are sought
    beside all files on the way to the one that names them, and a backslash is a slash.
    goes_on: a header that was not found was an error, and yet there is a result.
    named: inputs to which no directive leads, but the words, or what these name.
    """

    source: str
    inputs: tuple[str, ...]
    force_includes: tuple[str, ...]
    search: SearchPath
    cwd: str
    dialect: Dialect
    macro_values: tuple[str, ...]
    started_ns: int
    precompiled: frozenset[str] = frozenset()
    makes_precompiled: bool = False
    searches_includers: bool = False
    goes_on: bool = False
    named: frozenset[str] = frozenset()
