"""Knows what else in a text bears on caching: clocks, assembler files, modules, a wish not to be cached.

Finding too much costs hits; finding too little would serve a wrong output.
"""

import re
from collections.abc import Iterable, Iterator
from enum import Enum, auto
from typing import Final

from zccache.common.includes.comments import GAP, without_comments


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
    PASTED_QUESTION = auto()
    PASTES_QUESTION = auto()
    QUESTION_WORD = auto()
    ONCE = auto()
    IMPORTS = auto()
    OWN_SIGNATURE = auto()


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
# Words from which ## makes __has_include or __has_embed: of every cut one side is here.
_FRONT_HALF: Final = re.compile(
    rb"__has_(?:i(?:n(?:c(?:l(?:ud?)?)?)?)?|e(?:mb?e?)?|(?:include|embed)_(?:n(?:ex?)?)?)(?![\w$])"
)
_BACK_HALVES: Final = tuple(re.compile(word + rb"(?:_next)?(?![\w$])") for word in (rb"_include", rb"_embed"))
_BEFORE_BACK_HALF: Final = frozenset((b"", b"s", b"as", b"has", b"_has"))
# libstdc++ pastes __has_ to names of types: it matters where something hands the other half.
_PASTED_TO: Final = re.compile(rb"__has_(?![\w$])")
_HANDED: Final = tuple(
    re.compile(word + rb"(?:_next)?[ \t]*(?:[,)]|##|$)", re.MULTILINE) for word in (rb"include", rb"embed")
)
_HANDED_BY: Final = re.compile(rb"(?:[(,]|##|\bdefine[ \t]+[\w$]+[ \t])\s*\Z")
_DEPENDENCY: Final = re.compile(
    rb"GCC(?:[\s\0]|/\*(?s:.*?)\*/)+dependency"
    rb"|(?:#|%:)" + GAP + rb"define\b[^\n]*(?<![-\w])dependency(?![-\w])"
)
_ONCE: Final = re.compile(rb"(?<![\w$])once(?![\w$])")
_IMPORTS: Final = re.compile(rb"(?:#|%:|\?\?=)" + GAP + rb"import(?![\w$])")
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
# A directive of the assembler put together from strings, by # or ##, or by the assembler's macros.
_CUT_DIRECTIVE: Final = re.compile(_DOT + rb'i(?:n(?:c(?:bi?|lu?d?)?)?)?\s*["),]')
# Letters and dots that an escape stands for.
_HIDDEN_LETTER: Final = re.compile(rb"\\(?:x([2-7][0-9a-fA-F])(?![0-9a-fA-F])|([01]?[0-7]{2}))")
_PASTED_DIRECTIVE: Final = re.compile(rb"##\s*(?:bin|lude)\b")
_ASM_MACRO: Final = re.compile(_DOT + rb"(?:altmacro|macro|irpc?)\b")
_ASM_PASTE: Final = re.compile(rb"\\\(\)(?:\w|(?<=\w\\\(\)))")


def find_traits(data: bytes) -> frozenset[Trait]:
    """Return the traits of a text whose continued lines have been joined."""
    found = set(_clock_traits(data))
    # GNU as and clang take directives in upper case too.
    found.update(_assembler_traits(_with_letters(data).lower()))
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
    if b"__PRETTY_FUNCTION__" in data or b"__FUNCSIG__" in data:
        # clang names a closure's type by the file that it stands in.
        found.add(Trait.OWN_SIGNATURE)
    found.update(_include_traits(data))
    if b"zccache:disable" in data[:_HEAD_BYTES]:
        found.add(Trait.DISABLE_CACHE)
    return frozenset(found)


def _include_traits(data: bytes) -> Iterator[Trait]:
    """Yield what bears on which files are read, and how often, beside the directives themselves."""
    if _halves_question(data) and _halves_question(without_comments(data)):
        yield Trait.PASTED_QUESTION
    if b"__has_" in data and _PASTED_TO.search(data):
        yield Trait.PASTES_QUESTION
    if _hands_word(data) and _hands_word(without_comments(data)):
        yield Trait.QUESTION_WORD
    if b"once" in data and _ONCE.search(data):
        yield Trait.ONCE
    if b"import" in data and _IMPORTS.search(data):
        yield Trait.IMPORTS


def _halves_question(data: bytes) -> bool:
    if b"__has_" in data and _FRONT_HALF.search(data):
        return True
    backs = (back for pattern in _BACK_HALVES for back in pattern.finditer(data))
    return any(_word_before(data, back.start()) in _BEFORE_BACK_HALF for back in backs)


def _hands_word(data: bytes) -> bool:
    words = (word for pattern in _HANDED for word in pattern.finditer(data))
    return any(_HANDED_BY.search(data, max(0, word.start() - 64), word.start()) for word in words)


def unit_traits(texts: Iterable[frozenset[Trait]]) -> frozenset[Trait]:
    """Return the traits of a whole compile, also those that show only when its texts meet.

    One header pastes `__##word##__`, another text hands it TIME: neither names a clock.
    """
    found = frozenset[Trait]().union(*texts)
    if {Trait.PASTES_UNDERSCORES, Trait.CLOCK_WORD} <= found:
        found |= _CLOCKS.keys()
    if {Trait.PASTES_QUESTION, Trait.QUESTION_WORD} <= found:
        found |= {Trait.PASTED_QUESTION}
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
    if b"dependency" in data and _DEPENDENCY.search(data):
        # This pragma compares another file's mtime with the includer's.
        yield Trait.TIMESTAMP


def _clock_like(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield whole words with a clock's name, or its end, in them: word, start, end."""
    for pattern in _CLOCK_PARTS:
        for found in pattern.finditer(data):
            start = found.start() - len(_word_before(data, found.start()))
            yield data[start : found.end()], start, found.end()


def _word_before(data: bytes, at: int) -> bytes:
    found = _WORD_BEFORE.search(data, max(0, at - 16), at)
    return found[0] if found else b""


def _is_argument(data: bytes, start: int, end: int) -> bool:
    return (
        data[max(0, start - 64) : start].rstrip()[-1:] in {b"(", b","}
        and _ARGUMENT_END.match(data, end) is not None
    )


def _with_letters(data: bytes) -> bytes:
    """Return a text that may hold inline assembler with letters in the place of their escapes."""
    return _HIDDEN_LETTER.sub(_letter, data) if b"asm" in data and b"\\" in data else data


def _letter(escape: re.Match[bytes]) -> bytes:
    code = int(escape[1], 16) if escape[1] else int(escape[2], 8)
    letter = bytes((code,))
    return letter if letter.isalpha() or letter == b"." else escape[0]


def _assembler_traits(data: bytes) -> Iterator[Trait]:
    if b"incbin" in data or _CUT_DIRECTIVE.search(data) or _ASM_PASTE.search(data) or _ASM_MACRO.search(data):
        yield Trait.INCBIN
    if b"##" in data and _PASTED_DIRECTIVE.search(data):
        yield Trait.INCBIN
    if _ASM_INCLUDE.search(data):
        yield Trait.ASM_INCLUDE
