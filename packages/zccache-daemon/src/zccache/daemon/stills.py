"""Knows files and folders that were proven and, as far as events have told since, are as they were.

One that is known here need not be looked at, however many hits rest on it.
"""

from typing import Final

from zccache.common.freshness import Known
from zccache.common.values import dataclass
from zccache.common.witness import SeenFolder
from zccache.daemon.watched import NEVER, Folder, Point

_MOST_NAMES: Final = 500_000
"""All folders together may hold this many names: some 40 MB."""


@dataclass(frozen=True, slots=True)
class StillFile:
    """A file as it was proven, the points on the way to it, and the number of the event before."""

    known: Known
    point: Point
    way: tuple[Point, ...]
    at: int


@dataclass(frozen=True, slots=True)
class _StillFolder:
    seen: SeenFolder
    folder: Folder
    at: int


class Stills:
    """What was proven, by path; a change on any way to them, which is rare, makes all ways be walked anew."""

    def __init__(self) -> None:
        """Start with nothing proven."""
        self._files: dict[str, StillFile] = {}
        self._folders: dict[str, _StillFolder] = {}
        self._names = 0
        self._way_changed_at = 0

    def note_way_changed(self, number: int) -> None:
        """Take down that a folder or link was touched by which something may be reached."""
        self._way_changed_at = number

    def reached(self, path: str) -> StillFile | None:
        """Return the file that a path leads to, which may have changed, if the way there has not."""
        found = self._files.get(path)
        if found is None or found.at < self._way_changed_at or found.point.changed_at == NEVER:
            return None
        return found

    def known(self, path: str) -> Known | None:
        """Return what a file holds, if neither it nor the way there has changed."""
        found = self._files.get(path)
        if found is None or found.at < self._way_changed_at or found.point.changed_at:
            return None
        # There are facts that need no digest; then nobody knows the file by its content.
        return found.known if found.known.digest else None

    def keep(self, found: StillFile) -> None:
        """Remember a file that has been proven."""
        self._files[found.known.path] = found

    def seen(self, path: str) -> SeenFolder | None:
        """Return what is in a folder, if nothing has appeared there since."""
        found = self._folders.get(path)
        if found is None or found.at < self._way_changed_at or found.folder.appeared_at > found.at:
            return None
        return found.seen

    def keep_folder(self, path: str, folder: Folder, seen: SeenFolder, at: int) -> None:
        """Remember what was in a watched folder after event number at."""
        self._names += len(seen.names or ())
        if self._names > _MOST_NAMES:
            self._folders.clear()
            self._names = len(seen.names or ())
        self._folders[path] = _StillFolder(seen, folder, at)
