"""Knows how gcc and clang print, on `-###`, the command by which they would link."""

import os
import posixpath
import re
from typing import Final

_LINKER: Final = re.compile(
    r"(?:[\w.+]+-)*(?:collect2|ld(?:[.-]\w+)*|lld|mold|ld64|wasm-ld)(?:-\d+)?(?:\.exe)?"
)
_PIECE: Final = re.compile(r'"((?:[^"\\]|\\.)*)"|\'([^\']*)\'|\\(.)|([^\s"\'\\]+)|(\s+)', re.DOTALL)


def link_command(said: bytes) -> tuple[str, ...] | None:
    """Return the words of the one link command that was printed, the program first; None: there is none."""
    found = []
    for line in os.fsdecode(said).splitlines():
        if line.startswith(" "):
            words = _words(line)
            if words and _LINKER.fullmatch(posixpath.basename(words[0])):
                found.append(words)
    return found[0] if len(found) == 1 else None


def _words(line: str) -> tuple[str, ...]:
    words: list[str] = []
    current: str | None = None
    for quoted, raw, escaped, plain, blank in _PIECE.findall(line):
        if blank:
            if current is not None:
                words.append(current)
            current = None
        else:
            current = (current or "") + (re.sub(r"\\(.)", r"\1", quoted) or raw or escaped or plain)
    return tuple(words if current is None else [*words, current])
