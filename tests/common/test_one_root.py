"""Many processes on one cache root: store, index and eviction hold together whatever meets."""

import multiprocessing
import os
import random
import sqlite3
import time
from pathlib import Path

from results import a_record, an_entry, key_of, new_layout
from zccache.common.errors import ArtifactMissing
from zccache.common.index.database import Index
from zccache.common.layout import Layout
from zccache.common.store.artifacts import Artifacts
from zccache.common.store.delivery import Placement, SignatureMemo, deliver
from zccache.common.store.eviction import trim

SPAWN = multiprocessing.get_context("spawn")
PROCESSES = 4
STEPS = 150
UNITS = 40
LIMIT_BYTES = 3_000_000


def object_of(unit: int) -> bytes:
    """Return what unit compiles to: some larger, some smaller than what is kept in memory."""
    return random.Random(unit).randbytes(200 + unit * 5000)


def depfile_of(unit: int) -> bytes:
    """Return a second output; units share it by threes."""
    return b"out: in\n" * (unit // 3 + 1)


def build(root: str, folder: str, seed: int) -> None:
    """Do what a build does, in any order: look up, deliver, else store and record; trim now and then."""
    layout = Layout(root)
    index, artifacts, memo = Index.open(layout), Artifacts(layout), SignatureMemo()
    choice = random.Random(seed)
    for _ in range(STEPS):
        unit = choice.randrange(UNITS)
        result = key_of(f"unit {unit}")
        if not build_from_cache(index, artifacts, memo, folder, unit):
            blobs = artifacts.put_bytes(object_of(unit)), artifacts.put_bytes(depfile_of(unit))
            index.add_record(result, a_record(result, f"/{unit}.c"), an_entry(result, *blobs))
            index.add_counts({"misses": 1})
        if choice.random() < 0.1:
            trim(layout, index, artifacts, limit_bytes=LIMIT_BYTES, now_ns=time.time_ns())
    index.close()


def build_from_cache(index: Index, artifacts: Artifacts, memo: SignatureMemo, folder: str, unit: int) -> bool:
    for record in index.records(key_of(f"unit {unit}")):
        entry = index.entry(record.result)
        if entry is None:
            continue
        placements = [
            Placement(output.blob, f"{folder}/{unit}.{at}", output.mode_bits)
            for at, output in enumerate(entry.outputs)
        ]
        try:
            deliver(artifacts, placements, umask=0o022, memo=memo)
        except ArtifactMissing:
            return False
        outputs = [Path(placement.destination).read_bytes() for placement in placements]
        assert outputs == [object_of(unit), depfile_of(unit)]
        index.touch([record.result], time.time_ns())
        index.add_counts({"hits": 1})
        return True
    return False


def test_many_processes_on_one_root_leave_it_whole(tmp_path: Path) -> None:
    """hazard 103"""
    layout = new_layout(tmp_path)
    folders = [tmp_path / f"build {at}" for at in range(PROCESSES)]
    for folder in folders:
        folder.mkdir()
    builders = [
        SPAWN.Process(target=build, args=(layout.root, str(folder), seed))
        for seed, folder in enumerate(folders)
    ]

    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join(120)

    assert [builder.exitcode for builder in builders] == [0] * PROCESSES
    check_whole(layout)
    assert os.listdir(layout.tmp) == []
    assert os.listdir(layout.crashes) == []
    assert [name for folder in folders for name in os.listdir(folder) if "zccache" in name] == []


def check_whole(layout: Layout) -> None:
    index, artifacts = Index.open(layout), Artifacts(layout)
    counts = index.counts()
    assert counts["hits"] + counts["misses"] == PROCESSES * STEPS
    assert counts["hits"] > 0
    held: dict[bytes, int] = {}
    missing = 0
    for unit in range(UNITS):
        records = list(index.records(key_of(f"unit {unit}")))
        assert len(records) <= 1
        entry = index.entry(key_of(f"unit {unit}"))
        assert (entry is None) == (not records)
        for blob in entry.blobs() if entry is not None else ():
            held[blob.digest] = blob.size_bytes
            try:
                assert artifacts.verify(blob.digest)
            except ArtifactMissing:
                # Stored by one process in the instant in which another evicted it: a clean miss.
                missing += 1
    assert missing <= PROCESSES
    totals = index.totals()
    index.close()
    database = sqlite3.connect(layout.index)
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    rows = dict(database.execute("SELECT digest, size_bytes FROM artifacts"))
    pages, unused, page_bytes = (
        database.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_count", "freelist_count", "page_size")
    )
    database.close()
    assert rows == held
    blocks = sum(-(-size // 4096) * 4096 for size in held.values())
    assert totals.bytes == blocks + (pages - unused) * page_bytes
    assert totals.artifacts == len(held)
