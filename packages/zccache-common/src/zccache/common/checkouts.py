"""Knows which checkout a folder belongs to, and what a path in it is called in all its siblings."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from zccache.common.values import dataclass

# How many folders up from here, none if none, then the rest of the path.
_SEALED: Final = re.compile(r"zccache-root:(\d*)/(.*)", re.DOTALL)
_SEALED_IN_TEXT: Final = re.compile(rb"zccache-root:\d*/[^\s:]*")
# What make, ninja and compilers write into a depfile as it is.
_PLAIN: Final = re.compile(r"/[\w./+@,=-]+", re.ASCII)
# A line of its own, in JSON; in a text of rustc's the quotes would be escaped.
_NOTICE: Final = rb'^(\{(?:"\$message_type":"artifact",)?"artifact":")'
_SEALED_NOTICE: Final = re.compile(_NOTICE + rb'(zccache-root:\d*/[^"]+)', re.MULTILINE)
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


def find_root(folders: Sequence[str], named: str) -> tuple[str, str | None]:
    """Return by which of the folders a root is found, and the root; a named root is sought from the first."""
    for folder in folders[:1] if named else folders:
        root = root_of(folder, named)
        if root is not None:
            return folder, root
    return folders[0], None


def nearer_marks(cwd: str, checkout: "Checkout") -> Iterator[str]:
    """Yield where a `.git` would make another folder the root of the checkout."""
    if checkout.found_by not in {"", cwd}:
        yield from _marks(cwd, "")
    yield from _marks(checkout.found_by or cwd, checkout.root)


def _marks(folder: str, end: str) -> Iterator[str]:
    while folder != end:
        yield os.path.join(folder, ".git")
        folder, before = os.path.dirname(folder), folder
        if folder == before:
            return


@dataclass(frozen=True, slots=True)
class Checkout:
    """One checkout by its root; a sealed name is the same for a path in all of them.

    Names are told from the folder here, the root or one below it. found_by is the folder by which
    the root was found, where that is not the working folder.
    """

    root: str
    here: str
    found_by: str = ""

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

    def seal_list(self, value: str) -> str:
        """Return a list of folders, such as PATH is one, with each of them sealed."""
        return os.pathsep.join(map(self.seal, value.split(os.pathsep)))

    def seal_values(self, env: Mapping[str, str]) -> dict[str, str]:
        """Return variables with those values sealed that are paths below the root."""
        return {name: self.seal(value) for name, value in env.items()}

    def mentions(self, text: str) -> bool:
        """Whether a text names the root."""
        return self.root in text

    def is_mapped_by(self, word: str) -> bool:
        """Whether a word maps names of which the root is one, but tells no checkout from another.

        What it makes of the root is not the root any more, and is not to be found by it.
        """
        _, is_map, value = word.partition("prefix-map=")
        path = value.rpartition("=")[0]
        return bool(is_map) and path != self.root and self.root.startswith(path)

    def seal_text(self, text: bytes) -> bytes:
        """Return a depfile with the paths below the root sealed."""
        root = re.escape(os.fsencode(self.root))
        path = rb"(^# env-dep:\w+=|(?<![^\s:]))(" + root + rb"(?:/[^\s:]+)?)(?![^\s:])"
        return re.sub(path, self._seal_found, text, flags=re.MULTILINE)

    def unseal_text(self, text: bytes) -> bytes:
        """Return a depfile with its sealed paths as they are here."""
        return _SEALED_IN_TEXT.sub(lambda found: os.fsencode(self.unseal(os.fsdecode(found[0]))), text)

    def seal_notices(self, stream: bytes) -> bytes:
        """Return what rustc printed with the paths sealed of the artifacts that it tells cargo of."""
        path = _NOTICE + rb"(" + re.escape(os.fsencode(self.root)) + rb'/[^"]+)'
        return re.sub(path, self._seal_found, stream, flags=re.MULTILINE)

    def unseal_notices(self, stream: bytes) -> bytes:
        """Return it with those paths as they are here."""
        return _SEALED_NOTICE.sub(
            lambda found: found[1] + os.fsencode(self.unseal(os.fsdecode(found[2]))), stream
        )

    def _seal_found(self, found: re.Match[bytes]) -> bytes:
        return found[1] + os.fsencode(self.seal(os.fsdecode(found[2])))

    def shows_in(self, data: bytes) -> bool:
        """Whether the root stands in bytes, also in the way in which compilers make symbols of names."""
        root = os.fsencode(self.root)
        return root in data or _NOT_IN_SYMBOLS.sub(b"_", root) in data
