"""Knows whether a record still holds: every input as it was, every place that was empty still empty."""

import itertools
import os
from dataclasses import dataclass
from typing import Final

from zccache.common.digests import Digest, Signature, signature_of
from zccache.common.errors import BadBytes
from zccache.common.freshness import Known, changed_ns, signature_at, tick_ns
from zccache.common.includes.disk import LocalDisk
from zccache.common.includes.places import Places, first_intruder
from zccache.common.index.entries import Record
from zccache.common.request import Facts, Guard
from zccache.common.rooms import Rooms

_ANY_DIGEST: Final = Digest(b"")
"""Of a file that must be there, whatever it holds."""


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
    files: list[Known] = []
    all_proof = True
    newest_ns = 0
    for item in record.inputs:
        if item.signature.ino:
            rooms.digests.learn(item.path, item.signature, item.digest)
        known = rooms.digests.known(item.path)
        if known is None:
            return Broken(item.path, newest_ns)
        newest_ns = max(newest_ns, changed_ns(known.signature))
        if known.digest != item.digest:
            return Broken(item.path, newest_ns)
        files.append(known)
        all_proof = all_proof and known.is_proof
    try:
        places = Places.decode(record.places)
    except BadBytes as error:
        return Broken(str(error), newest_ns)
    before_ns = tick_ns()
    signatures = {folder: _folder_signature(folder, before_ns) for folder in places.empty}
    disk = LocalDisk()
    intruder = first_intruder(places, disk)
    if intruder is not None:
        return Broken(intruder, newest_ns)
    guards = []
    for folder, names in places.empty.items():
        first_names = frozenset(name.partition("/")[0] for name in names)
        # A folder that has come to stand on the way to an empty place is no intruder, but no simple guard.
        all_proof = all_proof and first_names.isdisjoint(disk.listing(folder) or ())
        guards.append(Guard(folder, signatures[folder], first_names))
    for path in (*places.existing, *itertools.chain.from_iterable(places.twins)):
        signature = signature_at(path)
        if signature is None:
            return Broken(path, newest_ns)
        files.append(Known(path, _ANY_DIGEST, signature, is_proof=True))
    return Holds(Facts(tuple(files), tuple(guards)) if all_proof else None)


def program_guards(word: str, program: str, env_path: str, cwd: str) -> tuple[Guard, ...]:
    """Return guards for the PATH folders in which the compiler was searched before it was found."""
    if os.sep in word:
        return ()
    name = os.path.basename(program)
    before_ns = tick_ns()
    guards = []
    for entry in env_path.split(os.pathsep):
        folder = os.path.join(cwd, entry)
        if os.path.join(folder, name) == program:
            break
        if not os.path.lexists(os.path.join(folder, name)):
            deepest = _deepest_existing(folder)
            absent = name if deepest == folder else os.path.relpath(folder, deepest).partition("/")[0]
            guards.append(Guard(deepest, _folder_signature(deepest, before_ns), frozenset((absent,))))
    return tuple(guards)


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
            if guard.signature is not None and signature_of(os.stat(guard.folder)) == guard.signature:
                continue
            if guard.names is None or not guard.names.isdisjoint(os.listdir(guard.folder)):
                return guard
        except OSError:
            return guard
    return None


def _folder_signature(folder: str, before_ns: int) -> Signature | None:
    try:
        signature = signature_of(os.stat(folder))
    except OSError:
        return None
    return signature if changed_ns(signature) < before_ns else None


def _deepest_existing(folder: str) -> str:
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    return folder
