"""Checking a whole cache: each way to be wrong is found, told apart, and taken out by a repair."""

import os
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from results import a_record, an_entry, key_of, new_layout
from zccache.common.blobs import Blob
from zccache.common.includes.places import Places
from zccache.common.index.database import Index
from zccache.common.inspection import Kind, inspect
from zccache.common.layout import Layout
from zccache.common.store.artifacts import Artifacts

HOUR_NS = 3_600 * 10**9


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Hand out a cache of three results, each with a blob of its own and one that they share."""
    layout = new_layout(tmp_path)
    index = Index.open(layout)
    for number in range(3):
        add(index, Artifacts(layout), str(number))
    index.close()
    return layout


def add(index: Index, artifacts: Artifacts, name: str) -> None:
    result = key_of(name)
    blobs = artifacts.put_bytes(name.encode() * 5000), artifacts.put_bytes(b"shared")
    record = a_record(result, "/a.c", places=Places({}, ()).encode())
    index.add_record(key_of(f"context {name}"), record, an_entry(result, *blobs))


def path_of(layout: Layout, data: bytes) -> Path:
    artifacts = Artifacts(layout)
    return Path(artifacts.path(artifacts.put_bytes(data).digest))


def flip(layout: Layout) -> None:
    """Change one byte of a blob, and put the time back."""
    path = path_of(layout, b"1" * 5000)
    before = path.stat()
    path.chmod(0o644)
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"2")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def remove(layout: Layout) -> None:
    path_of(layout, b"1" * 5000).unlink()


def run_sql(*statements: str) -> Callable[[Layout], None]:
    def run(layout: Layout) -> None:
        connection = sqlite3.connect(layout.index)
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()

    return run


def zero_pages(layout: Layout) -> None:
    with open(layout.index, "r+b") as file:
        file.seek(4096 * 3)
        file.write(bytes(4096 * 4))


def overwrite(layout: Layout) -> None:
    Path(layout.index).write_bytes(b"no database at all" * 1000)


def another_length(layout: Layout) -> None:
    index = Index.open(layout)
    blob = Artifacts(layout).put_bytes(b"1" * 5000)
    result = key_of("1")
    index.add_record(
        key_of("context 1"),
        a_record(result, places=Places({}, ()).encode()),
        an_entry(result, Blob(blob.digest, 4999)),
    )
    index.close()


DAMAGES: dict[str, tuple[Callable[[Layout], None], set[Kind], int]] = {
    "a flipped byte": (flip, {Kind.DAMAGED}, 2),
    "a missing blob": (remove, {Kind.MISSING}, 2),
    "another length": (another_length, {Kind.LENGTH}, 2),
    "an entry of other bytes": (
        run_sql("UPDATE entries SET value = x'0102'"),
        {Kind.ENTRY},
        0,
    ),
    "a record of other bytes": (
        run_sql("UPDATE records SET value = zeroblob(60) WHERE seq = 2"),
        {Kind.RECORD},
        2,
    ),
    "a record without its entry": (
        run_sql("DELETE FROM entries WHERE result = (SELECT result FROM records WHERE seq = 2)"),
        {Kind.LEADS_NOWHERE, Kind.COUNT},
        2,
    ),
    "wrong totals": (run_sql("UPDATE totals SET bytes = 7"), {Kind.COUNT}, 3),
    "wrong holders": (run_sql("UPDATE artifacts SET holders = holders + 1"), {Kind.COUNT}, 3),
    "zeroed pages": (zero_pages, {Kind.INDEX}, 0),
    "no database": (overwrite, {Kind.INDEX}, 0),
    "another format": (run_sql("PRAGMA user_version = 99"), {Kind.INDEX}, 0),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_what_is_wrong_is_told_and_a_repair_leaves_a_cache_without_fault(layout: Layout, name: str) -> None:
    damage, kinds, left = DAMAGES[name]
    assert inspect(layout, repair=False).problems == []
    damage(layout)

    told = inspect(layout, repair=False)
    again = inspect(layout, repair=False)
    repaired = inspect(layout, repair=True)
    after = inspect(layout, repair=False)

    assert {problem.kind for problem in told.problems} == kinds
    assert {problem.kind for problem in again.problems} == kinds
    assert {problem.kind for problem in repaired.problems} == kinds
    assert after.problems == []
    assert after.entries == left


def test_a_sound_cache_is_counted_and_left_as_it_is(layout: Layout) -> None:
    before = Path(layout.index).read_bytes()

    found = inspect(layout, repair=False)

    assert found.problems == []
    assert (found.entries, found.records, found.artifacts, found.litter) == (3, 3, 4, 0)
    assert found.bytes == 3 * 5000 + len(b"shared")
    assert Path(layout.index).read_bytes() == before


def test_what_no_result_needs_is_litter_and_no_problem(layout: Layout) -> None:
    old, young = path_of(layout, b"old orphan"), path_of(layout, b"young orphan")
    os.utime(old, ns=(0, time.time_ns() - 2 * HOUR_NS))

    told = inspect(layout, repair=False)
    repaired = inspect(layout, repair=True)

    assert (told.problems, told.litter) == ([], 2)
    assert (repaired.problems, repaired.litter) == ([], 1)
    assert (old.exists(), young.exists()) == (False, True)


def test_what_comes_and_goes_meanwhile_is_no_problem(layout: Layout) -> None:
    index, artifacts = Index.open(layout), Artifacts(layout)
    is_over = threading.Event()

    def come_and_go() -> None:
        number = 0
        while not is_over.is_set():
            add(index, artifacts, f"busy {number % 7}")
            for digest in index.evict_least_used(1).blobs:
                artifacts.remove(digest)
            number += 1

    thread = threading.Thread(target=come_and_go)
    thread.start()
    try:
        found = [problem for _ in range(30) for problem in inspect(layout, repair=False).problems]
    finally:
        is_over.set()
        thread.join()
        index.close()

    assert found == []
