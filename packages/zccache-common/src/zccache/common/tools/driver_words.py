"""Knows which words decide what programs a gcc-like driver runs, and which specs files it reads."""

import posixpath
import re
from collections.abc import Sequence
from typing import Final

from zccache.common.command.plan import Dialect
from zccache.common.tools.flags import Role
from zccache.common.tools.words import Term, Words

_DECIDES_LINKER: Final = re.compile(
    r"-fuse-ld=.*|-m.*|--?target.*|--?gcc-toolchain.*|--gcc-install-dir.*|--sysroot.*|-arch|-B.*"
)
_WINDOWS: Final = re.compile(r"mingw|cygwin|windows-gnu")


def makes_windows_file(named: str) -> bool:
    """Tell whether a target, or the name of a driver with one in it, is Windows."""
    return _WINDOWS.search(posixpath.basename(named)) is not None


def linker_words(terms: Sequence[Term], cwd: str) -> tuple[str, ...]:
    """Return the words of a command that decide which linker is run, in order."""
    chosen = (term for term in terms if _DECIDES_LINKER.fullmatch(term.words[0]))
    return tuple(word for term in chosen for word in _from_anywhere(term, cwd))


def driver_words(words: Words, dialect: Dialect, cwd: str) -> tuple[str, ...]:
    """Return the words by which a driver runs other programs or reads specs, and where it seeks them."""
    search = words.of(Role.SEARCH)
    naming = list(words.of(Role.PREFIX))
    if dialect is Dialect.GCC:
        # clang takes -specs= and reads nothing; avr-gcc has a specs file for each device.
        naming += (*words.of(Role.SPECS), *(term for term in search if term.spelling.startswith("-mmcu=")))
    roots = [term for term in search if term.spelling.startswith("--sysroot")] if naming else []
    return tuple(word for term in (*naming, *roots) for word in _from_anywhere(term, cwd))


def _from_anywhere(term: Term, cwd: str) -> tuple[str, ...]:
    """Return a term's words as they can be typed in any folder."""
    if term.option.role is not Role.PREFIX:
        return term.words
    return (f"-B{posixpath.join(cwd, term.value)}",)
