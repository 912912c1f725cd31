"""Knows the files that gcc and clang leave beside the others on request: steps on the way, listings, records.

Names as gcc 12 and clang 14 choose them. gcc's optimization record holds addresses of its
own memory and is never the same twice, so only clang's is here.
"""

import posixpath
from collections.abc import Iterator
from typing import Final

from zccache.common.command.plan import Dialect, Output, OutputKind, Refusal
from zccache.common.reasons import Reason
from zccache.common.tools.flags import Role
from zccache.common.tools.words import Term, Words

_PREPROCESSED: Final = {"c": ".i", "c++": ".ii"}
_PLACES: Final = frozenset(("", "obj", "cwd"))


def extra_outputs(words: Words, source: str, language: str, dialect: Dialect) -> tuple[Output, ...] | Refusal:
    """Return what the command writes by words that ask for more than the compile's own outputs."""
    doubt = _doubt(words, language, dialect)
    if doubt is not None:
        return Refusal(Reason.UNMODELLED_OUTPUT, doubt.spelling)
    named = words.values(Role.OUTPUT)
    path = named[0] if named else posixpath.basename(source)
    # clang makes new files of its steps; all else is written into what is there.
    steps = _steps(words, path, source, language, dialect)
    others = (*_records(words, path), *words.values(Role.LISTING))
    is_gcc = dialect is Dialect.GCC
    return (
        *(Output(step, OutputKind.OTHER, in_place=is_gcc) for step in steps),
        *(Output(other, OutputKind.OTHER, in_place=True) for other in others),
    )


def _doubt(words: Words, language: str, dialect: Dialect) -> Term | None:
    """Return the first word for which the names, or whether the files are written, cannot be told."""
    temps, records, listings = map(words.of, (Role.SAVE_TEMPS, Role.OPTIMIZATION_RECORD, Role.LISTING))
    for group in (temps, records, listings):
        if len(group) > 1:
            return group[1]
    if temps and (
        _value(temps[0]) not in _PLACES
        or language not in _PREPROCESSED
        or any(map(words.has, (Role.SIDE_OUTPUT, Role.OUTPUT_FORMAT, Role.LINK_TIME, Role.LISTING)))
    ):
        return temps[0]
    if records and (dialect is Dialect.GCC or words.has(Role.LINK_TIME)):
        return records[0]
    if listings and (dialect is Dialect.CLANG or words.has(Role.ASSEMBLE) or words.has(Role.LINK_TIME)):
        return listings[0]
    return None


def _records(words: Words, path: str) -> Iterator[str]:
    for term in words.of(Role.OPTIMIZATION_RECORD):
        is_named = term.spelling.startswith("-foptimization-record-file=")
        yield term.value if is_named else posixpath.splitext(path)[0] + ".opt.yaml"


def _steps(words: Words, path: str, source: str, language: str, dialect: Dialect) -> Iterator[str]:
    for term in words.of(Role.SAVE_TEMPS):
        place = _value(term)
        name = source if dialect is Dialect.CLANG else path
        stem = posixpath.splitext(posixpath.basename(name))[0]
        # gcc 12 takes the folder of -o when none is said, clang 14 the working folder.
        if place == "obj" or (not place and dialect is Dialect.GCC):
            stem = posixpath.join(posixpath.dirname(path), stem)
        suffixes = [_PREPROCESSED[language]]
        suffixes += [".bc"] if dialect is Dialect.CLANG else []
        suffixes += [] if words.has(Role.ASSEMBLE) else [".s"]
        yield from (stem + suffix for suffix in suffixes)


def _value(term: Term) -> str:
    return term.spelling.partition("=")[2]
