"""Knows how a compile that has just run becomes a record: what it read, where it looked, what it wrote.

Anything that cannot be proven ends in NotStored with its reason; nothing is ever guessed.
"""

import contextlib
import os
import stat
from dataclasses import dataclass

from zccache.common.asking import ask_assembler_next_time
from zccache.common.assembled import assembled_files, places_before
from zccache.common.blobs import Blob
from zccache.common.command.plan import AddedHeaderList, Dialect, NoReport, OutputKind, UserDepfile
from zccache.common.digests import Digest, digest_bytes, signature_of
from zccache.common.doubts import refused_trait
from zccache.common.errors import IndexUnavailable, StoreUnavailable
from zccache.common.freshness import Trails, changed_ns
from zccache.common.includes.candidates import plain
from zccache.common.includes.closure import closure
from zccache.common.includes.depfile import parse_depfile
from zccache.common.includes.disk import LocalDisk
from zccache.common.includes.line_marks import UNKNOWABLE
from zccache.common.includes.places import Opaque, Places, find_places
from zccache.common.includes.scanner import Scan
from zccache.common.includes.search import SearchPath
from zccache.common.index.entries import Input, StoredOutput
from zccache.common.precompiled import contents_of
from zccache.common.reasons import Reason
from zccache.common.request import Finished, NotStored, Ticket
from zccache.common.rooms import Rooms

_NEVER_EMPTY = frozenset((OutputKind.OBJECT, OutputKind.ASSEMBLY, OutputKind.PRECOMPILED_HEADER))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a compile rested on: its inputs, and the places that were empty."""

    inputs: tuple[Input, ...]
    places: Places

    def digests(self) -> dict[str, Digest]:
        """Return the digest of each input by path, and under no path that of the places.

        Without these, an answer of __has_include would not tell two results apart.
        """
        return {"": digest_bytes(self.places.encode()), **{item.path: item.digest for item in self.inputs}}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a compile read, by its report, and how each lay on disk when it had ended.

    texts are the inputs that the preprocessor read, assembled those that the assembler
    names; None where it names nothing.
    """

    search: SearchPath | None
    trails: Trails
    inputs: tuple[Input, ...]
    texts: frozenset[str]
    assembled: tuple[str, ...] | None


def read_inputs(ticket: Ticket, rooms: Rooms) -> Reading | NotStored:
    """Return what the compile read, proven unmoved since it started."""
    job = ticket.job
    unit = job.unit
    if isinstance(unit.report, NoReport):
        named: tuple[str, ...] | NotStored = (unit.source,)
        search: SearchPath | None = None
    else:
        search = rooms.header_search.path_for(
            job.toolchain,
            job.plan.search_words,
            unit.language,
            job.cwd,
            job.request.invocation.env,
        )
        if search is None:
            return NotStored(Reason.NO_REPORT, "the compiler does not tell its search path")
        named = _named_inputs(ticket, search, rooms)
    if isinstance(named, NotStored):
        return named
    trails = Trails(ticket.started_ns)
    for name in job.plan.response_files:
        if not trails.is_old(job.locate(name)):
            return NotStored(Reason.INPUT_CHANGED, name)
    assembled = assembled_files(ticket)
    texts = dict.fromkeys(job.locate(name) for name in (unit.source, *named, *ticket.read_digests))
    paths = {**texts, **dict.fromkeys(map(job.locate, assembled or ()))}
    inputs = _prove_unmoved(paths, trails, ticket, rooms)
    if isinstance(inputs, NotStored):
        return inputs
    return Reading(search, trails, inputs, frozenset(texts), assembled)


def gather(ticket: Ticket, reading: Reading, rooms: Rooms) -> Evidence | NotStored:
    """Return what the compile rested on: what it read, and where it searched in vain."""
    headers = {plain(ticket.job.locate(name)) for name in ticket.job.plan.precompiled}
    while True:
        inputs = _with_contents(headers, reading, ticket, rooms)
        if isinstance(inputs, NotStored):
            return inputs
        raw = {item.path for item in reading.inputs} - reading.texts
        texts = tuple(item for item in inputs if item.path not in raw and plain(item.path) not in headers)
        refused = refused_trait(texts, ticket, rooms, assembler_told=reading.assembled is not None)
        if refused is not None:
            if refused.reason is Reason.ASSEMBLER_INCLUDE:
                ask_assembler_next_time(ticket, rooms)
            return refused
        places: Places | NotStored = Places({}, ())
        if reading.search is not None:
            places = _find_places(texts, headers, ticket, reading.search, rooms)
        if not isinstance(places, NotStored):
            places = _with_assembled(places, reading, ticket)
        if not isinstance(places, NotStored):
            return _with_marked_files(Evidence(inputs, places), texts, reading.trails, ticket, rooms)
        if places.reason is not Reason.PRECOMPILED_HEADER or places.detail in headers:
            return places
        headers.add(places.detail)


def _with_assembled(places: Places, reading: Reading, ticket: Ticket) -> Places | NotStored:
    """Return the places with those in which the assembler looked before it found what it read."""
    candidates = places_before(ticket, reading.assembled or ())
    there = {path for path in candidates if os.path.lexists(path)}
    for path in sorted(there):
        # A path can be cut into folder and name in several ways: what was there before was not sought.
        if not reading.trails.is_old(path):
            return NotStored(Reason.APPEARED_DURING_COMPILE, path)
    return places.with_absent(candidates - there)


def _with_contents(
    headers: set[str], reading: Reading, ticket: Ticket, rooms: Rooms
) -> tuple[Input, ...] | NotStored:
    """Return the inputs with precompiled headers, and with all that these were made from."""
    inputs = {item.path: item for item in reading.inputs}
    for header in sorted(headers):
        contents = contents_of(header, rooms)
        if contents is None:
            return NotStored(Reason.PRECOMPILED_HEADER, header)
        beside = [header[:-4]] if os.path.isfile(header[:-4]) else []
        added = dict.fromkeys((header, *beside, *contents))
        proven = _prove_unmoved(added, reading.trails, ticket, rooms)
        if isinstance(proven, NotStored):
            return NotStored(Reason.PRECOMPILED_HEADER, proven.detail)
        for item in proven:
            if contents.get(item.path, item.digest) != item.digest:
                return NotStored(Reason.PRECOMPILED_HEADER, item.path)
            inputs.setdefault(item.path, item)
    return tuple(inputs.values())


def collect_outputs(ticket: Ticket, rooms: Rooms) -> tuple[StoredOutput, ...] | NotStored:
    """Put every file that the compile wrote into the store; raise StoreUnavailable."""
    stored = []
    for output in ticket.job.unit.outputs:
        path = ticket.job.locate(output.path)
        status = _written(path, ticket.started_ns)
        if status is None:
            if output.required:
                return NotStored(Reason.OUTPUT_MISSING, output.path)
            continue
        if not stat.S_ISREG(status.st_mode):
            return NotStored(Reason.OUTPUT_NOT_A_FILE, output.path)
        if output.kind in _NEVER_EMPTY and not status.st_size:
            return NotStored(Reason.OUTPUT_MISSING, output.path)
        # What is rewritten in place has kept the mode that somebody gave it.
        mode_bits = 0o777 if status.st_mode & 0o100 and not output.in_place else 0o666
        stored.append(StoredOutput(output.path, rooms.artifacts.put_file(path), mode_bits))
    return tuple(stored)


@dataclass(frozen=True, slots=True)
class Captured:
    """A compile that has ended, and all of it that the build may change from now on."""

    ticket: Ticket
    finished: Finished
    reading: Reading
    outputs: tuple[StoredOutput, ...]

    def blobs(self) -> list[Blob]:
        """Return what its outputs have put into the store."""
        return [output.blob for output in self.outputs]


def discard_unheld(blobs: list[Blob], rooms: Rooms) -> None:
    """Remove blobs that no entry holds, since the result they belong to is not kept."""
    with contextlib.suppress(StoreUnavailable, IndexUnavailable):
        digests = [blob.digest for blob in blobs]
        for digest in set(digests) - rooms.index.held(digests):
            rooms.artifacts.remove(digest)


def _written(path: str, started_ns: int) -> os.stat_result | None:
    """Return the status of an output, or None where nothing is or what is there is from before."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status if changed_ns(signature_of(status)) >= started_ns else None


def _named_inputs(ticket: Ticket, search: SearchPath, rooms: Rooms) -> tuple[str, ...] | NotStored:
    job = ticket.job
    unit = job.unit
    report = unit.report
    path = job.locate(report.path) if isinstance(report, UserDepfile) else ticket.report_path
    try:
        with open(path, "rb") as file:
            text = file.read()
    except OSError:
        return NotStored(Reason.NO_REPORT, path)
    if isinstance(report, AddedHeaderList):
        return tuple(os.fsdecode(line) for line in text.splitlines() if line)
    named = parse_depfile(text)
    if not named:
        return NotStored(Reason.NO_REPORT, path)
    if isinstance(report, UserDepfile) and not report.complete:
        reached = closure(
            source=unit.source,
            force_includes=unit.force_includes,
            search=search,
            scans=lambda path: _scan_now(job.locate(path), rooms),
            disk=LocalDisk(),
            cwd=job.cwd,
        )
        return (
            NotStored(reached.reason, reached.detail) if isinstance(reached, Opaque) else (*named, *reached)
        )
    return named


def _prove_unmoved(
    paths: dict[str, None], trails: Trails, ticket: Ticket, rooms: Rooms
) -> tuple[Input, ...] | NotStored:
    """Return the inputs, each last changed, and put in its place, before the compile began."""
    inputs = []
    for path in paths:
        known = rooms.digests.known(path)
        if known is None:
            return NotStored(Reason.INPUT_MISSING, path)
        # No proof: somebody has it open for writing, and what the compiler saw cannot be told from its times.
        if not (known.is_proof and changed_ns(known.signature) < ticket.started_ns and trails.is_old(path)):
            return NotStored(Reason.INPUT_CHANGED, path)
        inputs.append(Input(path, known.digest, known.signature))
        if ticket.read_digests.get(path, known.digest) != known.digest:
            return NotStored(Reason.INPUT_CHANGED, path)
    return tuple(inputs)


def _with_marked_files(
    evidence: Evidence, texts: tuple[Input, ...], trails: Trails, ticket: Ticket, rooms: Rooms
) -> Evidence | NotStored:
    """Return the evidence with the files that gcc may have quoted in a diagnostic, there or not."""
    job = ticket.job
    if job.plan.dialect is not Dialect.GCC:
        return evidence
    marks = {mark for item in texts for mark in rooms.scan_of(item.path, item.digest).marks}
    if UNKNOWABLE in marks:
        return NotStored(Reason.UNSEEN_INPUT, "#line with a computed name")
    paths = {plain(job.locate(mark)) for mark in sorted(marks)} - {item.path for item in evidence.inputs}
    there = dict.fromkeys(path for path in sorted(paths) if os.path.lexists(path))
    quoted = _prove_unmoved(there, trails, ticket, rooms)
    if isinstance(quoted, NotStored):
        return quoted
    return Evidence((*evidence.inputs, *quoted), evidence.places.with_absent(paths - there.keys()))


def _find_places(
    inputs: tuple[Input, ...], headers: set[str], ticket: Ticket, search: SearchPath, rooms: Rooms
) -> Places | NotStored:
    job = ticket.job
    digests = {item.path: item.digest for item in inputs}
    found = find_places(
        source=job.locate(job.unit.source),
        inputs=tuple(item.path for item in inputs),
        force_includes=job.unit.force_includes,
        search=search,
        scans=lambda path: rooms.scan_of(path, digests[path]),
        disk=LocalDisk(),
        cwd=job.cwd,
        dialect=job.plan.dialect,
        macro_values=job.plan.macro_values,
        started_ns=ticket.started_ns,
        precompiled=frozenset(headers),
        makes_precompiled=any(o.kind is OutputKind.PRECOMPILED_HEADER for o in job.unit.outputs),
    )
    return NotStored(found.reason, found.detail) if isinstance(found, Opaque) else found


def _scan_now(path: str, rooms: Rooms) -> Scan:
    known = rooms.digests.known(path)
    if known is None:
        raise FileNotFoundError(path)
    return rooms.scan_of(path, known.digest)
