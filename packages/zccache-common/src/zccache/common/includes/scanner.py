"""Knows which directives of a text can make a compiler open or look for a file, from the bytes alone.

Active or not, in a comment or not: what is found too much is looked for in vain and dropped,
what is missed would be a stale hit. It must never learn where anything lies.
"""

import os
import re
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Final, NamedTuple

from zccache.common.includes.comments import GAP, without_comments
from zccache.common.includes.line_marks import line_marks
from zccache.common.includes.traits import Trait, find_traits
from zccache.common.values import dataclass

__all__ = ["GAP", "Directive", "Form", "Scan", "Trait", "joined", "scan"]


class Form(Enum):
    """What a directive does with a file that it names."""

    READS = "include"
    READS_NEXT = "include_next"
    ASKS = "__has_include"
    ASKS_NEXT = "__has_include_next"


class Directive(NamedTuple):
    """One name in one form; quoted names are searched beside the includer first."""

    form: Form
    quoted: bool
    name: str


@dataclass(frozen=True, slots=True)
class Scan:
    """What one text says.

    directives: each literal name once, in order. computed: what stands after an #include
    that is no literal. asked: the lines with a __has_include whose argument is no literal.
    marks: the files that lines are said to come from.
    """

    directives: tuple[Directive, ...]
    computed: tuple[str, ...]
    asked: tuple[str, ...]
    traits: frozenset[Trait]
    marks: tuple[str, ...] = ()


_HASH: Final = rb"(?:#|%:|\?\?=)" + GAP
_LITERAL: Final = rb'(?:<([^>\n]*)>|"([^"\n]*)"|([^\n]*))'
_WORDS: Final = rb"(include_next|include|import|embed)(?![\w$])"
# With a literal first byte re skips by memchr: 0.6 ms per MiB.
_INCLUDE: Final = re.compile(rb"#" + GAP + _WORDS + GAP + _LITERAL)
_INCLUDE_SPELLED: Final = re.compile(_HASH + _WORDS + GAP + _LITERAL)
_HAS: Final = re.compile(rb"__has_(?:include|embed)(_next)?(?:__)?(?![\w$])")
_HAS_LITERAL: Final = re.compile(GAP + rb"\(" + GAP + _LITERAL)
_NAMING: Final = rb"(?:\bdefined" + GAP + rb"\(?|" + _HASH + rb"(?:ifn?def|elifn?def|undef|define))"
_MENTION_ONLY: Final = re.compile(_NAMING + GAP + rb"\Z")
_EVALUATED: Final = re.compile(_HASH + rb"(?:if|elif|define)\b|\*/")
_CONTINUED: Final = re.compile(rb"\\[ \t\f\v]*(?:\r\n?|\n)")
_FORMS: Final = {
    b"include_next": Form.READS_NEXT,
    b"include": Form.READS,
    b"import": Form.READS,
    b"embed": Form.READS,
}


def scan(data: bytes) -> Scan:
    """Return what a text includes, asks for and reveals."""
    texts = [joined(data)]
    if b"??/" in data:
        # With trigraphs this is a backslash and may continue a line, without them it is nothing.
        texts.append(joined(data.replace(b"??/", b"\\")))
    parts = [_scan_joined(text) for text in texts]
    return parts[0] if len(parts) == 1 else _together(parts)


def joined(data: bytes) -> bytes:
    """Return a text with its continued lines joined, blanks after the backslash included.

    A line may also end with a lone carriage return (gcc 12, clang).
    """
    whole = _CONTINUED.sub(b"", data) if b"\\" in data else data
    return whole.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in whole else whole


def _together(parts: Iterable[Scan]) -> Scan:
    parts = tuple(parts)
    return Scan(
        directives=tuple(dict.fromkeys(found for part in parts for found in part.directives)),
        computed=tuple(dict.fromkeys(found for part in parts for found in part.computed)),
        asked=tuple(dict.fromkeys(found for part in parts for found in part.asked)),
        traits=frozenset().union(*(part.traits for part in parts)),
        marks=tuple(dict.fromkeys(found for part in parts for found in part.marks)),
    )


def _scan_joined(data: bytes) -> Scan:
    named, computed, asked = _sorted_out(data)
    if computed or asked:
        # Prose says "#include of this file" too: whether it is a comment decides about a whole compile.
        _, computed, asked = _sorted_out(without_comments(data))
    return Scan(tuple(named), tuple(computed), tuple(asked), find_traits(data), line_marks(data))


def _sorted_out(data: bytes) -> tuple[dict[Directive, None], dict[str, None], dict[str, None]]:
    """Return literal names, computed includes and computed questions."""
    named: dict[Directive, None] = {}
    computed: dict[str, None] = {}
    asked: dict[str, None] = {}
    for include in _includes(data):
        if isinstance(include, Directive):
            named[include] = None
        else:
            computed[include] = None
    for question in _questions(data) if b"__has_" in data else ():
        if isinstance(question, Directive):
            named[question] = None
        else:
            asked[question] = None
    return named, computed, asked


def _includes(data: bytes) -> Iterator[Directive | str]:
    spelled = b"%:" in data or b"??=" in data
    for found in (_INCLUDE_SPELLED if spelled else _INCLUDE).finditer(data):
        word, angled, quoted, other = found.groups()
        if other is None:
            yield _directive(_FORMS[word], angled, quoted)
        elif _without_line_comment(other) and _starts_line(data, found.start()):
            yield os.fsdecode(other)


def _directive(form: Form, angled: bytes | None, quoted: bytes | None) -> Directive:
    if quoted is not None:
        return Directive(form, quoted=True, name=os.fsdecode(quoted))
    return Directive(form, quoted=False, name=os.fsdecode(angled or b""))


def _without_line_comment(text: bytes) -> bytes:
    return text.partition(b"//")[0].strip()


def _starts_line(data: bytes, at: int) -> bool:
    before = data[data.rfind(b"\n", 0, at) + 1 : at].strip(b" \t\f\v\r\0\xef\xbb\xbf")
    return not before or b"*/" in before


def _questions(data: bytes) -> Iterator[Directive | str]:
    for mention in _HAS.finditer(data):
        form = Form.ASKS_NEXT if mention[1] else Form.ASKS
        literal = _HAS_LITERAL.match(data, mention.end())
        if literal is not None and literal[3] is None:
            yield _directive(form, literal[1], literal[2])
        else:
            line = _evaluated_line(data, mention)
            if line:
                yield os.fsdecode(line)


def _evaluated_line(data: bytes, mention: re.Match[bytes]) -> bytes:
    """Return the line of a mention that a compiler could come to evaluate, or nothing."""
    start = data.rfind(b"\n", 0, mention.start()) + 1
    end = data.find(b"\n", mention.end())
    before = data[start : mention.start()]
    if b"//" in before and b'"' not in before:
        return b""
    if not _EVALUATED.search(before) or _MENTION_ONLY.search(before):
        return b""
    return data[start : end if end >= 0 else len(data)]
