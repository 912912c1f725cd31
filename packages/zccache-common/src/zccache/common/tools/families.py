"""Knows which words of the open families (-f -g -m -O -R -W ...) are harmless, by their shape.

No list of such words is ever complete. A word that may name a file, or that speaks of
writing one, is refused; every other one is kept in the key.
"""

import re
from functools import lru_cache
from typing import Final

from zccache.common.command.plan import Dialect
from zccache.common.reasons import Reason
from zccache.common.tools.flags import ACCEPTED, KEPT, Group, Option, Role, Takes, spelled
from zccache.common.tools.refused import REFUSED, VALUES

_EXACT: Final[dict[str, Option]] = {}
_GLUED: Final[dict[str, Option]] = {}

_UNKNOWN: Final = Option(Role.REFUSED, reason=Reason.UNKNOWN_OPTION)
_SEARCH: Final = Option(Role.SEARCH)
_DEBUG: Final = Option(Role.DEBUG)
_READ_FILE: Final = Option(Role.READ_FILE)
_UNSEEN: Final = Option(Role.REFUSED, reason=Reason.UNSEEN_INPUT)

# A word of -f with one of these between its dashes is about a file, until a table says otherwise.
_NOUNS_OF_FILES: Final = frozenset(
    spelled(
        """dump save file files report module modules pch plugin cache output stats record emit offload trace
        path dir note notes deps index write load log temp temps snapshot session preload
        preprocessed"""
    )
)
_NOUNS_WITH_A_FILE: Final = frozenset(spelled("info graph json sarif list map use ignorelist allowlist"))
_PATH_LIKE: Final = re.compile(r"[/\\]|\.[A-Za-z]")

_DEBUG_LEVEL: Final = re.compile(
    r"-g(?:[1-9]|gdb[1-9]?|dwarf(?:-[2-9])?|dwarf(?:32|64)|line-tables-only|line-directives-only|mlt|full|used)?"
)
_DEBUG_SHAPE: Final = re.compile(r"-g[a-z][a-z0-9+-]*(?:=[\w-]+)?")
_OPTIMIZE: Final = re.compile(r"-O(?:\d|s|g|z|fast)?")
_PROFILE_USE: Final = Option(Role.PROFILE_USE)
_USE_OF_PROFILE: Final = ("-fprofile-use=", "-fprofile-use", "-fprofile-instr-use=", "-fbranch-probabilities")


def _fill(groups: tuple[Group, ...]) -> None:
    for item in groups:
        for spelling in item.spellings:
            if item.option.takes is not Takes.GLUED:
                assert spelling not in _EXACT, spelling
                _EXACT[spelling] = item.option
            if item.option.takes in {Takes.GLUED, Takes.EITHER}:
                assert spelling not in _GLUED, spelling
                _GLUED[spelling] = item.option


_fill(ACCEPTED)
_fill(REFUSED)
_LONGEST: Final = max(map(len, _GLUED))


@lru_cache(maxsize=8192)
def find(word: str, dialect: Dialect) -> tuple[Option, str | None]:
    """Return what a word that starts with a dash means, and the value glued to it, if it has one.

    The longest spelling of the tables wins, as in the compilers; then the family decides.
    """
    exact = _EXACT.get(word)
    if exact is not None:
        return exact, None
    for length in range(min(len(word), _LONGEST), 1, -1):
        glued = _GLUED.get(word[:length])
        if glued is not None:
            return glued, word[length:]
    return _by_family(word, dialect)


def _by_family(word: str, dialect: Dialect) -> tuple[Option, str | None]:
    name, equals, value = word.partition("=")
    match word[1:2]:
        case "f":
            return _feature(name, equals, value, dialect), value
        case "m":
            return (_UNKNOWN if "/" in value else _SEARCH), None
        case "W":
            return (_UNKNOWN if _PATH_LIKE.search(value) else KEPT), None
        case "R":
            return (_UNKNOWN if "/" in word else KEPT), None
        case "g":
            return _debug(word), None
        case "O":
            return (KEPT if _OPTIMIZE.fullmatch(word) else _UNKNOWN), None
        case _:
            return _UNKNOWN, None


def _feature(name: str, equals: str, value: str, dialect: Dialect) -> Option:
    spelling = name + equals
    if spelling in _USE_OF_PROFILE:
        if dialect is Dialect.GCC:
            return _PROFILE_USE
        # clang takes a folder as well, and default.profdata where nothing is said.
        return _READ_FILE if value.endswith(".profdata") else _UNSEEN
    if spelling in VALUES:
        reason, allowed = VALUES[spelling]
        return KEPT if value in allowed else Option(Role.REFUSED, reason=reason)
    if name.startswith("-fno-") and not equals:
        return KEPT
    nouns = set(name[2:].split("-"))
    if nouns & _NOUNS_OF_FILES or (equals and nouns & _NOUNS_WITH_A_FILE) or _PATH_LIKE.search(value):
        return _UNKNOWN
    return KEPT


def _debug(word: str) -> Option:
    if _DEBUG_LEVEL.fullmatch(word):
        return _DEBUG
    return KEPT if _DEBUG_SHAPE.fullmatch(word) else _UNKNOWN
