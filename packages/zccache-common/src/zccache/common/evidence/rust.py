"""Knows what a rustc run rested on: dep-info, crates reached, native libraries, its linker's report."""

import contextlib
import os
import re
from collections.abc import Iterable, Iterator
from typing import Final

from zccache.common.command.reports import RustDepInfo
from zccache.common.command.runner import run_quietly
from zccache.common.digests import Digest
from zccache.common.evidence.crates import crate_folders, reached_crates, unnamed_crates
from zccache.common.evidence.declared import Declared, listings, read_declared
from zccache.common.evidence.dep_info import DepInfo, parse_dep_info
from zccache.common.evidence.heeded import Heeded
from zccache.common.evidence.macros import heeded_names, learn_macros
from zccache.common.evidence.native import (
    driver_folders,
    library_names,
    library_places,
    names_in_texts,
    names_of_files,
    native_folders,
)
from zccache.common.evidence.proof import Evidence, prove_unmoved, unmoved_answer_files
from zccache.common.freshness import Trails
from zccache.common.includes.depfile import parse_depfile
from zccache.common.includes.places import Places
from zccache.common.index.entries import Input
from zccache.common.reasons import Reason
from zccache.common.request import NotStored, Ticket
from zccache.common.rooms import Rooms
from zccache.common.values import dataclass

_OF_THE_RUN: Final = re.compile(r"/(?:rustc|rmeta)[A-Za-z0-9]{6}/|\.rcgu\.\w+$")
"""What rustc makes for its linker and removes again."""

_MANIFEST: Final = "CARGO_MANIFEST_DIR"


@dataclass(frozen=True, slots=True)
class RustReading:
    """The files that a run read, where none may appear, and what of the environment it heeded."""

    inputs: tuple[Input, ...]
    absent: frozenset[str]
    heeded: Heeded
    listed: tuple[tuple[str, str], ...] = ()

    def gather(self, ticket: Ticket, rooms: Rooms) -> Evidence | NotStored:  # noqa: ARG002 (others search)
        """Return what the run rested on: all of it was found out while the front waited."""
        appeared = next((path for path in sorted(self.absent) if os.path.lexists(path)), None)
        if appeared is not None:
            return NotStored(Reason.APPEARED_DURING_COMPILE, appeared)
        places = Places({}, (), listed=self.listed).with_absent(self.absent)
        return Evidence(self.inputs, places, self.heeded)


def read_rust(ticket: Ticket, report: RustDepInfo, rooms: Rooms) -> RustReading | NotStored:
    """Return what the run read, proven unmoved since it started."""
    job = ticket.job
    told = _told_aside(ticket, report) if report.aside else _dep_info(job.locate(report.path))
    if not told.files:
        return NotStored(Reason.NO_REPORT, report.path)
    trails = Trails(ticket.started_ns)
    moved = unmoved_answer_files(ticket, trails)
    if moved is not None:
        return moved
    texts = [job.locate(os.fsdecode(name)) for name in told.files]
    crates = reached_crates(
        ticket.read_digests,
        crate_folders(report.folders, job.cwd),
        rooms,
        needs_objects=report.needs_objects,
    )
    stray = next(unnamed_crates(report.folders, job.cwd, (*ticket.read_digests, *crates.files)), None)
    if stray is not None:
        return NotStored(Reason.UNSEEN_INPUT, stray)
    linked = _linked_files(ticket, report)
    if isinstance(linked, NotStored):
        return linked
    sought = list(_library_places(ticket, report, texts, linked, rooms))
    there = [path for path in sought if os.path.isfile(path)]
    macros = _read_by_macros(told, (*ticket.read_digests, *crates.files), ticket, rooms)
    if isinstance(macros, NotStored):
        return macros
    paths = dict.fromkeys((*texts, *ticket.read_digests, *crates.files, *linked, *there, *macros.files))
    inputs = prove_unmoved(paths, trails, ticket, rooms)
    if isinstance(inputs, NotStored):
        return inputs
    absent = {*crates.absent, *sought, *macros.absent, *module_twins(texts)}.difference(there)
    taken = {path for path in absent if os.path.lexists(path)}
    late = next((path for path in sorted(taken) if not trails.is_old(path)), None)
    if late is not None:
        return NotStored(Reason.APPEARED_DURING_COMPILE, late)
    return RustReading(inputs, frozenset(absent - taken), macros.heeded, macros.listed)


@dataclass(frozen=True, slots=True)
class _ByMacros:
    """What of the environment was heeded, and what macros may have read: files, empty places, folders."""

    heeded: Heeded
    files: tuple[str, ...]
    absent: tuple[str, ...]
    listed: tuple[tuple[str, str], ...]


def _read_by_macros(
    told: DepInfo, crates: Iterable[str], ticket: Ticket, rooms: Rooms
) -> _ByMacros | NotStored:
    macros = _macros(crates, rooms)
    if isinstance(macros, NotStored):
        return macros
    invocation = ticket.job.request.invocation
    declared = read_declared(invocation.env, invocation.cwd) if macros else Declared()
    if isinstance(declared, NotStored):
        return declared
    listed = listings(declared.folders, ticket.started_ns)
    if isinstance(listed, NotStored):
        return listed
    heeded = Heeded((*map(os.fsdecode, told.variables), *declared.variables), macros)
    files = (*declared.files, *_manifests(ticket, heeded, rooms))
    return _ByMacros(heeded, files, declared.absent, listed)


def _told_aside(ticket: Ticket, report: RustDepInfo) -> DepInfo:
    job = ticket.job
    path = f"{ticket.report_path}.rust"
    try:
        env = {**job.request.invocation.env, "ZCCACHE_GUARD": "run"}
        run_quietly([job.program, *report.aside, f"--emit=dep-info={path}"], job.cwd, env)
        return _dep_info(path)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(path)


def _dep_info(path: str) -> DepInfo:
    try:
        with open(path, "rb") as file:
            return parse_dep_info(file.read())
    except OSError:
        return DepInfo((), ())


def module_twins(texts: Iterable[str]) -> Iterator[str]:
    """Yield the other place of each module: where both are there, rustc does not compile."""
    for path in texts:
        folder, name = os.path.split(path)
        if name == "mod.rs":
            yield f"{folder}.rs"
        elif name.endswith(".rs"):
            yield os.path.join(folder, name[:-3], "mod.rs")


def _linked_files(ticket: Ticket, report: RustDepInfo) -> tuple[str, ...] | NotStored:
    """Return what the linker read, but for what is part of the compiler and what the run itself made."""
    if not report.linker_words:
        return ()
    job = ticket.job
    try:
        with open(ticket.report_path, "rb") as file:
            named = parse_depfile(file.read())
    except OSError:
        named = ()
    if not named:
        return NotStored(Reason.NO_REPORT, "the linker left no report")
    own = {known.path for known in job.toolchain.files}
    paths = dict.fromkeys(os.path.normpath(job.locate(name)) for name in named)
    return tuple(path for path in paths if path not in own and not _is_of_the_run(path))


def _is_of_the_run(path: str) -> bool:
    return _OF_THE_RUN.search(path) is not None and not os.path.lexists(path)


def _library_places(
    ticket: Ticket, report: RustDepInfo, texts: list[str], linked: tuple[str, ...], rooms: Rooms
) -> Iterator[str]:
    """Yield where native libraries were sought, also where another one would have come first."""
    folders = native_folders(report.folders, ticket.job.cwd)
    if linked:
        yield from library_places(names_of_files(linked), driver_folders(ticket.job, rooms))
    if not folders:
        return
    read = []
    for path in texts:
        with open(path, "rb") as file:
            read.append(file.read())
    names = (*library_names(report.libraries), *names_of_files(linked), *names_in_texts(folders, read))
    yield from library_places(names, folders)


def _macros(paths: Iterable[str], rooms: Rooms) -> tuple[Digest, ...] | NotStored:
    """Return the libraries of macros; another .so is a crate whose metadata may be packed."""
    macros = []
    for path in dict.fromkeys(path for path in paths if path.endswith(".so")):
        known = rooms.digests.known(path)
        if known is None or not learn_macros(path, known.digest, rooms):
            return NotStored(Reason.UNSEEN_INPUT, path)
        macros.append(known.digest)
    return tuple(sorted(macros))


def _manifests(ticket: Ticket, heeded: Heeded, rooms: Rooms) -> tuple[str, ...]:
    """Return the manifest, where a macro asks for its folder: it is what such a macro reads."""
    folder = ticket.job.request.invocation.env.get(_MANIFEST)
    if folder is None or not heeded_names(heeded.macros, (_MANIFEST,), rooms):
        return ()
    places = (os.path.join(place, "Cargo.toml") for place in (folder, ticket.job.cwd))
    return tuple(path for path in dict.fromkeys(places) if os.path.isfile(path))
