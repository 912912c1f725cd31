"""Knows how gcc, clang and cl expand @files, and refuses where they, or their versions, differ.

Backslashes inside quotes changed their meaning between gcc releases, empty quotes mean a word
to gcc and nothing to clang, byte order marks are read by clang alone: a wrong guess would be
another command.
"""

import os
import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from zccache.common.command.plan import Dialect, Refusal
from zccache.common.reasons import Reason
from zccache.common.values import dataclass, field

MAX_DEPTH: Final = 20
MAX_BYTES: Final = 16 << 20
MAX_FILES: Final = 1000

_BLANKS: Final = frozenset(" \t\n\r")
_UNCLEAR_BLANKS: Final = frozenset("\v\f")
_CLEAR_ESCAPES: Final = frozenset('"\\$`')
_MARKS: Final = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_WINDOWS: Final = frozenset((Dialect.CLANG_CL, Dialect.MSVC))
_ENCODINGS: Final = dict(zip(_MARKS, ("utf-8", "utf-16-le", "utf-16-be"), strict=True))
_BACKSLASHES: Final = re.compile(r'(\\*)("?)')


@dataclass(frozen=True, slots=True)
class Expanded:
    """The words with every @file replaced, and the files that were read, each once, absolute."""

    words: tuple[str, ...]
    files: tuple[str, ...]


class _UnclearError(ValueError):
    """The file cannot be read as every compiler would read it."""


@dataclass(slots=True)
class _Expansion:
    """What was met so far on the way through the files."""

    read: Callable[[str], bytes | None]
    cwd: str
    dialect: Dialect
    left_bytes: int = MAX_BYTES
    files: list[str] = field(default_factory=list)

    def words(self, args: Sequence[str], open_files: tuple[str, ...]) -> Iterator[str]:
        """Yield the words of args with every @file replaced; open_files are those around it."""
        for word in args:
            if word.startswith("@") and len(word) > 1:
                yield from self._inside(word, open_files)
            else:
                yield word

    def by_lines(self, args: Sequence[str]) -> Iterator[str]:
        """Yield the words with every @file replaced by its lines, as rustc does: an @ in these is no file."""
        for word in args:
            if not word.startswith("@"):
                yield word
                continue
            text = os.fsdecode(self._read(posixpath.join(self.cwd, word[1:]), word))
            yield from (line.removesuffix("\r") for line in text.removesuffix("\n").split("\n") if text)

    def _inside(self, word: str, open_files: tuple[str, ...]) -> Iterator[str]:
        # A nested name is relative to the working folder, not to the file that names it (gcc, clang).
        path = posixpath.join(self.cwd, word[1:])
        if path in open_files or len(open_files) >= MAX_DEPTH:
            raise _UnclearError(word)
        data = self._read(path, word)
        words = (
            split_windows(_decoded(data, word), word) if self._is_windows else split(os.fsdecode(data), word)
        )
        yield from self.words(tuple(words), (*open_files, path))

    def _read(self, path: str, word: str) -> bytes:
        if len(self.files) >= MAX_FILES:
            raise _UnclearError(word)
        data = self.read(path)
        if data is None:
            raise _UnclearError(word)
        self.left_bytes -= len(data)
        if self.left_bytes < 0 or (not self._is_windows and (b"\0" in data or data.startswith(_MARKS))):
            raise _UnclearError(word)
        self.files.append(path)
        return data

    @property
    def _is_windows(self) -> bool:
        return self.dialect in _WINDOWS


def expand(
    args: Sequence[str], *, read: Callable[[str], bytes | None], dialect: Dialect, cwd: str
) -> Expanded | Refusal:
    """Return args with every @file replaced by its words, or why they cannot be known.

    read returns the bytes of an absolute path, or None where it cannot be read. gcc and clang
    agree on all that is accepted here, and so do cl and clang-cl.
    """
    if not any(word.startswith("@") for word in args):
        return Expanded(tuple(args), ())
    expansion = _Expansion(read, cwd, dialect)
    try:
        lines = dialect is Dialect.RUST
        words = tuple(expansion.by_lines(args) if lines else expansion.words(args, ()))
    except _UnclearError as unclear:
        return Refusal(Reason.BAD_RESPONSE_FILE, f"{unclear} ({dialect.value})")
    return Expanded(words, tuple(dict.fromkeys(expansion.files)))


def split(text: str, name: str) -> Iterator[str]:
    """Yield the words of one response file; name is for the error."""
    position, end = 0, len(text)
    while position < end:
        if text[position] in _BLANKS:
            position += 1
            continue
        word: list[str] = []
        was_quoted = False
        while position < end and text[position] not in _BLANKS:
            if text[position] in {"'", '"'}:
                was_quoted = True
                position = _quoted(text, position, word, name)
            else:
                position = _plain(text, position, word, name)
        if was_quoted and not word:
            raise _UnclearError(name)
        yield "".join(word)


def _plain(text: str, position: int, word: list[str], name: str) -> int:
    if text[position] in _UNCLEAR_BLANKS:
        raise _UnclearError(name)
    if text[position] == "\\":
        position += 1
        if position == len(text) or text[position] in {"\n", "\r"}:
            raise _UnclearError(name)
    word.append(text[position])
    return position + 1


def _quoted(text: str, position: int, word: list[str], name: str) -> int:
    """Add what stands in quotes and return the place after them."""
    quote = text[position]
    position += 1
    while position < len(text) and text[position] != quote:
        if text[position] == "\\":
            position += 1
            if quote == "'" or position == len(text) or text[position] not in _CLEAR_ESCAPES:
                raise _UnclearError(name)
        word.append(text[position])
        position += 1
    if position == len(text):
        raise _UnclearError(name)
    return position + 1


def split_windows(text: str, name: str) -> Iterator[str]:
    """Yield the words of one response file by the rules of Windows; name is for the error.

    Backslashes count before a quote alone. A doubled quote inside quotes means one thing to cl
    and another to older releases of clang-cl, so it raises ValueError, and so does an empty word.
    """
    position, end = 0, len(text)
    while position < end:
        if text[position] in _BLANKS:
            position += 1
            continue
        word: list[str] = []
        is_quoted = False
        while position < end and (is_quoted or text[position] not in _BLANKS):
            slashes, quote = _run_of_backslashes(text, position)
            if quote and len(slashes) % 2 == 0:
                if text[position + len(slashes) + 1 :][:1] == '"':
                    raise _UnclearError(name)
                is_quoted = not is_quoted
            word.append(slashes[: len(slashes) // 2] if quote else slashes)
            if quote and len(slashes) % 2:
                word.append('"')
            position += len(slashes) + len(quote)
            if not slashes and not quote:
                word.append(text[position])
                position += 1
        if is_quoted or not any(word):
            raise _UnclearError(name)
        yield "".join(word)


def _run_of_backslashes(text: str, position: int) -> tuple[str, str]:
    """Return the backslashes at position, and the quote behind them if there is one."""
    found = _BACKSLASHES.match(text, position)
    return (found[1], found[2]) if found else ("", "")


def _decoded(data: bytes, name: str) -> str:
    """Return the text of a file that may begin with a byte order mark."""
    for mark, encoding in _ENCODINGS.items():
        if data.startswith(mark):
            try:
                text = data[len(mark) :].decode(encoding)
            except UnicodeDecodeError:
                raise _UnclearError(name) from None
            break
    else:
        text = os.fsdecode(data)
    if "\0" in text:
        raise _UnclearError(name)
    return text
