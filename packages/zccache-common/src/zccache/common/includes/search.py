"""Knows how gcc and clang are asked where they look for headers, and what their answer means."""

import itertools
import os
import re
import shlex
from typing import Final

from zccache.common.errors import ToolchainUnknown
from zccache.common.values import dataclass

_QUOTE_STARTS: Final = '#include "..." search starts here:'
_BRACKET_STARTS: Final = "#include <...> search starts here:"
_ENDS: Final = "End of search list."
_FRAMEWORK: Final = " (framework directory)"
_HEADER_MAP: Final = " (headermap)"
_MISSING: Final = re.compile(r'ignoring nonexistent directory "(.*)"')
_NO_FOLDER: Final = re.compile(r"[^ ]+: (?:warning|error): (.*): [Nn]ot a directory")
_DUPLICATE: Final = re.compile(r'ignoring duplicate directory "(.*)"')
_FOLDER_FLAGS: Final = frozenset(
    {
        "-I",
        "-iquote",
        "-isystem",
        "-idirafter",
        "-internal-isystem",
        "-internal-externc-isystem",
        "-c-isystem",
        "-cxx-isystem",
    }
)


@dataclass(frozen=True, slots=True)
class SearchPath:
    """Where one compiler looks for headers under given words: absolute folders, links kept as spelled.

    quote comes before bracket for quoted names. missing are folders that were asked for and
    are not there. dropped repeat a folder of the list under another name. frameworks are those
    of the list that hold Apple frameworks.
    """

    quote: tuple[str, ...]
    bracket: tuple[str, ...]
    missing: tuple[str, ...]
    dropped: tuple[str, ...] = ()
    frameworks: frozenset[str] = frozenset()


def probe_words(search_words: tuple[str, ...], language: str) -> tuple[str, ...]:
    """Return the words with which a compiler prints its search path on stderr; its input must be empty.

    clang honours #include in what is preprocessed already, but prints no path for it: it
    searches part of what it does for the language itself, so that one is asked about.
    """
    base = language.removesuffix("cpp-output").removesuffix("-") or "c"
    return (*search_words, "-v", "-E", "-x", base, "-")


def parse_search_path(stderr: bytes, cwd: str) -> SearchPath:
    """Return the search path that a compiler printed; raise ToolchainUnknown when it is not one list."""
    # Not splitlines: a folder's name may hold any character that Unicode calls a line break.
    lines = os.fsdecode(stderr).split("\n")
    try:
        quote_at, bracket_at, end_at = map(lines.index, (_QUOTE_STARTS, _BRACKET_STARTS, _ENDS))
    except ValueError as error:
        raise ToolchainUnknown("the compiler printed no search path") from error
    if not _is_the_only_one(lines, lines[quote_at : end_at + 1]):
        raise ToolchainUnknown("the compiler printed several search paths")
    quote, quote_frameworks = _folders(lines[quote_at + 1 : bracket_at], cwd)
    bracket, frameworks = _folders(lines[bracket_at + 1 : end_at], cwd)
    missing = _matches(_MISSING, lines, cwd) | _matches(_NO_FOLDER, lines, cwd)
    # gcc names a repeated folder as it was spelled; clang by its first spelling, so its words are read too.
    dropped = {**_matches(_DUPLICATE, lines, cwd), **_folders_of_clang(lines[:quote_at], cwd)}
    return SearchPath(
        quote=quote,
        bracket=bracket,
        missing=tuple(missing),
        dropped=tuple(folder for folder in dropped if folder not in {*quote, *bracket, *missing}),
        frameworks=quote_frameworks | frameworks,
    )


def _is_the_only_one(lines: list[str], path: list[str]) -> bool:
    """Whether no other path was printed; clang-tidy prints its own twice from C++20 on (version 14)."""
    starts = [at for at, line in enumerate(lines) if line == _QUOTE_STARTS]
    marks = (_QUOTE_STARTS, _BRACKET_STARTS, _ENDS)
    return all(lines.count(mark) == len(starts) for mark in marks) and all(
        lines[at : at + len(path)] == path for at in starts
    )


def _folders(lines: list[str], cwd: str) -> tuple[tuple[str, ...], frozenset[str]]:
    folders: list[str] = []
    frameworks = set()
    for line in lines:
        if not line.startswith(" ") or line.endswith(_HEADER_MAP):
            raise ToolchainUnknown(f"its search path has a line that is no folder: {line!r}")
        folder = os.path.join(cwd, line[1:].removesuffix(_FRAMEWORK))
        folders.append(folder)
        if line.endswith(_FRAMEWORK):
            frameworks.add(folder)
    return tuple(folders), frozenset(frameworks)


def _matches(pattern: re.Pattern[str], lines: list[str], cwd: str) -> dict[str, None]:
    found = (pattern.fullmatch(line) for line in lines)
    return {os.path.join(cwd, match[1]): None for match in found if match}


def _folders_of_clang(lines: list[str], cwd: str) -> dict[str, None]:
    """Return the folders among the words that clang's driver prints before it starts the compiler proper."""
    line = next((line for line in lines if line.startswith(' "') and '" -cc1 ' in line), "")
    pairs = itertools.pairwise(shlex.split(line))
    return {os.path.join(cwd, value): None for flag, value in pairs if flag in _FOLDER_FLAGS}
