"""Knows which crates a compile can have read beside those that its words name.

A crate's metadata names every crate that it was compiled with, by name and by the tail of its
file name (`-C extra-filename`, of cargo a dash and 16 hex digits); rustc then seeks files of
that name in the -L folders. So the tails that occur in the bytes of the named crates
are a superset of what is read, whatever the version of the format.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from zccache.common.command.reports import RustDepInfo
from zccache.common.digests import Digest
from zccache.common.freshness import Known
from zccache.common.request import Job
from zccache.common.rooms import Rooms
from zccache.common.values import dataclass

_TAIL: Final = re.compile(rb"-[0-9a-f]{16}(?![0-9a-f])")
_KIND: Final = "crate tails"
_SEARCHED: Final = ("dependency", "crate", "all")
_SUFFIXES: Final = (".rmeta", ".rlib", ".so")


@dataclass(frozen=True, slots=True)
class Reached:
    """The files of other crates that may have been read, and where such files must not appear."""

    files: tuple[str, ...]
    absent: frozenset[str]


def crate_folders(search: Iterable[str], cwd: str) -> tuple[str, ...]:
    """Return the folders of -L in which crates are sought, absolute, in order."""
    folders = (folder_of(value) for value in search)
    return tuple(dict.fromkeys(os.path.join(cwd, folder) for kind, folder in folders if kind in _SEARCHED))


def folder_of(value: str) -> tuple[str, str]:
    """Return kind and folder of the value of one -L."""
    kind, equals, folder = value.partition("=")
    known = equals and kind in {*_SEARCHED, "native", "framework"}
    return (kind, folder) if known else ("all", value)


def reached_crates(
    named: Mapping[str, Digest], folders: Sequence[str], rooms: Rooms, *, needs_objects: bool
) -> Reached:
    """Return the crates in the folders that the named ones (path to digest) speak of.

    Where rustc finds both it reads metadata from .rmeta; the .rlib beside it counts only
    where code is linked, and may still be growing while others compile against the former.
    """
    listings = {folder: _crates_in(folder) for folder in folders}
    tails: set[bytes] = set()
    for path, digest in named.items():
        if path.endswith((".rmeta", ".rlib")):
            tails |= _tails_of(path, digest, rooms)
    wanted = {stem for listing in listings.values() for stem in listing if _is_spoken_of(stem, tails, named)}
    files: dict[str, None] = {}
    absent: set[str] = set()
    for folder, listing in listings.items():
        for stem in sorted(wanted):
            paths = {suffix: os.path.join(folder, f"lib{stem}{suffix}") for suffix in _SUFFIXES}
            there = [suffix for suffix in _SUFFIXES if suffix in listing.get(stem, ())]
            if needs_objects and there:
                files.update(dict.fromkeys(paths[suffix] for suffix in there))
                continue
            files.update(dict.fromkeys(paths[suffix] for suffix in there[:1]))
            before = _SUFFIXES[: _SUFFIXES.index(there[0])] if there else _SUFFIXES
            absent.update(paths[suffix] for suffix in before)
    return Reached(tuple(path for path in files if path not in named), frozenset(absent))


def crates_before(job: Job, named: Mapping[str, Digest], rooms: Rooms) -> Mapping[str, Known]:
    """Return other crates as they lie there before a run that is incremental, as those may be then.

    These are the named ones and those that they speak of; none where one goes meanwhile.
    """
    report = job.unit.report
    if not isinstance(report, RustDepInfo) or "incremental" not in job.plan.kinds:
        return {}
    folders = crate_folders(report.folders, job.cwd)
    try:
        reached = reached_crates(named, folders, rooms, needs_objects=report.needs_objects)
    except OSError:
        return {}
    known = map(rooms.digests.known, (*named, *reached.files))
    return {crate.path: crate for crate in known if crate is not None}


def unnamed_crates(search: Iterable[str], cwd: str, known: Iterable[str]) -> Iterator[str]:
    """Yield crates in folders where `extern crate` finds any by its bare name, but for those known."""
    kept = set(known)
    for kind, folder in map(folder_of, search):
        if kind in {"crate", "all"}:
            place = os.path.join(cwd, folder)
            for stem, suffixes in _crates_in(place).items():
                paths = (os.path.join(place, f"lib{stem}{suffix}") for suffix in suffixes - {".so"})
                yield from (path for path in paths if path not in kept)


def _crates_in(folder: str) -> dict[str, set[str]]:
    """Return the stems (without lib) of the crate files in a folder, each with its suffixes."""
    found: dict[str, set[str]] = {}
    try:
        names = os.listdir(folder)
    except OSError:
        return found
    for name in names:
        stem, suffix = os.path.splitext(name)
        if suffix in _SUFFIXES and stem.startswith("lib"):
            found.setdefault(stem[3:], set()).add(suffix)
    return found


def _is_spoken_of(stem: str, tails: set[bytes], named: Mapping[str, Digest]) -> bool:
    tail = os.fsencode(stem[stem.rfind("-") :] if "-" in stem else stem)
    if _TAIL.fullmatch(tail):
        return tail in tails
    return any(tail in _metadata(path) for path in named if path.endswith((".rmeta", ".rlib")))


def _tails_of(path: str, digest: Digest, rooms: Rooms) -> set[bytes]:
    """Return the tails that a crate's metadata holds: found out once for each content."""
    kept = rooms.index.memo_get(_KIND, digest)
    if kept is None:
        kept = b"".join(sorted(set(_TAIL.findall(_metadata(path)))))
        rooms.index.memo_put(_KIND, digest, kept)
    return {kept[at : at + 17] for at in range(0, len(kept), 17)}


def _metadata(path: str) -> bytes:
    """Return a file in which a crate's metadata stands, with whatever else."""
    with open(path, "rb") as file:
        return file.read()
