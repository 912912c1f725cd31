"""Knows which checkout a folder belongs to, and what a path below its root is called in all its siblings."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

_MARK: Final = "zccache-root:/"
_MARK_BYTES: Final = os.fsencode(_MARK)
# What make, ninja and compilers write into a depfile as it is.
_PLAIN: Final = re.compile(r"/[\w./+@,=-]+", re.ASCII)
_NOT_IN_SYMBOLS: Final = re.compile(rb"[^A-Za-z0-9]")


def root_of(folder: str, named: str) -> str | None:
    """Return the root of the checkout that a folder lies in: the named one, else where `.git` is; or None."""
    if named:
        root = os.path.normpath(os.path.join(folder, named))
        return root if os.path.isdir(root) else None
    while not os.path.lexists(os.path.join(folder, ".git")):
        folder, before = os.path.dirname(folder), folder
        if folder == before:
            return None
    return folder


def nearer_marks(folder: str, root: str) -> Iterator[str]:
    """Yield where a `.git` would make another folder than root the root of the checkout."""
    while folder != root and len(folder) > len(root):
        yield os.path.join(folder, ".git")
        folder = os.path.dirname(folder)


@dataclass(frozen=True, slots=True)
class Checkout:
    """One checkout by its root; a sealed name is the same for a path in all of them."""

    root: str

    @property
    def is_plain(self) -> bool:
        """Whether the root is written everywhere as it is, escaped nowhere."""
        return _PLAIN.fullmatch(self.root) is not None

    def holds(self, path: str) -> bool:
        """Whether a path lies below the root, or is the root."""
        return path == self.root or path.startswith(f"{self.root}/")

    def seal(self, path: str) -> str:
        """Return a path by its name from the root; one outside as it is."""
        if not self.holds(path):
            return path
        return _MARK + path[len(self.root) + 1 :]

    def unseal(self, name: str) -> str:
        """Return where a sealed name lies here."""
        if not name.startswith(_MARK):
            return name
        return f"{self.root}/{name[len(_MARK) :]}".rstrip("/")

    def seal_word(self, word: str, prefixes: Iterable[str]) -> str:
        """Return a word with the path sealed that stands behind one of the prefixes; else as it is."""
        for prefix in prefixes:
            if word.startswith(prefix + self.root):
                path, equals, rest = word[len(prefix) :].partition("=")
                return f"{prefix}{self.seal(path)}{equals}{rest}"
        return word

    def mentions(self, text: str) -> bool:
        """Whether a text names the root."""
        return self.root in text

    def seal_text(self, text: bytes) -> bytes:
        """Return a depfile with the paths below the root sealed."""
        return self._path_in_text().sub(_MARK_BYTES, text)

    def unseal_text(self, text: bytes) -> bytes:
        """Return a depfile with its sealed paths as they are here."""
        return text.replace(_MARK_BYTES, os.fsencode(f"{self.root}/"))

    def shows_in(self, data: bytes) -> bool:
        """Whether the root stands in bytes, also in the way in which compilers make symbols of names."""
        root = os.fsencode(self.root)
        return root in data or _NOT_IN_SYMBOLS.sub(b"_", root) in data

    def _path_in_text(self) -> re.Pattern[bytes]:
        return re.compile(rb"(?<![^\s:])" + re.escape(os.fsencode(self.root)) + rb"/")
