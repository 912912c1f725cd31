"""Knows the one walk over the words of a cl command: what each is, and its value.

A word that no table knows and that begins with a slash is a path, as clang-cl takes it where
paths begin so, if it has a second slash or a dot; any other is refused.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from zccache.common.command.plan import Dialect, Refusal
from zccache.common.reasons import Reason
from zccache.common.tools.families import find
from zccache.common.tools.flags import Role, Takes
from zccache.common.tools.msvc_options import EXACT, GLUED, LONGEST, OPTIMIZE_LETTERS, UTF_8, Option, Part
from zccache.common.tools.nested import bad_llvm_word, clang_words
from zccache.common.tools.terms import Terms

_KEPT: Final = Option(Part.KEPT)
_INPUT: Final = Option(Part.INPUT)
_SEARCH: Final = Option(Part.SEARCH)
_RECORDS: Final = Option(Part.RECORDS_WORDS)
_UNKNOWN: Final = Option(Part.REFUSED, reason=Reason.UNKNOWN_OPTION)
_COLON: Final = frozenset(("Fo", "Fa", "Fp", "Fd", "Fe"))
_SHARED: Final = re.compile(r"-(?:f|m|W|-target=|g|std=)")
_FOR_DRIVER: Final = re.compile(r"-(?:f|m(?!llvm)|W[a-z]|O|g|std=)")
_MS_WORDS: Final = frozenset(("-fms-compatibility", "-fms-extensions"))
_HARMLESS: Final = frozenset((Role.KEPT, Role.COLOUR, Role.SANITIZE, Role.NO_DEBUG, Role.LINK_TIME))
_OPTIMIZE: Final = re.compile(r"[/-]O(.+)")
_TOO_MANY: Final = re.compile(r"[*?]")


class Term(NamedTuple):
    """One option or input: what it is, its spelling without dash or slash, its value, the words as typed."""

    option: Option
    spelling: str
    value: str
    words: tuple[str, ...]


class Words(Terms[Part, Term]):
    """The terms of a command by part, each in the order of the command."""

    __slots__ = ()


def walk(args: Iterable[str], dialect: Dialect) -> Words | Refusal:
    """Return the words of a command by part, or why they cannot be read."""
    terms = in_order(tuple(args), dialect)
    if isinstance(terms, Refusal):
        return terms
    by_part: dict[Part, list[Term]] = {}
    for term in terms:
        by_part.setdefault(term.option.part, []).append(term)
    doubt = next(clang_words([term.value for term in by_part.get(Part.FOR_CLANG, ())]), None)
    if doubt is not None:
        return Refusal(Reason.UNKNOWN_OPTION, f"-Xclang {doubt[0] or doubt[1]}")
    return Words(by_part)


def in_order(args: Sequence[str], dialect: Dialect) -> list[Term] | Refusal:
    """Return the terms of a command as they stand, or why they cannot be read."""
    terms: list[Term] = []
    position = 0
    while position < len(args):
        term = _term(args, position, dialect)
        if term is None:
            return Refusal(Reason.BAD_COMMAND_LINE, args[position])
        doubt = _doubt(term, dialect)
        terms.append(term if doubt is None else term._replace(option=doubt))
        position += len(term.words)
    return terms


def _term(args: Sequence[str], position: int, dialect: Dialect) -> Term | None:
    """Return the term that begins at a position; None where its value is missing."""
    word = args[position]
    if word[:1] not in {"-", "/"} or word == "-":
        return Term(_INPUT, "", word, (word,))
    name = word[1:]
    option = EXACT.get(name)
    if option is None or not _is_for(option, dialect):
        return _glued(args, position, dialect)
    if option.takes is Takes.NOTHING:
        return Term(option, name, "", (word,))
    taken = tuple(args[position : position + 2])
    return Term(option, name, taken[1], taken) if len(taken) == 2 else None


def _glued(args: Sequence[str], position: int, dialect: Dialect) -> Term | None:
    word = args[position]
    name = word[1:]
    if dialect is Dialect.CLANG_CL and _SHARED.match(word):
        return Term(_shared(word), name, "", (word,))
    if word[0] == "/" and "/" in name and not name.startswith(tuple(GLUED)):
        return Term(_INPUT, "", word, (word,))
    for length in range(min(len(name), LONGEST), 0, -1):
        option = GLUED.get(name[:length])
        if option is None or not _is_for(option, dialect):
            continue
        value = name[length:]
        if name[:length] in _COLON and value.startswith(":") and dialect is Dialect.MSVC:
            value = value[1:]
            if not value:
                taken = tuple(args[position : position + 2])
                return Term(option, name[:length], taken[1], taken) if len(taken) == 2 else None
        return Term(option, name[:length], value, (word,))
    letters = _OPTIMIZE.fullmatch(word)
    if letters is not None and set(letters[1]) <= OPTIMIZE_LETTERS:
        return Term(_KEPT, name, "", (word,))
    for spelling in ("source-charset:", "finput-charset="):
        if name.startswith(spelling):
            known = name.removeprefix(spelling) in UTF_8
            return Term(
                _KEPT if known else Option(Part.REFUSED, reason=Reason.UNSEEN_INPUT), name, "", (word,)
            )
    if word[0] == "/" and "." in name:
        return Term(_INPUT, "", word, (word,))
    return Term(_UNKNOWN, name, "", (word,))


def _is_for(option: Option, dialect: Dialect) -> bool:
    return option.is_clangs is None or option.is_clangs == (dialect is Dialect.CLANG_CL)


def _shared(word: str) -> Option:
    """Return what a word is that clang-cl shares with clang."""
    if word == "-fno-ms-compatibility":
        return _UNKNOWN
    option, _ = find(word, Dialect.CLANG)
    if word in _MS_WORDS or option.role in _HARMLESS:
        return _KEPT
    if option.role in {Role.SEARCH, Role.TARGET} and option.takes in {Takes.NOTHING, Takes.GLUED}:
        return _SEARCH
    if option.role in {Role.DEBUG, Role.RECORD, Role.RECORD_ALL}:
        return _RECORDS
    return Option(Part.REFUSED, reason=option.reason or Reason.UNKNOWN_OPTION)


def _doubt(term: Term, dialect: Dialect) -> Option | None:
    """Return what a term is instead, where its value makes it so."""
    part = term.option.part
    if part is Part.FOR_LLVM and bad_llvm_word(term.value) is not None:
        return _UNKNOWN
    if part is Part.FOR_DRIVER:
        return _shared(term.value) if _FOR_DRIVER.match(term.value) else _UNKNOWN
    if part in {Part.INPUT, Part.C_SOURCE, Part.CXX_SOURCE} and dialect is Dialect.MSVC:
        # cl itself finds the files that such a name means.
        return _UNKNOWN if _TOO_MANY.search(term.value) else None
    if term.spelling in _COLON and term.value.startswith(":"):
        return _UNKNOWN
    return None
