"""Knows which words decide what programs a gcc-like driver runs, and which specs files it reads."""

import posixpath
import re
from collections.abc import Sequence
from typing import Final

from zccache.common.command.plan import Dialect
from zccache.common.tools.flags import Role
from zccache.common.tools.words import Term, Words

_DECIDES_LINKER: Final = re.compile(
    r"-fuse-ld=.*|-m.*|--?target.*|--?gcc-toolchain.*|--gcc-install-dir.*|--sysroot.*|-arch"
)
_WINDOWS: Final = re.compile(r"mingw|cygwin|windows-gnu")


def makes_windows_file(named: str) -> bool:
    """Tell whether a target, or the name of a driver with one in it, is Windows."""
    return _WINDOWS.search(posixpath.basename(named)) is not None


def linker_words(terms: Sequence[Term]) -> tuple[str, ...]:
    """Return the words of a command that decide which linker is run, in order."""
    return tuple(word for term in terms if _DECIDES_LINKER.fullmatch(term.words[0]) for word in term.words)


def specs_words(words: Words, dialect: Dialect) -> tuple[str, ...]:
    """Return the words by which specs files are read, and those that decide where they are sought."""
    if dialect is not Dialect.GCC:
        # clang takes -specs= and reads nothing.
        return ()
    search = words.of(Role.SEARCH)
    # avr-gcc has a specs file for each device.
    naming = [*words.of(Role.SPECS), *(term for term in search if term.spelling.startswith("-mmcu="))]
    roots = [term for term in search if term.spelling.startswith("--sysroot")] if naming else []
    return tuple(word for term in (*naming, *roots) for word in term.words)
