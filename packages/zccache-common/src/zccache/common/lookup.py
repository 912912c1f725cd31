"""Knows whether a record still holds: every input as it was, every place that was empty still empty."""

import itertools
import os
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from zccache.common.digests import Digest, Signature, signature_of
from zccache.common.errors import BadBytes
from zccache.common.freshness import Known, changed_ns, signature_at, tick_ns
from zccache.common.includes.disk import LocalDisk
from zccache.common.includes.places import Places, first_intruder, listing_digest
from zccache.common.index.entries import Record
from zccache.common.request import Facts, Guard
from zccache.common.rooms import Rooms
from zccache.common.values import dataclass, replace
from zccache.common.witness import SeenFolder, look_into

_ANY_DIGEST: Final = Digest(b"")
"""Of a file that must be there, whatever it holds."""

_FEW_NAMES: Final = 4


@dataclass(frozen=True, slots=True)
class Holds:
    """The record holds, by these facts; facts is None when one of them is too fresh to be proof next time."""

    facts: Facts | None


@dataclass(frozen=True, slots=True)
class Broken:
    """The record does not hold: what differs, and the time of the last change that was seen."""

    path: str
    newest_ns: int


def check_record(record: Record, rooms: Rooms) -> Holds | Broken:
    """Compare a record with the disk as it is now."""
    files = _check_inputs(record, rooms)
    if isinstance(files, Broken):
        return files
    try:
        places = Places.decode(record.places)
    except BadBytes as error:
        return Broken(str(error), _newest_ns(files))
    folders = _look_into_all(places.empty, rooms)
    if isinstance(folders, str):
        return Broken(folders, _newest_ns(files))
    intruder = first_intruder(places, _SeenDisk(folders))
    if intruder is not None:
        return Broken(intruder, _newest_ns(files))
    all_proof = all(known.is_proof for known in files)
    guards = []
    for folder, names in places.empty.items():
        ways = frozenset(name.partition("/")[0] for name in names if "/" in name)
        plain = frozenset(name for name in names if "/" not in name) if ways else frozenset(names)
        # A folder that has come to stand on the way to an empty place is no intruder, but no simple guard.
        all_proof = all_proof and ways.isdisjoint(folders[folder].names or ())
        guards.append(Guard(folder, folders[folder].signature, plain, ways))
    listed = _check_listed(places)
    if isinstance(listed, str):
        return Broken(listed, _newest_ns(files))
    guards += listed
    all_proof = all_proof and all(guard.signature for guard in listed)
    for path in (*places.existing, *itertools.chain.from_iterable(places.twins)):
        signature = signature_at(path)
        if signature is None:
            return Broken(path, _newest_ns(files))
        files.append(Known(path, _ANY_DIGEST, signature, is_proof=True))
    return Holds(Facts(tuple(files), tuple(guards)) if all_proof else None)


def _check_listed(places: Places) -> list[Guard] | str:
    """Return guards of the folders of which all names count, or the first that holds other names."""
    guards = []
    for folder, digest in places.listed:
        seen = look_into(folder)
        if seen is None or seen.names is None or listing_digest(seen.names) != digest:
            return folder
        guards.append(Guard(folder, seen.signature, None))
    return guards


class _SeenDisk(LocalDisk):
    """The disk of this machine, of which some folders have been listed."""

    def __init__(self, folders: Mapping[str, SeenFolder]) -> None:
        """Take over what is in these folders."""
        super().__init__()
        self._listings.update((folder, seen.names) for folder, seen in folders.items())


def _check_inputs(record: Record, rooms: Rooms) -> list[Known] | Broken:
    """Return what a record's inputs hold, or the first that is another."""
    files: list[Known] = []
    witnessed = rooms.witness.files([item.path for item in record.inputs])
    for item, still in zip(record.inputs, witnessed, strict=True):
        known = still
        if known is None:
            if item.signature.ino:
                rooms.digests.learn(item.path, item.signature, item.digest)
            known = rooms.digests.known(item.path)
            if known is None:
                return Broken(item.path, _newest_ns(files))
        files.append(known)
        if known.digest != item.digest:
            return Broken(item.path, _newest_ns(files))
    return files


def _look_into_all(paths: Iterable[str], rooms: Rooms) -> dict[str, SeenFolder] | str:
    """Return what is in each folder, or the first that is gone or closed: it may look empty, and not be."""
    found = {}
    for path, still in zip(paths, rooms.witness.folders(paths), strict=True):
        seen = still or look_into(path)
        if seen is None:
            return path
        found[path] = seen
    return found


def _newest_ns(files: Iterable[Known]) -> int:
    return max((changed_ns(known.signature) for known in files), default=0)


def program_facts(word: str, program: str, env_path: str, cwd: str) -> Facts | None:
    """Return what the search along PATH rested on until the compiler was found; None: it would end elsewhere.

    Files are those that were passed over: fronts, and what may not be executed.
    """
    if os.sep in word:
        return Facts((), ())
    name = os.path.basename(program)
    before_ns = tick_ns()
    files = []
    guards = []
    for entry in env_path.split(os.pathsep):
        folder = os.path.join(cwd, entry)
        path = os.path.join(folder, name)
        if path == program:
            break
        if os.path.lexists(path):
            signature = signature_at(path)
            if signature is None or changed_ns(signature) >= before_ns:
                return None
            files.append(Known(path, _ANY_DIGEST, signature, is_proof=True))
        else:
            deepest = _deepest_existing(folder)
            found = _folder_signature(deepest, before_ns)
            guards.append(Guard(deepest, found, frozenset(), frozenset((_first_below(deepest, path),))))
    return Facts(tuple(files), tuple(guards))


def absence_guards(paths: Iterable[str], guards: tuple[Guard, ...]) -> tuple[Guard, ...] | None:
    """Return guards with those that keep the paths absent added to them; None when one is there by now."""
    before_ns = tick_ns()
    names: dict[str, set[str]] = {}
    existing: dict[str, str] = {}
    for path in paths:
        if os.path.lexists(path):
            return None
        parent = os.path.dirname(path)
        folder = existing.get(parent)
        if folder is None:
            folder = existing[parent] = _deepest_existing(parent)
        names.setdefault(folder, set()).add(_first_below(folder, path))
    added = [
        replace(guard, ways=guard.ways | names.pop(guard.folder))
        if guard.names is not None and guard.folder in names
        else guard
        for guard in guards
    ]
    alone = (
        Guard(folder, _folder_signature(folder, before_ns), frozenset(), frozenset(found))
        for folder, found in names.items()
    )
    return (*added, *map(_shared, alone))


@lru_cache(4096)
def _shared(guard: Guard) -> Guard:
    """Return the first of all equal guards: those of one folder's settings are the same for all its hits."""
    return guard


def files_hold(facts: Facts) -> bool:
    """Whether every file that an earlier hit rested on is as it was: one stat each."""
    stat = os.stat
    try:
        for known in facts.files:
            status = stat(known.path)
            if known.signature != (
                status.st_dev,
                status.st_ino,
                status.st_size,
                status.st_mtime_ns,
                status.st_ctime_ns,
            ):
                return False
    except OSError:
        return False
    return True


def first_changed_guard(facts: Facts) -> Guard | None:
    """Return the first guard that does not prove its places empty any more: one stat a folder."""
    for guard in facts.guards:
        try:
            if signature_of(os.stat(guard.folder)) == guard.signature:
                continue
            if not is_empty(guard):
                return guard
        except OSError:
            return guard
    return None


def is_empty(guard: Guard) -> bool:
    """Whether a guard's places are empty by looking; a folder is no header, whatever its name."""
    if guard.names is None or not os.access(guard.folder, os.X_OK):
        return False
    if len(guard.names) + len(guard.ways) <= _FEW_NAMES:
        present = frozenset(name for name in guard.names | guard.ways if _is_there(guard, name))
    else:
        present = (guard.names | guard.ways).intersection(os.listdir(guard.folder))
    return present.isdisjoint(guard.ways) and all(
        os.path.isdir(os.path.join(guard.folder, name)) for name in present
    )


def _is_there(guard: Guard, name: str) -> bool:
    return os.path.lexists(os.path.join(guard.folder, name))


def _folder_signature(folder: str, before_ns: int) -> Signature | None:
    try:
        signature = signature_of(os.stat(folder))
    except OSError:
        return None
    return signature if changed_ns(signature) < before_ns else None


def _first_below(folder: str, path: str) -> str:
    """Return the next name on the way from one of its folders to a path."""
    return path[len(folder) :].lstrip("/").partition("/")[0]


def _deepest_existing(folder: str) -> str:
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    return folder
