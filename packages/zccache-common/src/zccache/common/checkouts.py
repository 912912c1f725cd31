"""Knows which checkout a folder belongs to, and what a path in it is called in all its siblings."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

# How many folders up from here, none if none, then the rest of the path.
_SEALED: Final = re.compile(r"zccache-root:(\d*)/(.*)", re.DOTALL)
_SEALED_IN_TEXT: Final = re.compile(rb"zccache-root:\d*/[^\s:]*")
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
    """One checkout by its root; a sealed name is the same for a path in all of them.

    Names are told from the folder here, the root or one below it.
    """

    root: str
    here: str

    @property
    def is_plain(self) -> bool:
        """Whether the root is written everywhere as it is, escaped nowhere."""
        return _PLAIN.fullmatch(self.root) is not None

    def holds(self, path: str) -> bool:
        """Whether a path lies below the root, or is the root."""
        return path == self.root or path.startswith(f"{self.root}/")

    def seal(self, path: str) -> str:
        """Return a path by its name from here; one outside the root as it is."""
        if not self.holds(path):
            return path
        ups, folder = 0, self.here
        while path != folder and not path.startswith(f"{folder}/"):
            ups, folder = ups + 1, os.path.dirname(folder)
        return f"zccache-root:{ups or ''}/{path[len(folder) + 1 :]}"

    def unseal(self, name: str) -> str:
        """Return where a sealed name lies here."""
        sealed = _SEALED.fullmatch(name)
        if sealed is None:
            return name
        folder = self.here
        for _ in range(int(sealed[1] or 0)):
            folder = os.path.dirname(folder)
        return f"{folder}/{sealed[2]}".rstrip("/")

    def seal_word(self, word: str, prefixes: Iterable[str]) -> str:
        """Return a word with the path sealed that stands behind one of the prefixes; else as it is."""
        if self.root not in word:
            return word
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
        path = rb"(?<![^\s:])" + re.escape(os.fsencode(self.root)) + rb"(?=/)[^\s:]+"
        return re.sub(path, lambda found: os.fsencode(self.seal(os.fsdecode(found[0]))), text)

    def unseal_text(self, text: bytes) -> bytes:
        """Return a depfile with its sealed paths as they are here."""
        return _SEALED_IN_TEXT.sub(lambda found: os.fsencode(self.unseal(os.fsdecode(found[0]))), text)

    def shows_in(self, data: bytes) -> bool:
        """Whether the root stands in bytes, also in the way in which compilers make symbols of names."""
        root = os.fsencode(self.root)
        return root in data or _NOT_IN_SYMBOLS.sub(b"_", root) in data
