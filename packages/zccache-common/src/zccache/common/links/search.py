"""Knows where one link looked for what it read: what was missing on the way, and what was passed over.

Every file that a linker says it has read must be one that its words, a script, or a library's
needs lead to along folders that we know. One that is not means that there are folders that
we do not know: then nothing can be said.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from zccache.common.links.paths import tidy
from zccache.common.values import dataclass, field

_ELF_FORMS: Final = ("lib{}.so", "lib{}.a")
_STATIC_FORMS: Final = ("lib{}.a",)
_WINDOWS_FORMS: Final = (
    "lib{}.dll.a",
    "{}.dll.a",
    "lib{}.a",
    "lib{}.lib",
    "{}.lib",
    "cyg{}.dll",
    "msys-{}.dll",
    "lib{}.dll",
    "{}.dll",
)


class NotFoundError(Exception):
    """A library that was linked lies in none of the folders that we know."""


@dataclass(slots=True)
class Search:
    """The search of one link: folders in order, forms of a library's name, the files that were read.

    absent: places that were looked at, or may have been, and were empty. passed_over: files
    that were there and were not read. A file is known by its path, or by what it is under
    another one: the build may have removed it by now.
    """

    folders: Sequence[str]
    forms: Sequence[str]
    absent: set[str] = field(default_factory=set)
    passed_over: set[str] = field(default_factory=set)
    _explained: set[str] = field(default_factory=set)
    _read: dict[str, None] = field(default_factory=dict)
    _by_identity: dict[tuple[int, int], str] = field(default_factory=dict)

    def read(self, paths: Iterable[str]) -> None:
        """Take the files that the linker read; they are explained later."""
        for path in paths:
            self._read[path] = None
            identity = identity_of(path)
            if identity is not None:
                self._by_identity.setdefault(identity, path)

    def is_read(self, path: str) -> bool:
        """Tell whether the linker read this file, under any name."""
        return self._known_as(path) is not None

    def explain(self, path: str) -> None:
        """Note that the linker had cause to read this file."""
        known = self._known_as(path)
        if known is not None:
            self._explained.add(known)

    def unexplained(self) -> Iterator[str]:
        """Yield what was read without a cause that we know."""
        return (path for path in self._read if self._known_as(path) not in self._explained)

    def _known_as(self, path: str) -> str | None:
        """Return the first name of a file that was read, or None where it was not."""
        identity = identity_of(path)
        found = None if identity is None else self._by_identity.get(identity)
        plain = tidy(path)
        return found or (plain if plain in self._read else None)

    def library(self, name: str) -> None:
        """Look for a library as the linker did; raise NotFoundError."""
        lasts = names_of(name, self.forms)
        places = [os.path.join(folder, last) for folder in self.folders for last in lasts]
        found: dict[str, int] = {}
        for index, place in enumerate(places):
            known = self._known_as(place)
            if known is not None:
                found.setdefault(known, index)
        if not found:
            raise NotFoundError(name)
        # Several were read: once shared and once static, or one was no good, and the search went on.
        for place in places[: max(found.values()) + 1]:
            self.note(place)

    def anywhere(self, name: str, folders: Iterable[str]) -> None:
        """Look for a file in folders whose order is not known: each of them may have been the first."""
        for folder in dict.fromkeys(folders):
            self.note(os.path.join(folder, name))

    def note(self, place: str) -> None:
        """Note what is at a place that the linker looked at: what it read, another file, or nothing."""
        if self.is_read(place):
            self.explain(place)
        elif os.path.isfile(place):
            self.passed_over.add(place)
        elif os.path.isdir(place):
            # GNU ld goes on behind a folder that has the name of a library.
            self.absent.add(place)
        elif not os.path.exists(place):
            # Of a link that leads nowhere, both ends count.
            self.absent.update({place, os.path.realpath(place)} if os.path.islink(place) else {place})


def forms_for(*, for_windows: bool, only_static: bool) -> tuple[str, ...]:
    """Return the names that a library may have, in the order in which they are tried in a folder."""
    if for_windows:
        return _WINDOWS_FORMS
    return _STATIC_FORMS if only_static else _ELF_FORMS


def names_of(library: str, forms: Iterable[str]) -> list[str]:
    """Return the names under which a library is sought; one that begins with a colon is a file's own."""
    return [library[1:]] if library.startswith(":") else [form.format(library) for form in forms]


def identity_of(path: str) -> tuple[int, int] | None:
    """Return device and inode of what a path leads to."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino
