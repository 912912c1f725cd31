"""Knows what may be taken as still so without looking at the disk; where nobody watches it, that is nothing.

It must never learn what a file is for.
"""

import os
from collections.abc import Iterable
from typing import NamedTuple, Protocol

from zccache.common.digests import Signature, signature_of
from zccache.common.freshness import Known, changed_ns, tick_ns
from zccache.common.includes.disk import list_folder


class SeenFolder(NamedTuple):
    """An open folder: names that may be in it, and its signature.

    No other name is in it; names is None where that cannot be told. While the folder has
    this signature nothing has appeared in it; None: it was too fresh to prove anything.
    """

    names: frozenset[str] | None
    signature: Signature | None


class Witness(Protocol):
    """Who has seen files and folders and would know of every change to them until the moment of the call."""

    def files(self, paths: Iterable[str]) -> list[Known | None]:
        """Return for each path what is known to be there still; None: one has to look."""

    def folders(self, paths: Iterable[str]) -> list[SeenFolder | None]:
        """Return for each folder what is known to be in it still; None: one has to look."""


class Nobody:
    """The witness where nobody watches: one has to look for everything."""

    def files(self, paths: Iterable[str]) -> list[Known | None]:
        """Return None for each path."""
        return [None for _ in paths]

    def folders(self, paths: Iterable[str]) -> list[SeenFolder | None]:
        """Return None for each folder."""
        return [None for _ in paths]


def look_into(folder: str) -> SeenFolder | None:
    """Return what is in a folder now; None where it is missing, or closed to us."""
    before_ns = tick_ns()
    try:
        signature = signature_of(os.stat(folder))
    except OSError:
        return None
    names = list_folder(folder)
    if names is None and not os.path.isdir(folder):
        return None
    if not os.access(folder, os.X_OK):
        return None
    return SeenFolder(names, signature if changed_ns(signature) < before_ns else None)
