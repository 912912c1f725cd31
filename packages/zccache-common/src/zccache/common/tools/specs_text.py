"""Knows how a specs file of gcc reads: its sections, and the words that each may put on a command line.

As gcc 12 reads it: a section ends at a blank line, `%{...}` holds words on a condition, all
other `%` stand for something that gcc puts there.
"""

import re
from typing import Final

from zccache.common.values import dataclass

ANYTHING: Final = "\0"
"""Stands in a word for what gcc puts there."""
MATCHED: Final = "\1"
"""Stands in a word for a part of what the user typed (`%*`)."""
SOUGHT: Final = "\2"
"""Stands behind the name of a file that the driver seeks where start files lie (`%s`)."""

_COMMAND: Final = re.compile(r"%(?:include|include_noerr)[ \t]+<[^>\n]+>|%rename[ \t]+\S+[ \t]+\S+")
_HARMLESS_CALLS: Final = frozenset(
    ("replace-outfile", "remove-outfile", "version-compare", "gt", "debug-level-gt", "pass-through-libs")
)
_STANDS_FOR_WORDS: Final = frozenset("OMGLSEC12RID")
_CALL: Final = re.compile(r":([\w-]+)\(([^()]*)\)")
_REFERENCE: Final = re.compile(r"\(([\w.+-]+)\)")
_REMOVAL: Final = re.compile(r"<[\w*=.+-]+")
_CONDITION: Final = re.compile(r"[\w\s!*.,|&=+/-]*")
_STRANGE: Final = re.compile(r"[\\\r\n|`\"'>$]|(?<!%)<")
# What a step of a command has more, or less, than the command that was typed.
_OUR_WORDS: Final = (
    *("c", "o", "MD", "MF", "Xassembler", "Xlinker", "x"),
    *("fdiagnostics-color=always", "ffile-prefix-map=", "-dependency-file", "-MD"),
)


class StrangeSpecsError(Exception):
    """The text says what we do not follow."""


@dataclass(frozen=True, slots=True)
class Section:
    """One section: the words that it may come to, and the sections that it refers to."""

    name: str
    words: tuple[str, ...]
    references: frozenset[str]


def read_sections(text: str) -> tuple[Section, ...]:
    """Return the sections of a specs file in order; raise StrangeSpecsError."""
    found = []
    at = _next_line(text, 0)
    while at < len(text):
        if text[at] == "%":
            line = text[at:].partition("\n")[0]
            if not _COMMAND.fullmatch(line.rstrip()):
                raise StrangeSpecsError(line)
            at = _next_line(text, at + len(line))
            continue
        head = text[at:].partition("\n")[0]
        name, colon, _ = head.partition(":")
        # What does not begin with a star tells how files of one suffix are compiled.
        if not colon or not name.startswith("*"):
            raise StrangeSpecsError(head)
        begin = _next_line(text, at + len(name) + 1)
        end = _end_of_section(text, begin)
        words, references = _Body(text[begin:end]).read()
        found.append(Section(name[1:].strip(), words, references))
        at = _next_line(text, end)
    return tuple(found)


def _next_line(text: str, at: int) -> int:
    """Return where the next word stands, behind blanks and comments; three ends of lines are one section."""
    while at < len(text):
        if text.startswith("\n\n\n", at):
            return at + 1
        if text[at] in "\n \t":
            at += 1
        elif text[at] == "#":
            at = (text.find("\n", at) + 1) or len(text)
        else:
            break
    return at


def _end_of_section(text: str, at: int) -> int:
    if at < len(text) and text[at] == "\n":
        return at
    end = text.find("\n\n", at)
    return len(text) if end < 0 else end


class _Body:
    """The body of a section on the way to its words."""

    def __init__(self, text: str) -> None:
        self._text = text.rstrip("\n").removeprefix("+")
        self._at = 0
        self._depth = 0
        self._words: list[str] = []
        self._word = ""
        self._anchor: int | None = None
        self._references: set[str] = set()
        if _STRANGE.search(self._text):
            raise StrangeSpecsError(self._text)

    def read(self) -> tuple[tuple[str, ...], frozenset[str]]:
        """Return the words, as if every condition held, and the names of sections."""
        is_fresh = True
        while self._at < len(self._text):
            letter = self._text[self._at]
            self._at += 1
            if letter == "%":
                self._special()
                is_fresh = True
            elif letter in " \t":
                self._end_word()
            elif letter == "}" and self._depth:
                self._depth -= 1
                is_fresh = True
            elif letter == ";" and self._depth:
                self._condition()
                is_fresh = True
            else:
                # It may begin a word where nothing that is always there stands before it.
                if letter == "-" and is_fresh and (self._anchor is None or self._anchor >= self._depth):
                    self._end_word()
                self._add(letter)
                is_fresh = False
        self._end_word()
        if self._depth:
            raise StrangeSpecsError(self._text)
        return tuple(self._words), frozenset(self._references)

    def _add(self, letter: str) -> None:
        self._word += letter
        self._anchor = self._depth if self._anchor is None else min(self._anchor, self._depth)

    def _end_word(self) -> None:
        if self._word:
            self._words.append(self._word)
        self._word, self._anchor = "", None

    def _special(self) -> None:
        letter = self._text[self._at : self._at + 1]
        if letter == ":":
            call = _CALL.match(self._text, self._at)
            if call is None or call[1] not in _HARMLESS_CALLS:
                raise StrangeSpecsError(self._text)
            self._at = call.end()
            self._word += ANYTHING
        elif letter == "(":
            reference = _REFERENCE.match(self._text, self._at)
            if reference is None:
                raise StrangeSpecsError(self._text)
            self._references.add(reference[1])
            self._at = reference.end()
            self._word += ANYTHING
        elif letter == "{":
            self._at += 1
            self._depth += 1
            self._condition()
        elif letter == "<" and (removal := _REMOVAL.match(self._text, self._at)) is not None:
            self._at = removal.end()
        elif letter in {"*", "s"}:
            self._at += 1
            self._word += MATCHED if letter == "*" else SOUGHT
        elif letter and letter in _STANDS_FOR_WORDS:
            self._at += 1
            self._word += ANYTHING
        else:
            raise StrangeSpecsError(self._text)

    def _condition(self) -> None:
        """Go over a condition, which is about the user's words, to what it puts there."""
        condition = _CONDITION.match(self._text, self._at)
        assert condition is not None
        if any(map(_is_about_ours, re.split(r"[\s!|&,]+", condition[0]))):
            raise StrangeSpecsError(self._text)
        self._at = condition.end()
        letter = self._text[self._at : self._at + 1]
        if letter == ":":
            self._at += 1
        elif letter == "}":
            # The user's own words, which are looked at where they are typed.
            self._word += ANYTHING
        else:
            raise StrangeSpecsError(self._text)


def _is_about_ours(switch: str) -> bool:
    """Tell whether a switch of a condition, perhaps with a star at its end, is one of our own words."""
    name = switch.rstrip("*")
    return bool(name) and any(
        word.startswith(name) if name != switch else word == name for word in _OUR_WORDS
    )
