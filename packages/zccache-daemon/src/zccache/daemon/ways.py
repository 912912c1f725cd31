"""Knows the way to a file as the kernel walks it, link by link, and watches every folder on it."""

import errno
import os
import stat
from typing import Final

from zccache.daemon import inotify
from zccache.daemon.inotify import Inotify
from zccache.daemon.watched import NEVER, Folder, Point, identity_of

_IN_FOLDERS: Final = (
    inotify.MOVED_FROM
    | inotify.MOVED_TO
    | inotify.CREATE
    | inotify.DELETE
    | inotify.DELETE_SELF
    | inotify.MOVE_SELF
    | inotify.ATTRIB
    | inotify.ONLY_FOLDER
)
# On the file itself, not by its folder: a store through a hard link elsewhere shows only there.
_IN_FILES: Final = (
    inotify.MODIFY | inotify.ATTRIB | inotify.DELETE_SELF | inotify.MOVE_SELF | inotify.NO_FOLLOW
)
_MOST_LINKS: Final = 40


class Ways:
    """The folders that are watched, and the ways through them that were walked."""

    def __init__(self, kernel: Inotify) -> None:
        """Watch through this descriptor."""
        self._kernel = kernel
        self.folders: dict[int, Folder] = {}
        self.files: dict[int, list[Point]] = {}
        self._entered: dict[str, tuple[Folder, tuple[Point, ...]]] = {}

    def enter(self, path: str) -> tuple[Folder, tuple[Point, ...]]:
        """Return the folder that a path leads to and the points on the way; raise OSError."""
        known = self._entered.get(path)
        if known is not None and not _is_touched(known[1]):
            return known
        current = self._watch("/")
        way: list[Point] = []
        waiting = _parts(path)
        links = 0
        while waiting:
            name = waiting.pop()
            if name == "..":
                current = self._watch(os.path.dirname(current.path))
                continue
            spot = os.path.join(current.path, name)
            status = os.lstat(spot)
            way.append(way_point(current, name, status))
            if not stat.S_ISLNK(status.st_mode):
                current = self._watch(spot)
                continue
            links += 1
            if links > _MOST_LINKS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            target = os.readlink(spot)
            current = self._watch("/") if target.startswith("/") else current
            waiting += _parts(target)
        self._entered[path] = current, tuple(way)
        return self._entered[path]

    def entered(self, path: str) -> Folder | None:
        """Return the folder that a path leads to, if it is watched and nothing on the way was touched."""
        known = self._entered.get(path)
        return known[0] if known is not None and not _is_touched(known[1]) else None

    def walk(self, path: str) -> tuple[Folder, tuple[Point, ...], str]:
        """Return the real folder of a file, the points on the way, its name there; raise OSError."""
        way: tuple[Point, ...] = ()
        for _ in range(_MOST_LINKS):
            parent, name = os.path.split(path)
            folder, before = self.enter(parent)
            # Mostly the very tuple that other files of the folder have.
            way = way + before if way else before
            spot = os.path.join(folder.path, name)
            status = os.lstat(spot)
            if not stat.S_ISLNK(status.st_mode):
                return folder, way, name
            way += (way_point(folder, name, status),)
            path = os.path.join(folder.path, os.readlink(spot))
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))

    def watch_file(self, point: Point) -> None:
        """Watch a file, whatever names it has; raise OSError."""
        # Who opens a file may map it and store unseen; but every compiler opens it too.
        mask = _IN_FILES if point.is_distributed else _IN_FILES | inotify.OPEN
        points = self.files.setdefault(self._kernel.add(point.path, mask), [])
        points[:] = [*(known for known in points if known.changed_at != NEVER), point]

    def forget(self, watch: int) -> None:
        """Let go of a folder that is no longer where it was."""
        folder = self.folders.pop(watch)
        folder.lose()
        self._entered = {path: found for path, found in self._entered.items() if found[0] is not folder}

    def _watch(self, path: str) -> Folder:
        watch = self._kernel.add(path, _IN_FOLDERS)
        folder = self.folders.get(watch)
        if folder is None:
            folder = self.folders[watch] = Folder(path)
        return folder


def way_point(folder: Folder, name: str, status: os.stat_result) -> Point:
    """Return the point of a folder or link on a way, made anew where it is not the one that was known."""
    encoded = os.fsencode(name)
    identity = identity_of(status)
    point = folder.points.get(encoded)
    if point is None or point.identity != identity or point.changed_at == NEVER:
        if point is not None:
            point.changed_at = NEVER
        point = folder.points[encoded] = Point(os.path.join(folder.path, name), None, identity)
    return point


def _is_touched(way: tuple[Point, ...]) -> bool:
    return any(point.changed_at for point in way)


def _parts(path: str) -> list[str]:
    return [part for part in reversed(path.split("/")) if part not in ("", ".")]
