"""Knows how a whole cache is checked: the index, every row, every blob, and that they belong together.

Others may use the cache meanwhile: what is missing is looked for twice before it is called so.
"""

import os
import time
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from zccache.common.blobs import Blob
from zccache.common.digests import Digest
from zccache.common.errors import ArtifactMissing, BadBytes
from zccache.common.includes.places import Places
from zccache.common.index.database import Index
from zccache.common.index.entry_bytes import decode_entry
from zccache.common.index.opening import complaints, identity, set_aside
from zccache.common.index.record_bytes import decode_record
from zccache.common.keys import Key
from zccache.common.layout import Layout
from zccache.common.store.artifacts import Artifacts
from zccache.common.store.eviction import sweep_litter, sweep_orphans


class Kind(Enum):
    """What can be wrong; the value says it for people."""

    INDEX = "the index is damaged"
    ENTRY = "a result does not decode"
    RECORD = "a record does not decode"
    LEADS_NOWHERE = "a record leads to no result"
    COUNT = "the totals are not those of the results"
    DAMAGED = "an artifact does not hold what its name says"
    MISSING = "an artifact of a result is missing"
    LENGTH = "an artifact has another length than its result says"


class Problem(NamedTuple):
    """One thing that is wrong, and where."""

    kind: Kind
    where: str


class Inspected(NamedTuple):
    """What was looked at, what is wrong, and what lies there that nobody needs (no problem)."""

    entries: int
    records: int
    artifacts: int
    bytes: int
    problems: list[Problem]
    litter: int


class _Blobs(NamedTuple):
    """What lies in the store: the length of each blob that is whole."""

    whole: dict[Digest, int]
    damaged: list[Digest]


def inspect(layout: Layout, *, repair: bool) -> Inspected:
    """Check a cache, and with repair take out of it what is wrong; raise IndexUnavailable, StoreUnavailable.

    Repaired is: a damaged index is set aside and begun anew, a damaged artifact is set
    aside, a result that misses something is removed (a compile stores it anew), litter goes.
    """
    problems = [Problem(Kind.INDEX, text) for text in complaints(layout)]
    if problems and not repair:
        return Inspected(0, 0, 0, 0, problems, 0)
    if problems:
        set_aside(layout, identity(layout.index), "damaged")
    artifacts, index = Artifacts(layout), Index.open(layout)
    try:
        blobs = _hash_all(artifacts)
        problems += (Problem(Kind.DAMAGED, digest.hex()) for digest in blobs.damaged)
        bad: set[Key] = set()
        entries = _check_entries(index, artifacts, blobs, problems, bad)
        records = _check_records(index, problems, bad)
        if not index.is_counted_right():
            problems.append(Problem(Kind.COUNT, "totals"))
        if repair:
            litter = _repair(layout, index, artifacts, blobs, bad)
        else:
            litter = len(blobs.whole) - len(index.held(list(blobs.whole)))
        return Inspected(entries, records, len(blobs.whole), sum(blobs.whole.values()), problems, litter)
    finally:
        index.close()


def _hash_all(artifacts: Artifacts) -> _Blobs:
    blobs = _Blobs({}, [])
    for digest, entry in artifacts.digests():
        try:
            if artifacts.verify(digest):
                blobs.whole[digest] = entry.stat(follow_symlinks=False).st_size
            else:
                blobs.damaged.append(digest)
        except (ArtifactMissing, FileNotFoundError):
            continue
    return blobs


def _check_entries(
    index: Index, artifacts: Artifacts, blobs: _Blobs, problems: list[Problem], bad: set[Key]
) -> int:
    count = 0
    for row in index.all_entries():
        count += 1
        try:
            entry = decode_entry(row.result, row.value)
            if set(entry.blobs()) != set(row.blobs):
                raise BadBytes("entry: its list of artifacts is another")
        except BadBytes as error:
            problems.append(Problem(Kind.ENTRY, f"{row.result.hex()}: {error}"))
            bad.add(row.result)
            continue
        wrong = list(_wrong_blobs(row.blobs, artifacts, blobs))
        if wrong and index.entry(row.result) is not None:
            where = f"{entry.source} ({row.result.hex()})"
            problems += (Problem(kind, f"{digest.hex()} of {where}") for kind, digest in wrong)
            bad.add(row.result)
    return count


def _wrong_blobs(needed: list[Blob], artifacts: Artifacts, blobs: _Blobs) -> Iterator[tuple[Kind, Digest]]:
    for blob in needed:
        length = blobs.whole.get(blob.digest)
        if length is None and blob.digest in blobs.damaged:
            yield Kind.DAMAGED, blob.digest
        elif length is None and not os.path.exists(artifacts.path(blob.digest)):
            yield Kind.MISSING, blob.digest
        elif length is not None and length != blob.size_bytes:
            yield Kind.LENGTH, blob.digest


def _check_records(index: Index, problems: list[Problem], bad: set[Key]) -> int:
    count = 0
    for row in index.all_records():
        count += 1
        try:
            Places.decode(decode_record(row.result, row.value).places)
        except BadBytes as error:
            problems.append(Problem(Kind.RECORD, f"{row.seq} of {row.result.hex()}: {error}"))
            bad.add(row.result)
        if not row.has_entry:
            problems.append(Problem(Kind.LEADS_NOWHERE, f"{row.seq} of {row.result.hex()}"))
            bad.add(row.result)
    return count


def _repair(layout: Layout, index: Index, artifacts: Artifacts, blobs: _Blobs, bad: set[Key]) -> int:
    """Take out what is wrong and return how much litter went."""
    for digest in blobs.damaged:
        artifacts.set_aside(digest)
    index.remove(bad)
    index.count_anew()
    now_ns = time.time_ns()
    return sweep_orphans(index, artifacts, now_ns=now_ns) + sweep_litter(layout, now_ns=now_ns)
