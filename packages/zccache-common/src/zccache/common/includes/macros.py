"""Knows how to find the names that reach __has_include through macros, and when they cannot be known.

A small part of the preprocessor's work: identifiers, parameters and arguments are followed
through every definition that any text has; a name that is glued from pieces is given up.
"""

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from zccache.common.includes.opaque import Opaque
from zccache.common.includes.scanner import GAP, Directive, Form, joined
from zccache.common.reasons import Reason
from zccache.common.values import dataclass

_REST_OF_LINE: Final = GAP + rb"(define|if|elif)(?![\w$])((?:[^\n/]++|/\*(?s:.*?)\*/|/)*+)"
_LINE: Final = re.compile(rb"#" + _REST_OF_LINE)
_LINE_SPELLED: Final = re.compile(rb"(?:#|%:|\?\?=)" + _REST_OF_LINE)
_COMMENT: Final = re.compile(r'("(?:\\.|[^"\\])*"|<[^>\s]*>)|//.*|/\*(?s:.*?)\*/')
_DEFINITION: Final = re.compile(r"\s*([\w$]+)(?:\(([^()]*)\))?(.*)", re.DOTALL)
_ASKING: Final = re.compile(r"__has_(?:include|embed)(_next)?(?:__)?\b")
_WORD: Final = re.compile(r"[A-Za-z_$][\w$]*")
_OPENING: Final = re.compile(r"\s*\(")
_LITERAL: Final = re.compile(r'<([^<>\s]+)>|"([^"\\]+)"')
_PREDEFINED_ONE: Final = re.compile(r"\b(?:linux|unix|i386)\b")
_REST: Final = "__VA_ARGS__"


@dataclass(frozen=True, slots=True)
class _Line:
    """One #define, #if or #elif; macro and params are empty for the latter two."""

    macro: str
    params: tuple[str, ...]
    body: str
    takes_arguments: bool


class _Unknowable(Exception):
    """A name is glued from pieces, or a macro is used in a way that is not followed."""


def asked_names(
    asked: Iterable[str], texts: Iterable[bytes], macro_values: Iterable[str]
) -> frozenset[Directive] | Opaque:
    """Return every literal name that the asked lines' __has_include can come to be given.

    texts are all that the compile read; macro_values are the values, without the names, of -D.
    """
    unnamed = [_Line("", (), value, takes_arguments=False) for value in macro_values]
    follower = _Follower([*_lines(texts), *unnamed], unnamed)
    try:
        for line in asked:
            follower.follow_questions(line)
    except _Unknowable as unknowable:
        return Opaque(Reason.OPAQUE_HAS_INCLUDE, str(unknowable))
    return frozenset(
        Directive(form, quoted=quoted, name=name)
        for quoted, name in follower.names
        for form in (Form.ASKS, Form.ASKS_NEXT)
    )


class _Follower:
    """Follows macros from the questions to the names; what has been followed once is not again."""

    def __init__(self, lines: list[_Line], unnamed: list[_Line]) -> None:
        self.names: set[tuple[bool, str]] = set()
        self._lines = lines
        self._unnamed = unnamed
        self._defined: defaultdict[str, list[_Line]] = defaultdict(list)
        self._followed: set[tuple[str, int | None]] = set()
        for line in lines:
            if line.macro:
                self._defined[line.macro].append(line)

    def follow_questions(self, text: str) -> None:
        """Follow what each __has_include of a line is given."""
        lines = list(_lines([os.fsencode(text)]))
        if not lines:
            # The directive began on an earlier line, inside a comment.
            raise _Unknowable(text.strip())
        for line in lines:
            for question in _ASKING.finditer(line.body):
                if not _is_only_mentioned(line.body, question.start()):
                    self._follow_value(",".join(_arguments(line.body, question.end())), line)

    def _follow_value(self, text: str, line: _Line) -> None:
        """Follow an expression that stands in a line."""
        text = text.strip()
        literal = _LITERAL.fullmatch(text)
        if literal is not None:
            self._take(literal)
        elif _WORD.fullmatch(text) is None:
            raise _Unknowable(text)
        elif text in line.params:
            self._follow_calls(line.macro, line.params.index(text))
        else:
            self._follow_macro(text)

    def _take(self, literal: re.Match[str]) -> None:
        angled, quoted = literal.groups()
        if quoted is not None:
            self.names.add((True, quoted))
            return
        # An angled name that went through a macro has been expanded word by word.
        if any(word in self._defined for word in _WORD.findall(angled)):
            raise _Unknowable(literal[0])
        self.names.add((False, angled))
        self.names.add((False, _PREDEFINED_ONE.sub("1", angled)))

    def _follow_macro(self, name: str) -> None:
        if (name, None) in self._followed:
            return
        self._followed.add((name, None))
        if name.startswith("__") and name not in self._defined:
            raise _Unknowable(name)
        for definition in self._defined.get(name, ()):
            # A function-like macro without arguments is not expanded: an error where it counts.
            if not definition.takes_arguments and definition.body.strip():
                self._follow_value(definition.body, definition)
        # Any value of -D may be this macro's; a number is no name of a file.
        for line in self._unnamed:
            if not line.body.strip().isalnum() or _WORD.match(line.body.strip()):
                self._follow_value(line.body, line)

    def _follow_calls(self, macro: str, index: int) -> None:
        if (macro, index) in self._followed:
            return
        self._followed.add((macro, index))
        mention = re.compile(rf"(?<![\w$]){re.escape(macro)}(?![\w$])")
        for line in self._lines:
            if macro not in line.body:
                continue
            for call in mention.finditer(line.body):
                if _is_only_mentioned(line.body, call.start()):
                    continue
                arguments = _arguments(line.body, call.end())
                is_rest = any(each.params[index : index + 1] == (_REST,) for each in self._defined[macro])
                given = arguments[index:] if is_rest else arguments[index : index + 1]
                self._follow_value(",".join(given), line)


def _lines(texts: Iterable[bytes]) -> Iterator[_Line]:
    for text in texts:
        pattern = _LINE_SPELLED if b"%:" in text or b"??=" in text else _LINE
        for word, rest in pattern.findall(joined(text)):
            plain = _COMMENT.sub(lambda found: found[1] or " ", os.fsdecode(rest))
            yield _definition(plain) if word == b"define" else _Line("", (), plain, takes_arguments=False)


def _definition(text: str) -> _Line:
    found = _DEFINITION.fullmatch(text)
    if found is None:
        return _Line("", (), text, takes_arguments=False)
    macro, params, body = found.groups()
    names = tuple(name.strip() for name in (params or "").split(","))
    return _Line(macro, tuple(map(_rest_name, names)), body, takes_arguments=params is not None)


def _rest_name(param: str) -> str:
    """Return the name under which a body uses a parameter: `...`, and gcc's `rest...`."""
    return _REST if param == "..." else param.removesuffix("...").strip()


def _is_only_mentioned(body: str, at: int) -> bool:
    before = body[:at].rstrip()
    return before.removesuffix("(").rstrip().endswith("defined")


def _arguments(body: str, at: int) -> list[str]:
    """Return the arguments of a call whose name ends at a position."""
    opening = _OPENING.match(body, at)
    if opening is None:
        # The macro goes by a second name, whose calls are not followed.
        raise _Unknowable(body.strip())
    depth, start, found = 1, opening.end(), []
    for position in range(opening.end(), len(body)):
        letter = body[position]
        depth += (letter == "(") - (letter == ")")
        if depth == 0 or (depth == 1 and letter == ","):
            found.append(body[start:position])
            start = position + 1
        if depth == 0:
            return found
    raise _Unknowable(body.strip())
