"""The cache as a whole: below its limit while results come in, and no larger than it is asked to be."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from results import a_record, an_entry, key_of
from zccache.common.housekeeping import Intake, answer_control, keep_below_limit
from zccache.common.index.database import Index
from zccache.common.layout import Layout
from zccache.common.rooms import Rooms, open_rooms
from zccache.common.settings import Settings
from zccache.common.store.artifacts import Artifacts

MIB = 1 << 20


@pytest.fixture
def rooms(tmp_path: Path) -> Iterator[Rooms]:
    opened = open_rooms(Layout(str(tmp_path / "cache")))
    yield opened
    opened.index.close()


def store(index: Index, artifacts: Artifacts, name: str, size_bytes: int) -> None:
    result = key_of(name)
    blob = artifacts.put_bytes(os.urandom(size_bytes))
    index.add_record(result, a_record(result), an_entry(result, blob))


def disk_bytes(layout: Layout) -> int:
    """Return what the whole root takes on disk, the index's log and unfinished files too."""
    total = 0
    for folder, _, names in os.walk(layout.root):
        for name in names:
            try:
                total += os.stat(os.path.join(folder, name)).st_blocks * 512
            except FileNotFoundError:
                continue
    return total


def test_the_limit_is_looked_at_after_each_fiftieth_of_it() -> None:
    intake = Intake(50 * MIB)

    due = [intake.note_stored(MIB // 8 - (16 << 10)) for _ in range(24)]

    assert due == [*[False] * 7, True] * 3


@pytest.mark.parametrize(("limit_bytes", "due"), [(0, False), (1, True)])
def test_without_a_limit_there_is_nothing_to_look_at(limit_bytes: int, due: bool) -> None:
    assert Intake(limit_bytes).note_stored(MIB) is due


def test_under_constant_load_the_disk_never_holds_more_than_a_twentieth_above_the_limit(
    rooms: Rooms,
) -> None:
    """hazard 102"""
    settings = Settings.of({"max_size": 200 * MIB})
    intake = Intake(settings.max_size_bytes)
    trimmers: list[threading.Thread] = []
    most, is_over = [0], threading.Event()

    def trim() -> None:
        keep_below_limit(rooms.layout, rooms.index, rooms.artifacts, settings)

    def look() -> None:
        while not is_over.is_set():
            most[0] = max(most[0], disk_bytes(rooms.layout))
            time.sleep(0.005)

    def load(number: int) -> None:
        for at in range(400):
            store(rooms.index, rooms.artifacts, f"{number}.{at}", 500_000)
            if intake.note_stored(500_000):
                trimmers.append(threading.Thread(target=trim))
                trimmers[-1].start()

    looker = threading.Thread(target=look)
    loaders = [threading.Thread(target=load, args=(number,)) for number in range(2)]
    for thread in (looker, *loaders):
        thread.start()
    for thread in (*loaders, *trimmers):
        thread.join()
    is_over.set()
    looker.join()

    assert 190 * MIB < most[0] <= 210 * MIB
    assert rooms.index.totals().entries > 300


def test_a_trim_by_size_and_by_age_leaves_what_was_asked_for(rooms: Rooms) -> None:
    settings = Settings.of({})
    for number in range(20):
        store(rooms.index, rooms.artifacts, str(number), 100_000)
        rooms.index.touch([key_of(str(number))], time.time_ns() - (20 - number) * 3_600 * 10**9)

    old = {"command": "trim", "to_bytes": -1, "unused_s": 15.5 * 3600}
    snapshots = [answer_control(old, rooms, settings)["snapshot"]]
    size_bytes = rooms.index.totals().bytes - 5 * 100_000
    large = {"command": "trim", "to_bytes": size_bytes, "unused_s": -1}
    snapshots.append(answer_control(large, rooms, settings)["snapshot"])
    everything = {"command": "trim", "to_bytes": 0, "unused_s": -1}
    snapshots.append(answer_control(everything, rooms, settings)["snapshot"])

    assert [snapshot["entries"] for snapshot in snapshots if isinstance(snapshot, dict)] == [15, 10, 0]
    assert rooms.index.counts()["evicted"] == 20
