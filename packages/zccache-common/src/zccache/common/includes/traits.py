"""Knows what else in a text bears on caching: clocks, assembler files, modules, a wish not to be cached.

Finding too much costs hits; finding too little would serve a wrong output.
"""

import re
from collections.abc import Iterable, Iterator
from enum import Enum, auto
from typing import Final

from zccache.common.includes.comments import without_comments


class Trait(Enum):
    """Something about a text that the pipeline must know."""

    TIME = auto()
    DATE = auto()
    TIMESTAMP = auto()
    INCBIN = auto()
    ASM_INCLUDE = auto()
    SYSTEM_HEADER = auto()
    MODULES = auto()
    EMBED = auto()
    PCH = auto()
    DISABLE_CACHE = auto()
    PASTES_UNDERSCORES = auto()
    CLOCK_WORD = auto()
    ESCAPES = auto()
    OWN_NAME = auto()
    INCLUDE_ALIAS = auto()


_CLOCKS: Final = {Trait.TIME: b"__TIME__", Trait.DATE: b"__DATE__", Trait.TIMESTAMP: b"__TIMESTAMP__"}
_HEAD_BYTES: Final = 4096


def _clock_words() -> dict[bytes, frozenset[Trait]]:
    """Return the whole words that name a clock, or from which ## makes one: of every cut one side is here."""
    words: dict[bytes, set[Trait]] = {}
    for trait, name in _CLOCKS.items():
        tails = [name[cut:] for cut in range(len(name) - 2)]
        for word in (*tails, name[:-2], name[:-1]):
            words.setdefault(word, set()).add(trait)
    return {word: frozenset(traits) for word, traits in words.items()}


# What gives a text its own name, and ##, by which that could be put together.
_OWN_NAME: Final = re.compile(rb"__FILE_|__BASE_FILE__|__builtin_FILE|source_location|##|%:%:|\?\?=")
# Patterns begin with literal bytes where they can: then re skips by memchr, 0.5 ms per MiB instead of 8.
_CLOCK_WORDS: Final = _clock_words()
_CLOCK_PARTS: Final = tuple(map(re.compile, (rb"TIME\w*", rb"DATE\w*", rb"E__(?!\w)", rb"P__(?!\w)")))
_WORD_BEFORE: Final = re.compile(rb"\w*\Z")
_BARE_CLOCKS: Final = frozenset((b"TIME", b"DATE", b"TIMESTAMP"))
_ARGUMENT_END: Final = re.compile(rb"\s*[,)]")
_PASTE_FRAME: Final = re.compile(rb"##\s*\w+\s*##\s*__(?!\w)")
_IMPORT: Final = re.compile(rb"import(?<!\wimport)\s*(?:[\w.:]+|<[^>\n]*>|\"[^\"\n]*\")\s*(?:\[\[[^;]*)?;")
_MODULE: Final = re.compile(rb"module(?<!\wmodule)\s*(?:(?<=\s)[\w.:]+)?\s*(?:\[\[[^;]*)?;")
_EMBED: Final = re.compile(rb"embed(?![\w$])")
_STARTS_STATEMENT: Final = re.compile(rb"(?:[^\n]*\*/)?\s*(?:export\s+)?@?\Z")
# An escape such as \n or \x0a, after which a dot is no member's, though a word character stands before it.
_ESCAPE: Final = (
    rb"(?<=\\[a-z]\.)|(?<=\\[0-7]{2}\.)|(?<=\\[0-7]{3}\.)|(?<=\\x[\da-fA-F]\.)|(?<=\\x[\da-fA-F]{2}\.)"
)
_DOT: Final = rb"\.(?:(?<![\w)\]]\.)|" + _ESCAPE + rb")"
_ASM_INCLUDE: Final = re.compile(_DOT + rb"include\b")
# A directive of the assembler put together from adjacent strings, by ## or by the assembler's own macros.
_CUT_DIRECTIVE: Final = re.compile(rb"\.(?:(?<!\w\.)|" + _ESCAPE + rb')i(?:n(?:c(?:bi?|lu?d?)?)?)?"')
_PASTED_DIRECTIVE: Final = re.compile(rb"##\s*(?:bin|lude)\b")
_ASM_MACRO: Final = re.compile(_DOT + rb"(?:altmacro|macro|irpc?)\b")
_ASM_PASTE: Final = re.compile(rb"\\\(\)(?:\w|(?<=\w\\\(\)))")


def find_traits(data: bytes) -> frozenset[Trait]:
    """Return the traits of a text whose continued lines have been joined."""
    found = set(_clock_traits(data))
    # GNU as and clang take directives in upper case too.
    found.update(_assembler_traits(data.lower()))
    if b"system_header" in data:
        found.add(Trait.SYSTEM_HEADER)
    if any(
        _starts_statement(data, word) for pattern in (_IMPORT, _MODULE) for word in pattern.finditer(data)
    ):
        found.add(Trait.MODULES)
    if b"pch_preprocess" in data:
        found.add(Trait.PCH)
    if any(_is_embed(data, word) for word in _EMBED.finditer(data)):
        found.add(Trait.EMBED)
    if b"include_alias" in data:
        found.add(Trait.INCLUDE_ALIAS)
    if b"\x1b" in data:
        found.add(Trait.ESCAPES)
    if _OWN_NAME.search(data):
        found.add(Trait.OWN_NAME)
    if b"zccache:disable" in data[:_HEAD_BYTES]:
        found.add(Trait.DISABLE_CACHE)
    return frozenset(found)


def unit_traits(texts: Iterable[frozenset[Trait]]) -> frozenset[Trait]:
    """Return the traits of a whole compile, also those that show only when its texts meet.

    One header pastes `__##word##__`, another text hands it TIME: neither names a clock.
    """
    found = frozenset[Trait]().union(*texts)
    if {Trait.PASTES_UNDERSCORES, Trait.CLOCK_WORD} <= found:
        return found | _CLOCKS.keys()
    return found


def _starts_statement(data: bytes, word: re.Match[bytes]) -> bool:
    return _STARTS_STATEMENT.match(data, _line_start(data, word), word.start()) is not None


def _is_embed(data: bytes, word: re.Match[bytes]) -> bool:
    before = data[_line_start(data, word) : word.start()].rstrip()
    return before.endswith((b"#", b"%:", b"??=", b"*/", b"__has_"))


def _line_start(data: bytes, word: re.Match[bytes]) -> int:
    return data.rfind(b"\n", 0, word.start()) + 1


def _clock_traits(data: bytes) -> Iterator[Trait]:
    words = list(_clock_like(data))
    if any(word in _CLOCK_WORDS for word, _, _ in words):
        for word, _, _ in _clock_like(without_comments(data)):
            yield from _CLOCK_WORDS.get(word, ())
    if any(word in _BARE_CLOCKS and _is_argument(data, start, end) for word, start, end in words):
        yield Trait.CLOCK_WORD
    pasted = data.replace(b"%:%:", b"##") if b"%:%:" in data else data
    if _PASTE_FRAME.search(pasted):
        yield Trait.PASTES_UNDERSCORES
    if b"dependency" in data and re.search(rb"GCC\s+dependency", data):
        # This pragma compares another file's mtime with the includer's.
        yield Trait.TIMESTAMP


def _clock_like(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield whole words with a clock's name, or its end, in them: word, start, end."""
    for pattern in _CLOCK_PARTS:
        for found in pattern.finditer(data):
            start = found.start()
            before = _WORD_BEFORE.search(data, max(0, start - 16), start)
            start -= len(before[0]) if before else 0
            yield data[start : found.end()], start, found.end()


def _is_argument(data: bytes, start: int, end: int) -> bool:
    return (
        data[max(0, start - 64) : start].rstrip()[-1:] in {b"(", b","}
        and _ARGUMENT_END.match(data, end) is not None
    )


def _assembler_traits(data: bytes) -> Iterator[Trait]:
    if b"incbin" in data or _CUT_DIRECTIVE.search(data) or _ASM_PASTE.search(data) or _ASM_MACRO.search(data):
        yield Trait.INCBIN
    if b"##" in data and _PASTED_DIRECTIVE.search(data):
        yield Trait.INCBIN
    if _ASM_INCLUDE.search(data):
        yield Trait.ASM_INCLUDE
