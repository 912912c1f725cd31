"""Knows how gcc and clang write a depfile, and reads the prerequisites back out of it."""

import os
import re
from typing import Final

# gcc 12 and clang 14 double a run of backslashes before a space or tab, and escape the space by one more;
# other backslashes stand for themselves.
_JOINED_LINE: Final = re.compile(rb"(?<!\\)((?:\\\\)*)\\\r?\n")
_TARGETS_END: Final = re.compile(rb":(?=[ \n\r]|$)")
_WORD: Final = re.compile(rb"(?:[^ \\]++|\\++[ \t]|\\)++")
_ESCAPED_SPACE: Final = re.compile(rb"(\\+)([ \t])")


def parse_depfile(data: bytes) -> tuple[str, ...]:
    """Return the prerequisites of the first rule, in order; nothing when the text is no depfile.

    Rules without prerequisites (-MP) may follow. Any other text means that a name held a
    line break and that the list cannot be trusted: then nothing is returned too.
    """
    lines = _JOINED_LINE.sub(rb"\1 ", data).split(b"\n")
    rules = [line.rstrip(b"\r") for line in lines if line.strip()]
    if not rules or not all(map(_is_phony, rules[1:])):
        return ()
    end = _TARGETS_END.search(rules[0])
    if end is None:
        return ()
    return tuple(_unescaped(word) for word in _WORD.findall(rules[0], end.end()))


def _is_phony(rule: bytes) -> bool:
    return rule.endswith(b":") and _WORD.fullmatch(rule) is not None


def _unescaped(word: bytes) -> str:
    plain = _ESCAPED_SPACE.sub(_unescaped_space, word) if b"\\" in word else word
    return os.fsdecode(plain.replace(b"\\#", b"#").replace(b"$$", b"$"))


def _unescaped_space(found: re.Match[bytes]) -> bytes:
    return b"\\" * (len(found[1]) // 2) + found[2]
