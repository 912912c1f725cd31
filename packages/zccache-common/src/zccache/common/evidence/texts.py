"""Knows what a compile of C and its kin read, and where it looked for headers in vain.

Anything that cannot be proven ends in NotStored with its reason; nothing is ever guessed.
"""

import os

from zccache.common.asking import ask_assembler_next_time
from zccache.common.command.plan import ASSEMBLERS, Dialect, OutputKind
from zccache.common.command.reports import NoReport, UserDepfile
from zccache.common.evidence.assembled import assembled_files, places_before
from zccache.common.evidence.doubts import refused_trait
from zccache.common.evidence.folders import with_folders
from zccache.common.evidence.precompiled import MODULE_SUFFIX, contents_of
from zccache.common.evidence.proof import Evidence, prove_unmoved, unmoved_answer_files
from zccache.common.evidence.told import told_names
from zccache.common.freshness import Trails
from zccache.common.includes.candidates import plain
from zccache.common.includes.closure import closure
from zccache.common.includes.disk import LocalDisk
from zccache.common.includes.line_marks import COMPUTED_MARKER, UNKNOWABLE
from zccache.common.includes.places import Opaque, Places, find_places
from zccache.common.includes.scanner import Scan
from zccache.common.includes.search import SearchPath
from zccache.common.index.entries import Input
from zccache.common.reasons import Reason
from zccache.common.request import NotStored, Ticket
from zccache.common.rooms import Rooms
from zccache.common.values import dataclass


@dataclass(frozen=True, slots=True)
class TextsReading:
    """What a compile read, by its report, and how each lay on disk when it had ended.

    texts are the inputs that the preprocessor read, assembled those that the assembler
    names; None where it names nothing.
    """

    search: SearchPath | None
    trails: Trails
    inputs: tuple[Input, ...]
    texts: frozenset[str]
    assembled: tuple[str, ...] | None

    def gather(self, ticket: Ticket, rooms: Rooms) -> Evidence | NotStored:
        """Return what the compile rested on: what it read, and where it searched in vain."""
        return _gather(ticket, self, rooms)


def read_texts(ticket: Ticket, printed: bytes, rooms: Rooms) -> TextsReading | NotStored:
    """Return what the compile read, proven unmoved since it started; printed was on its standard output."""
    job = ticket.job
    unit = job.unit
    named = told_names(ticket, printed)
    if isinstance(named, NotStored):
        return named
    search: SearchPath | None = None
    if not isinstance(unit.report, NoReport):
        search = rooms.header_search.path_for(
            job.toolchain,
            job.plan.search_words,
            unit.language,
            job.cwd,
            job.request.invocation.env,
        )
        if search is None:
            return NotStored(Reason.NO_REPORT, "the compiler does not tell its search path")
        named = _completed(named, ticket, search, rooms)
    if isinstance(named, NotStored):
        return named
    trails = Trails(ticket.started_ns)
    moved = unmoved_answer_files(ticket, trails)
    if moved is not None:
        return moved
    assembled = assembled_files(ticket)
    texts = dict.fromkeys(job.locate(name) for name in (unit.source, *named, *ticket.read_digests))
    paths = {**texts, **dict.fromkeys(map(job.locate, assembled or ()))}
    inputs = prove_unmoved(paths, trails, ticket, rooms)
    if isinstance(inputs, NotStored):
        return inputs
    return TextsReading(search, trails, inputs, frozenset(texts), assembled)


def _gather(ticket: Ticket, reading: TextsReading, rooms: Rooms) -> Evidence | NotStored:
    """Return what the compile rested on: what it read, and where it searched in vain."""
    headers = {plain(ticket.job.locate(name)) for name in ticket.job.plan.precompiled}
    while True:
        inputs = _with_contents(headers, reading, ticket, rooms)
        if isinstance(inputs, NotStored):
            return inputs
        raw = {item.path for item in reading.inputs} - reading.texts
        texts = tuple(item for item in inputs if item.path not in raw and not _is_binary(item.path, headers))
        refused = refused_trait(texts, ticket, rooms, assembler_told=reading.assembled is not None)
        if refused is not None:
            if refused.reason is Reason.ASSEMBLER_INCLUDE:
                ask_assembler_next_time(ticket, rooms)
            return refused
        places: Places | NotStored = Places({}, ())
        if reading.search is not None:
            known = {item.path for item in reading.inputs}
            added = {item.path for item in inputs if item.path not in known}
            added.update(path for header in headers for path in contents_of(header, rooms) or ())
            named = frozenset(map(plain, (*added, *ticket.read_digests)))
            places = _find_places(texts, headers, named, ticket, reading.search, rooms)
        if reading.search is not None and not isinstance(places, NotStored):
            places = with_folders(places, ticket, reading.search)
        if not isinstance(places, NotStored):
            places = _with_assembled(places, reading, ticket)
        if not isinstance(places, NotStored):
            return _with_marked_files(Evidence(inputs, places), texts, reading.trails, ticket, rooms)
        if places.reason is not Reason.PRECOMPILED_HEADER or places.detail in headers:
            return places
        headers.add(places.detail)


def _is_binary(path: str, headers: set[str]) -> bool:
    return path.endswith(MODULE_SUFFIX) or plain(path) in headers


def _with_assembled(places: Places, reading: TextsReading, ticket: Ticket) -> Places | NotStored:
    """Return the places with those in which the assembler looked before it found what it read."""
    candidates = places_before(ticket, reading.assembled or ())
    there = {path for path in candidates if os.path.lexists(path)}
    for path in sorted(there):
        # A path can be cut into folder and name in several ways: what was there before was not sought.
        if not reading.trails.is_old(path):
            return NotStored(Reason.APPEARED_DURING_COMPILE, path)
    return places.with_absent(candidates - there)


def _with_contents(
    headers: set[str], reading: TextsReading, ticket: Ticket, rooms: Rooms
) -> tuple[Input, ...] | NotStored:
    """Return the inputs with precompiled headers, and with all that these were made from."""
    inputs = {item.path: item for item in reading.inputs}
    for header in sorted(headers):
        contents = contents_of(header, rooms)
        if contents is None:
            return NotStored(Reason.PRECOMPILED_HEADER, header)
        beside = [header[:-4]] if os.path.isfile(header[:-4]) else []
        added = dict.fromkeys((header, *beside, *contents))
        proven = prove_unmoved(added, reading.trails, ticket, rooms)
        if isinstance(proven, NotStored):
            return NotStored(Reason.PRECOMPILED_HEADER, proven.detail)
        for item in proven:
            if contents.get(item.path, item.digest) != item.digest:
                return NotStored(Reason.PRECOMPILED_HEADER, item.path)
            inputs.setdefault(item.path, item)
    return tuple(inputs.values())


def _completed(
    named: tuple[str, ...], ticket: Ticket, search: SearchPath, rooms: Rooms
) -> tuple[str, ...] | NotStored:
    """Return the names with those that the user's own depfile leaves out."""
    job = ticket.job
    unit = job.unit
    if not isinstance(unit.report, UserDepfile) or unit.report.complete:
        return named
    reached = closure(
        source=unit.source,
        force_includes=unit.force_includes,
        search=search,
        scans=lambda path: _scan_now(job.locate(path), rooms),
        disk=LocalDisk(rooms.listings.names_in),
        cwd=job.cwd,
    )
    return NotStored(reached.reason, reached.detail) if isinstance(reached, Opaque) else (*named, *reached)


def _with_marked_files(
    evidence: Evidence, texts: tuple[Input, ...], trails: Trails, ticket: Ticket, rooms: Rooms
) -> Evidence | NotStored:
    """Return the evidence with the files that gcc may have quoted in a diagnostic, there or not."""
    job = ticket.job
    if job.plan.dialect is not Dialect.GCC:
        return evidence
    marks = {mark for item in texts for mark in rooms.scan_of(item.path, item.digest).marks}
    if job.unit.language in ASSEMBLERS:
        marks.discard(COMPUTED_MARKER)
    if not marks.isdisjoint({UNKNOWABLE, COMPUTED_MARKER}):
        return NotStored(Reason.UNSEEN_INPUT, "#line with a computed name")
    paths = {plain(job.locate(mark)) for mark in sorted(marks)} - {item.path for item in evidence.inputs}
    there = dict.fromkeys(path for path in sorted(paths) if os.path.lexists(path))
    quoted = prove_unmoved(there, trails, ticket, rooms)
    if isinstance(quoted, NotStored):
        return quoted
    return Evidence((*evidence.inputs, *quoted), evidence.places.with_absent(paths - there.keys()))


def _find_places(
    inputs: tuple[Input, ...],
    headers: set[str],
    named: frozenset[str],
    ticket: Ticket,
    search: SearchPath,
    rooms: Rooms,
) -> Places | NotStored:
    job = ticket.job
    digests = {item.path: item.digest for item in inputs}
    found = find_places(
        source=job.locate(job.unit.source),
        inputs=tuple(item.path for item in inputs),
        force_includes=job.unit.force_includes,
        search=search,
        scans=lambda path: rooms.scan_of(path, digests[path]),
        disk=LocalDisk(rooms.listings.names_in),
        cwd=job.cwd,
        dialect=job.plan.dialect,
        macro_values=job.plan.macro_values,
        started_ns=ticket.started_ns,
        precompiled=frozenset(headers),
        makes_precompiled=any(o.kind is OutputKind.PRECOMPILED_HEADER for o in job.unit.outputs),
        searches_includers=job.plan.searches_includers,
        named=named,
    )
    return NotStored(found.reason, found.detail) if isinstance(found, Opaque) else found


def _scan_now(path: str, rooms: Rooms) -> Scan:
    known = rooms.digests.known(path)
    if known is None:
        raise FileNotFoundError(path)
    return rooms.scan_of(path, known.digest)
