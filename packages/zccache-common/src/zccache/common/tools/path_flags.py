"""Knows which words of a compile carry a path of a header or its folder, in all their spellings."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from zccache.common.tools.flags import spelled

GCC_FLAGS: Final = spelled(
    "-include-pch -include -imacros -isystem -iquote -idirafter -iframework -imsvc -I -F"
)
CL_FLAGS: Final = spelled("-imsvc /imsvc -I /I")
_OTHERS: Final = ("-iframeworkwithsysroot", "-I-")


class NamedPath(NamedTuple):
    """A path on a command line: the flag that it stands behind, and the words as typed."""

    flag: str
    value: str
    words: str


def named_paths(flags: Sequence[str], args: Sequence[str]) -> Iterator[NamedPath]:
    """Yield the paths behind these flags, glued to them or in the next word."""
    remaining = iter(args)
    for word in remaining:
        flag = next((flag for flag in flags if word.startswith(flag)), None)
        if flag is None or word.startswith(_OTHERS):
            continue
        if word != flag:
            yield NamedPath(flag, word[len(flag) :], word)
            continue
        value = next(remaining, None)
        if value is not None:
            yield NamedPath(flag, value, f"{flag} {value}")
