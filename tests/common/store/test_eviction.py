"""Trimming: below the limit, least recently used first, litter and orphans gone, nothing else."""

import fcntl
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from results import a_record, an_entry, key_of, new_layout
from zccache.common.errors import ArtifactMissing
from zccache.common.index.database import Index
from zccache.common.layout import Layout
from zccache.common.store.artifacts import Artifacts
from zccache.common.store.eviction import Trimmed, evict, make_room, sweep_litter, trim

DAY_NS = 86_400 * 10**9
NOW_NS = 2_000_000_000 * 10**9


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return new_layout(tmp_path)


@pytest.fixture
def index(layout: Layout) -> Iterator[Index]:
    opened = Index.open(layout)
    yield opened
    opened.close()


def fill(layout: Layout, index: Index, count: int, size_bytes: int) -> Artifacts:
    """Keep results 0, 1, 2 ..., last used in that order, with a blob of their own each."""
    artifacts = Artifacts(layout)
    for number in range(count):
        result = key_of(str(number))
        blob = artifacts.put_bytes(number.to_bytes(4, "little") * (size_bytes // 4))
        index.add_record(result, a_record(result), an_entry(result, blob))
        index.touch([result], number)
    return artifacts


def disk_bytes(layout: Layout) -> int:
    """Return what the cache takes on disk, as du counts it."""
    files = [
        os.path.join(folder, name) for folder, _, names in os.walk(layout.artifacts) for name in names
    ] + [layout.index]
    return sum(os.stat(path).st_blocks * 512 for path in files)


def test_below_the_limit_nothing_goes(layout: Layout, index: Index) -> None:
    artifacts = fill(layout, index, 10, 8192)
    before = index.totals()

    for limit_bytes in (0, before.bytes * 100 // 97 + 1):
        trimmed = trim(layout, index, artifacts, limit_bytes=limit_bytes, now_ns=NOW_NS)
        assert trimmed == Trimmed(0, 0)

    assert index.totals() == before


def test_above_the_limit_the_least_recently_used_go_from_the_disk(layout: Layout, index: Index) -> None:
    artifacts = fill(layout, index, 400, 100_000)
    index.touch([key_of("3")], NOW_NS)
    limit_bytes = index.totals().bytes // 2

    trimmed = trim(layout, index, artifacts, limit_bytes=limit_bytes, now_ns=NOW_NS)

    assert trimmed.entries > 0
    assert index.totals().bytes <= limit_bytes * 0.9
    assert disk_bytes(layout) <= limit_bytes * 1.05
    alive = [index.entry(key_of(str(number))) is not None for number in range(400)]
    assert alive[3]
    first_alive = alive.index(True, 4)
    assert not any(alive[4:first_alive])
    assert all(alive[first_alive:])
    for number in range(400):
        entry = index.entry(key_of(str(number)))
        if entry is not None:
            assert all(artifacts.verify(blob.digest) for blob in entry.blobs())
    assert len(list(artifacts.digests())) == index.totals().artifacts


def test_a_blob_that_another_entry_holds_stays(layout: Layout, index: Index) -> None:
    """hazard 102"""
    artifacts = Artifacts(layout)
    shared = artifacts.put_bytes(b"shared" * 10_000)
    for number in range(200):
        result = key_of(str(number))
        own = artifacts.put_bytes(number.to_bytes(4, "little") * 5000)
        index.add_record(result, a_record(result), an_entry(result, shared, own))
        index.touch([result], number)

    trim(layout, index, artifacts, limit_bytes=index.totals().bytes // 2, now_ns=NOW_NS)

    assert index.totals().entries > 0
    assert artifacts.verify(shared.digest)


def test_a_limit_of_next_to_nothing_empties_the_cache_and_ends(layout: Layout, index: Index) -> None:
    artifacts = fill(layout, index, 100, 8192)

    trim(layout, index, artifacts, limit_bytes=1, now_ns=NOW_NS)

    assert index.totals()[::2] == (0, 0)
    assert list(artifacts.digests()) == []


def test_orphans_go_when_they_are_old_and_stay_while_a_row_may_come(layout: Layout, index: Index) -> None:
    artifacts = fill(layout, index, 100, 8192)
    old, young = artifacts.put_bytes(b"old orphan"), artifacts.put_bytes(b"young orphan")
    os.utime(artifacts.path(old.digest), ns=(0, NOW_NS - DAY_NS))
    os.utime(artifacts.path(young.digest), ns=(0, NOW_NS - 10**9))

    trim(layout, index, artifacts, limit_bytes=1, now_ns=NOW_NS)

    with pytest.raises(ArtifactMissing):
        artifacts.open(old.digest)
    assert artifacts.verify(young.digest)


def test_litter_of_ours_goes_after_a_day(layout: Layout) -> None:
    ages_ns = {"17-0a1b2c3d-4": DAY_NS + 1, "17-5": DAY_NS - 10**9, "somebody's": DAY_NS * 9}
    for name, age_ns in ages_ns.items():
        file, folder = Path(layout.tmp, name), Path(layout.tmp, f"{name}.steps")
        file.write_bytes(b"half")
        folder.mkdir()
        (folder / "report.d").write_bytes(b"half")
        for path in (file, folder):
            os.utime(path, ns=(0, NOW_NS - age_ns))

    removed = sweep_litter(layout, now_ns=NOW_NS)

    assert removed == 2
    assert sorted(os.listdir(layout.tmp)) == ["17-5", "17-5.steps", "somebody's", "somebody's.steps"]


def used(index: Index, count: int) -> list[int]:
    """Return the numbers of the results that are left."""
    return [number for number in range(count) if index.entry(key_of(str(number))) is not None]


def test_what_was_not_used_lately_goes_by_age_and_nothing_else(layout: Layout, index: Index) -> None:
    artifacts = fill(layout, index, 100, 8192)
    index.touch([key_of("5")], 80)

    evicted = evict(index, artifacts, before_ns=50)

    assert evicted.entries == 49
    assert used(index, 100) == [5, *range(50, 100)]


@pytest.mark.parametrize("order", [range(40), reversed(range(40)), sorted(range(40), key=str)])
def test_results_go_in_the_order_of_their_last_use(
    layout: Layout, index: Index, order: Iterable[int]
) -> None:
    wanted = list(order)
    artifacts = fill(layout, index, 40, 8192)
    for at, number in enumerate(wanted):
        index.touch([key_of(str(number))], 1000 + at)

    gone: list[int] = []
    while left := used(index, 40):
        evict(index, artifacts, most=1)
        gone += set(left) - set(used(index, 40))

    assert gone == wanted


def test_making_room_while_a_compile_waits_removes_few_and_no_more_than_needed(
    layout: Layout, index: Index
) -> None:
    artifacts = fill(layout, index, 200, 40_000)
    full = index.totals().bytes

    none = make_room(layout, index, artifacts, limit_bytes=full)
    some = make_room(layout, index, artifacts, limit_bytes=full - 100_000)
    many = make_room(layout, index, artifacts, limit_bytes=1)

    assert (none.entries, some.entries, many.entries) == (0, 3, 64)
    assert used(index, 200) == list(range(67, 200))


def test_of_two_who_trim_at_once_one_does(layout: Layout, index: Index) -> None:
    artifacts = fill(layout, index, 50, 8192)

    with open(layout.trim_lock, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        meanwhile = [
            trim(layout, index, artifacts, limit_bytes=1, now_ns=NOW_NS),
            make_room(layout, index, artifacts, limit_bytes=1),
        ]
    after = trim(layout, index, artifacts, limit_bytes=1, now_ns=NOW_NS)

    assert meanwhile == [Trimmed(0, 0)] * 2
    assert after.entries == 50
