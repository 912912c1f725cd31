"""Knows what is watched: names in folders, and the proof that some of them were as they should be."""

import os
import stat
from collections import deque
from typing import Final

from zccache.common.digests import Signature
from zccache.common.values import dataclass, field

NEVER: Final = 1 << 62
"""The number of an event after which nothing counts any more."""

_NAMES_KEPT: Final = 4096
_DISTRIBUTED: Final = ("/usr/", "/lib/", "/lib64/", "/nix/store/", "/gnu/store/")
_ADDED_BY_HAND: Final = ("/usr/local/", "/usr/src/")


class Uncovered(Exception):
    """Something that events do not tell; its word goes to `status`."""


@dataclass(eq=False, slots=True)
class Point:
    """A name in a watched folder, as it was when proven; changed_at is the number of the last event on it.

    signature is that of a file; of a folder or a link on the way to one only identity counts.
    is_distributed: it belongs to the system, which replaces such files and never maps them to write.
    """

    path: str
    signature: Signature | None
    identity: tuple[int, int, int]
    changed_at: int = 0
    is_distributed: bool = False


@dataclass(eq=False, slots=True)
class Folder:
    """A watched folder by its real path: its points, and the names that appeared lately, numbered.

    is_covered: no file appears in it without an event.
    """

    path: str
    points: dict[bytes, Point] = field(default_factory=dict)
    appeared: deque[tuple[int, bytes]] = field(default_factory=lambda: deque(maxlen=_NAMES_KEPT))
    appeared_at: int = 0
    is_covered: bool = False

    def note_appeared(self, number: int, name: bytes) -> None:
        """Take down that a name has come."""
        self.appeared.append((number, name))
        self.appeared_at = number

    def lose(self) -> None:
        """Let every proof that rests on this folder fail."""
        self.appeared_at = NEVER
        for point in self.points.values():
            point.changed_at = NEVER

    def has_stayed_empty(self, names: frozenset[bytes] | None, since: int) -> bool:
        """Whether none of the names has appeared after event number since; None: whether nothing has."""
        if self.appeared_at <= since:
            return True
        if names is None or self.appeared_at == NEVER:
            return False
        for number, name in reversed(self.appeared):
            if number <= since:
                return True
            if name in names:
                return False
        return len(self.appeared) < _NAMES_KEPT


@dataclass(eq=False, slots=True)
class Proof:
    """That some facts held after event number `at`, in one epoch of the fence."""

    points: tuple[Point, ...]
    guards: tuple[tuple[Folder, frozenset[bytes] | None], ...]
    at: int
    epoch: int

    def changed_points(self) -> list[Point]:
        """Return the points on which something happened since."""
        return [point for point in self.points if point.changed_at > self.at]


def is_distributed(path: str, status: os.stat_result) -> bool:
    """Whether a file came with the system: root's, writable by nobody else, where packages are unpacked."""
    is_roots = status.st_uid == 0 and not status.st_mode & 0o022
    return is_roots and path.startswith(_DISTRIBUTED) and not path.startswith(_ADDED_BY_HAND)


def identity_of(status: os.stat_result) -> tuple[int, int, int]:
    """Return what makes a folder or a link on a way the same one: a link's target cannot change in place."""
    return status.st_dev, status.st_ino, status.st_ctime_ns if stat.S_ISLNK(status.st_mode) else 0
