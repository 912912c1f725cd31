"""Knows, without looking at the files, whether what a hit rested on is still so: by the kernel's events.

The kernel queues an event before the system call that made the change returns. So when a
request has arrived and the queue has been drained, every change that the client could
know of has been seen; there is no time in which one could be missed. What events do not
tell is not covered, and such a hit is checked by signatures: other file systems, files
that somebody has open for writing (a store through a mapping raises no event), watches
that the kernel refuses. Files that came with the system are taken to be replaced or
written, never stored into through a mapping (docs/decisions/0005).
"""

import errno
import itertools
import os
import select
import threading
from collections.abc import Iterable
from typing import Final

from zccache.common.digests import Signature, signature_of
from zccache.common.freshness import Known
from zccache.common.lookup import is_empty
from zccache.common.request import Facts, Guard
from zccache.common.values import replace
from zccache.common.witness import SeenFolder, look_into
from zccache.daemon import inotify
from zccache.daemon.coverage import check_file, check_folder
from zccache.daemon.inotify import Event, Inotify
from zccache.daemon.log import Log
from zccache.daemon.mounts import Mounts
from zccache.daemon.stills import StillFile, Stills
from zccache.daemon.watched import NEVER, Folder, Point, Proof, Uncovered, identity_of, is_distributed
from zccache.daemon.ways import Ways

CHANGED_MEANWHILE: Final = "changed_meanwhile"
"""The one cause that passes by itself."""

_APPEARED: Final = inotify.CREATE | inotify.MOVED_TO
_LOST: Final = (
    inotify.DELETE_SELF
    | inotify.MOVE_SELF
    | inotify.UNMOUNT
    | inotify.IGNORED
    # Of the folder itself: it may have been closed to us, or to the compiler.
    | inotify.ATTRIB
)
_OWN_PREFIX: Final = b".zccache-"
_MOST_WATCHES: Final = 200_000
_FILES_AT_ONCE: Final = 64


class Fence:
    """What one daemon watches; safe from any thread."""

    def __init__(self) -> None:
        """Open the kernel's descriptors; raise OSError where there are none."""
        self._lock = threading.RLock()
        self._mounts = Mounts()
        self._poll = select.poll()
        self._mounts.watch_with(self._poll)
        self._inotify = Inotify()
        self._poll.register(self._inotify.fd, select.POLLIN)
        self._ways = Ways(self._inotify)
        self._stills = Stills()
        self._number = 1
        self._point_at = 1
        self._epoch = 1

    @property
    def watches(self) -> tuple[int, int]:
        """How many folders and how many files are watched."""
        return len(self._ways.folders), len(self._ways.files)

    def holds(self, proof: Proof) -> bool:
        """Whether nothing that the proof covers has changed until now; one poll when nothing happened."""
        with self._lock:
            self._drain()
            if proof.at == self._number and proof.epoch == self._epoch:
                return True
            try:
                if proof.at < self._point_at and not self._prove_again(proof.changed_points()):
                    return False
            except Uncovered:
                return False
            if not all(folder.has_stayed_empty(names, proof.at) for folder, names in proof.guards):
                return False
            proof.at = self._number
            return proof.epoch == self._epoch

    def prove(self, facts: Facts) -> Proof:
        """Watch all that the facts rest on, then see that they hold; raise Uncovered with the reason."""
        with self._lock:
            if len(self._ways.folders) + len(self._ways.files) > _MOST_WATCHES:
                self._start_anew()
            self._drain()
            epoch = self._epoch
            try:
                files, points = self._watch_files(facts)
                guards = self._watch_guards(facts, points)
                self._drain()
                holds = self._prove_again([point for point in points if point.changed_at])
                if not holds or not all(map(self._still_guards, facts.guards)) or epoch != self._epoch:
                    raise Uncovered(CHANGED_MEANWHILE)
            except OSError as error:
                raise Uncovered(_cause(error)) from error
            for file in files:
                self._stills.keep(replace(file, at=self._number))
            return Proof(tuple(points), guards, self._number, epoch)

    def files(self, paths: Iterable[str]) -> list[Known | None]:
        """Return for each path what it was proven to hold, if it has not changed until now."""
        with self._lock:
            self._drain()
            return list(map(self._stills.known, paths))

    def folders(self, paths: Iterable[str]) -> list[SeenFolder | None]:
        """Return for each folder that is watched what is in it now; it is listed when something came."""
        with self._lock:
            self._drain()
            return [self._stills.seen(path) or self._look_into(path) for path in paths]

    def close(self) -> None:
        """Give everything back to the kernel."""
        with self._lock:
            self._inotify.close()
            self._mounts.close()

    def _drain(self) -> None:
        for fd, _ in self._poll.poll(0):
            if fd != self._inotify.fd:
                self._mounts.read()
                self._start_anew()
                return
            for event in self._inotify.read():
                self._note(event)

    def _note(self, event: Event) -> None:
        if event.mask & inotify.OVERFLOW:
            self._start_anew()
            return
        folder = self._ways.folders.get(event.watch)
        if folder is None:
            self._note_in_file(event)
            return
        if event.mask & _LOST and not event.name:
            self._number += 1
            self._point_at = self._number
            self._stills.note_way_changed(self._number)
            self._ways.forget(event.watch)
            return
        point = folder.points.get(event.name)
        has_appeared = event.mask & _APPEARED and not event.name.startswith(_OWN_PREFIX)
        if point is None and not has_appeared:
            return
        self._number += 1
        if point is not None and point.changed_at != NEVER:
            point.changed_at = self._point_at = self._number
            if point.signature is None:
                self._stills.note_way_changed(self._number)
        if has_appeared:
            folder.note_appeared(self._number, event.name)

    def _note_in_file(self, event: Event) -> None:
        points = self._ways.files.get(event.watch, ())
        if event.mask & inotify.IGNORED:
            self._ways.files.pop(event.watch, None)
        self._number += 1
        self._point_at = self._number
        for point in points:
            if point.changed_at != NEVER:
                point.changed_at = self._number

    def _start_anew(self) -> None:
        """Events were lost, or mounts changed: no proof of before counts any more."""
        self._epoch += 1
        self._poll.unregister(self._inotify.fd)
        self._inotify.close()
        self._inotify = Inotify()
        self._poll.register(self._inotify.fd, select.POLLIN)
        self._ways = Ways(self._inotify)
        self._stills = Stills()

    def _watch_files(self, facts: Facts) -> tuple[list[StillFile], dict[Point, None]]:
        """Watch the files; return those whose way was not known, and the points of all."""
        points: dict[Point, None] = {}
        ways: dict[int, tuple[Point, ...]] = {}
        walked = []
        for known in facts.files:
            file = self._stills.reached(known.path)
            if file is None or file.point.signature != known.signature:
                folder, way, name = self._ways.walk(known.path)
                file = StillFile(known, self._file_point(folder, name, known.signature), way, self._number)
                walked.append(file)
            elif known.digest and not file.known.digest:
                walked.append(replace(file, known=known))
            ways[id(file.way)] = file.way
            points[file.point] = None
        points.update(dict.fromkeys(itertools.chain.from_iterable(ways.values())))
        return walked, points

    def _watch_guards(
        self, facts: Facts, points: dict[Point, None]
    ) -> tuple[tuple[Folder, frozenset[bytes] | None], ...]:
        guards = []
        for guard in facts.guards:
            folder, way = self._ways.enter(guard.folder)
            check_folder(folder, self._mounts)
            points.update(dict.fromkeys(way))
            names = None if guard.names is None else frozenset(map(os.fsencode, guard.names | guard.ways))
            guards.append((folder, names))
        return tuple(guards)

    def _look_into(self, path: str) -> SeenFolder | None:
        folder = self._ways.entered(path)
        if folder is None or not folder.is_covered:
            return None
        seen = look_into(path)
        if seen is not None:
            self._stills.keep_folder(path, folder, seen, self._number)
        return seen

    def _still_guards(self, guard: Guard) -> bool:
        seen = self._stills.seen(guard.folder)
        if seen is not None and seen.signature is not None and seen.signature == guard.signature:
            return True
        return signature_of(os.stat(guard.folder)) == guard.signature or is_empty(guard)

    def _file_point(self, folder: Folder, name: str, signature: Signature) -> Point:
        encoded = os.fsencode(name)
        point = folder.points.get(encoded)
        if point is not None and point.signature == signature and point.changed_at != NEVER:
            return point
        if point is not None:
            point.changed_at = NEVER
        path = os.path.join(folder.path, name)
        is_systems = is_distributed(path, os.lstat(path))
        point = Point(path, signature, (0, 0, 0), self._number, is_systems)
        folder.points[encoded] = point
        self._ways.watch_file(point)
        return point

    def _prove_again(self, points: list[Point]) -> bool:
        """Look at points on which something happened: True where all are as they were.

        Raises Uncovered for a file that can change unseen. Files are opened before the queue is drained:
        the events of our own opening are taken here and not mistaken for somebody's later one.
        """
        if any(point.changed_at == NEVER for point in points):
            return False
        try:
            for point in points:
                if point.signature is None:
                    if identity_of(os.lstat(point.path)) != point.identity:
                        return False
                    point.changed_at = 0
            files = [point for point in points if point.signature is not None]
            for start in range(0, len(files), _FILES_AT_ONCE):
                self._prove_files(files[start : start + _FILES_AT_ONCE])
        except OSError:
            return False
        return True

    def _prove_files(self, points: list[Point]) -> None:
        opened: list[int] = []
        try:
            opened += (_open(point.path) for point in points)
            self._drain()
            for fd, point in zip(opened, points, strict=True):
                check_file(fd, point, self._mounts)
                point.changed_at = 0
        finally:
            for fd in opened:
                os.close(fd)


def _open(path: str) -> int:
    return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)


def _cause(error: OSError) -> str:
    return {errno.ENOSPC: "watch_limit", errno.EACCES: "closed_folder"}.get(error.errno or 0, "unwatchable")


def open_fence(log: Log) -> Fence | None:
    """Return a fence; None, and a line in the log, where the kernel tells nothing."""
    try:
        return Fence()
    except OSError as error:
        log.info(f"no kernel events here ({error}): files are checked by their signatures")
        return None
