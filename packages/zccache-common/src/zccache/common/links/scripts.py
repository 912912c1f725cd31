"""Knows which files a linker script names: libraries, files, other scripts, folders."""

import re
from typing import Final

from zccache.common.values import dataclass, field

_COMMENT: Final = re.compile(rb"/\*.*?\*/", re.DOTALL)
_TOKEN: Final = re.compile(rb'"([^"\n]*)"|([^\s(),;{}"]+)|([(),;{}])')
_GROUPS: Final = frozenset((b"INPUT", b"GROUP", b"STARTUP", b"AS_NEEDED"))
MAX_BYTES: Final = 4 << 20


@dataclass(slots=True)
class Script:
    """What a script names: libraries behind -l, other files, folders of SEARCH_DIR."""

    libraries: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)


def is_script(head: bytes) -> bool:
    """Tell whether a file that begins so is text, as a script is and an object is not."""
    return bool(head) and b"\0" not in head and not head.startswith((b"!<", b"\x7fELF", b"BC\xc0\xde"))


def read_script(data: bytes) -> Script:
    """Return what a script names, wherever in it that stands."""
    found = Script()
    previous, opened = b"", []
    for quoted, plain, mark in _TOKEN.findall(_COMMENT.sub(b" ", data)):
        if mark == b"(":
            opened.append(previous)
        elif mark == b")":
            del opened[-1:]
        word = quoted or plain
        if word:
            _note(found, word, opened, previous)
        previous = word or mark
    return found


def _note(found: Script, word: bytes, opened: list[bytes], previous: bytes) -> None:
    name = word.decode("utf-8", "surrogateescape")
    if opened and opened[-1] in _GROUPS:
        if word.startswith(b"-l"):
            found.libraries.append(name[2:])
        elif word not in _GROUPS:
            found.files.append(name)
    elif opened and opened[-1] == b"SEARCH_DIR":
        found.folders.append(name)
    elif previous == b"INCLUDE":
        found.files.append(name)
