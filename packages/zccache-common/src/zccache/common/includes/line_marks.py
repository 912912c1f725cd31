"""Knows which files a text says its lines come from: gcc opens these to quote them in its diagnostics.

gcc 12 also lets -Wmisleading-indentation depend on what stands there. clang quotes the
text that it compiles.
"""

import os
import re
from typing import Final

from zccache.common.includes.comments import GAP, without_comments

UNKNOWABLE: Final = ""
"""Stands for a name that is computed, or spelled in a way that is not followed."""

COMPUTED_MARKER: Final = "\0"
"""Stands for such a name in `# 7 NAME`, which is a comment in a text for the assembler."""

_LINE: Final = rb"line(?![\w$])" + GAP
_NUMBER: Final = rb"\d[\d']*" + GAP
_MARK: Final = re.compile(rb"#" + GAP + rb"(?:" + _LINE + rb")?" + _NUMBER + rb'"((?:[^"\\\n]|\\.)*)"')
_COMPUTED: Final = re.compile(rb"#" + GAP + _LINE + rb"(?:" + _NUMBER + rb")?[A-Za-z_$]")
_COMPUTED_MARKER: Final = re.compile(
    rb"#" + GAP + rb"\d[\d']*[ \t]+[A-Za-z_$][\w$]*[ \t]*(?:\([^\n]*|[\d \t]*)$", re.MULTILINE
)
_ESCAPE: Final = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)


def line_marks(data: bytes) -> tuple[str, ...]:
    """Return the names in the #line directives and line markers of a text, each once."""
    if b"%:" in data or b"??=" in data:
        data = data.replace(b"%:", b"#").replace(b"??=", b"#")
    names = dict.fromkeys(_name(raw) for raw in set(_MARK.findall(data)) if not _is_pseudo(raw))
    if b"line" in data and _COMPUTED.search(data):
        names[UNKNOWABLE] = None
    if _has_computed_marker(data) and _has_computed_marker(without_comments(data)):
        names[COMPUTED_MARKER] = None
    return tuple(sorted(names))


def _has_computed_marker(data: bytes) -> bool:
    marks = _COMPUTED_MARKER.finditer(data)
    return any(not data[data.rfind(b"\n", 0, mark.start()) + 1 : mark.start()].strip() for mark in marks)


def _is_pseudo(raw: bytes) -> bool:
    """Whether this is no file: `<built-in>`, or the working folder that -g puts at the top, `/folder//`."""
    return not raw or raw.startswith(b"<") or raw.endswith(b"//")


def _name(raw: bytes) -> str:
    return os.fsdecode(_ESCAPE.sub(_unescaped, raw)) if b"\\" in raw else os.fsdecode(raw)


def _unescaped(found: re.Match[bytes]) -> bytes:
    code = found[1]
    if code.isdigit():
        return bytes([int(code, 8) & 0xFF])
    return code if code in {b"\\", b'"'} else b"\0"
