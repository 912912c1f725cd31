"""A damaged index: set aside once, begun anew, never an exception that a build would see."""

import multiprocessing
import os
import random
import shutil
import sqlite3
from pathlib import Path

import pytest

from results import a_record, an_entry, digest_of, key_of, new_layout
from zccache.common.blobs import Blob
from zccache.common.errors import IndexUnavailable
from zccache.common.index.commands import Command, Miss
from zccache.common.index.database import SET_ASIDE_COUNTER, Index
from zccache.common.index.schema import VERSION
from zccache.common.index.sessions import Session, SessionId
from zccache.common.keys import Parts
from zccache.common.layout import Layout

CONTEXT = key_of("context")
CUTS = int(os.environ.get("ZCCACHE_TEST_CUTS", "10"))
FLIPS = int(os.environ.get("ZCCACHE_TEST_FLIPS", "15"))
SPAWN = multiprocessing.get_context("spawn")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return new_layout(tmp_path)


@pytest.fixture
def filled(layout: Layout) -> bytes:
    """Hand out the bytes of a closed index with some records (its log is in it by then)."""
    index = Index.open(layout)
    for number in range(40):
        result = key_of(str(number))
        record = a_record(result, f"/{number}.c", places=os.urandom(3000))
        index.add_record(
            key_of(f"context {number}"), record, an_entry(result, Blob(digest_of(str(number)), 9))
        )
    index.close()
    return Path(layout.index).read_bytes()


def set_aside_files(layout: Layout) -> list[str]:
    return [name for name in os.listdir(layout.crashes) if name.endswith(".sqlite3")]


def explain_and_count(index: Index) -> None:
    """Use the statements on misses and on sessions."""
    session = Session(SessionId("0f8fad5b-d9cb-469f-a165-70867728950e"), 1, "/w", wants_stats=True)
    command = Command(CONTEXT, "/bin/gcc", "/new.c", Parts(digest_of("gcc"), ("gcc",), {}, "/w", {}), 1)
    index.add_misses([command], [Miss(1, CONTEXT, ("/new.c",))])
    index.misses()
    index.command(CONTEXT)
    index.commands_like("/new.c", 10)
    index.contexts_from(b"", b"\xff" * 32, 10)
    index.end_session(session.id)
    index.start_session(session, 0)
    index.add_to_sessions({session.id: {"hits": 1}}, 2)
    index.session(session.id)
    index.sessions()


def use(layout: Layout, *, finds: bool = True) -> None:
    """Use every kind of statement; nothing may be raised, and (finds) what is written is found again."""
    index = Index.open(layout)
    try:
        for number in range(40):
            list(index.records(key_of(f"context {number}")))
            index.entry(key_of(str(number)))
        result = key_of("new")
        index.add_record(CONTEXT, a_record(result, "/new.c"), an_entry(result))
        index.touch([result], 7)
        index.memo_put("kind", b"key", b"value")
        index.add_counts({"hits": 1})
        explain_and_count(index)
        entry, records, counts = index.entry(result), list(index.records(CONTEXT)), index.counts()
        index.evict_least_used(3)
        index.shrink()
        index.totals()
        if finds:
            assert entry == an_entry(result)
            assert records[0] == a_record(result, "/new.c")
            assert counts["hits"] >= 1
        # A damaged tree may lead past a row: that is a miss. It never leads to other bytes.
        assert entry in {None, an_entry(result)}
    finally:
        index.close()


@pytest.mark.parametrize(
    "content", [b"garbage" * 1000, b"SQLite format 3\0" + b"\0" * 5000], ids=["garbage", "head alone"]
)
def test_what_is_no_index_is_set_aside_and_counted(layout: Layout, content: bytes) -> None:
    Path(layout.index).write_bytes(content)

    use(layout)

    index = Index.open(layout)
    assert index.counts()[SET_ASIDE_COUNTER] == 1
    index.close()
    (name,) = set_aside_files(layout)
    assert Path(layout.crashes, name).read_bytes() == content


@pytest.mark.parametrize("content", [b"", b"x"], ids=["empty", "one byte"])
def test_a_file_without_a_page_is_an_index_to_be(layout: Layout, content: bytes) -> None:
    Path(layout.index).write_bytes(content)

    use(layout)

    assert set_aside_files(layout) == []


def test_an_index_of_a_newer_format_is_set_aside_with_its_number(layout: Layout, filled: bytes) -> None:
    """hazard 103"""
    newer = sqlite3.connect(layout.index)
    newer.execute(f"PRAGMA user_version = {VERSION + 1}")
    newer.close()

    use(layout)

    (name,) = set_aside_files(layout)
    assert f"format-{VERSION + 1}" in name


def test_an_index_cut_anywhere_does_not_stop_a_build(layout: Layout, filled: bytes) -> None:
    cuts = random.Random(1)
    lengths = [1, 15, 16, 99, 100, 4095, 4096, 4097, *(cuts.randrange(len(filled)) for _ in range(CUTS))]

    for length in lengths:
        for ending in ("-wal", "-shm"):
            Path(layout.index + ending).unlink(missing_ok=True)
        Path(layout.index).write_bytes(filled[:length])

        use(layout)


def test_an_index_with_flipped_bytes_does_not_stop_a_build(layout: Layout, filled: bytes) -> None:
    flips = random.Random(2)

    for _ in range(FLIPS):
        flipped = bytearray(filled)
        for _ in range(30):
            flipped[flips.randrange(len(flipped))] ^= 1 << flips.randrange(8)
        for ending in ("-wal", "-shm"):
            Path(layout.index + ending).unlink(missing_ok=True)
        Path(layout.index).write_bytes(flipped)

        use(layout, finds=False)


def test_tables_that_are_gone_are_damage(layout: Layout, filled: bytes) -> None:
    other = sqlite3.connect(layout.index)
    other.execute("DROP TABLE entries")
    other.close()

    use(layout)

    assert len(set_aside_files(layout)) == 1


def test_a_damaged_row_is_absent_and_is_deleted(layout: Layout, filled: bytes) -> None:
    other = sqlite3.connect(layout.index, isolation_level=None)
    other.execute("UPDATE entries SET value = x'0102' WHERE result = ?", (key_of("1"),))
    other.execute("UPDATE records SET value = 'text' WHERE result = ?", (key_of("2"),))
    index = Index.open(layout)

    found = index.entry(key_of("1")), list(index.records(key_of("context 2")))

    assert found == (None, [])
    for table in ("entries", "records"):
        rows = other.execute(f"SELECT result FROM {table}").fetchall()
        assert not {(key_of("1"),), (key_of("2"),)} & set(rows)
    assert index.totals()[::2] == (38, 38)
    index.close()
    other.close()


def test_only_the_last_few_that_were_set_aside_are_kept(layout: Layout) -> None:
    for number in range(6):
        for ending in ("-wal", "-shm"):
            Path(layout.index + ending).unlink(missing_ok=True)
        Path(layout.index).write_bytes(b"garbage" * 1000)
        Path(layout.crashes, f"index-2020010{number}T000000Z-damaged-1.sqlite3").write_bytes(b"older")
        use(layout)

    assert len(set_aside_files(layout)) == 3


def test_an_index_that_somebody_deleted_is_made_anew_while_it_is_open(layout: Layout, filled: bytes) -> None:
    index = Index.open(layout)
    for ending in ("", "-wal", "-shm"):
        Path(layout.index + ending).unlink(missing_ok=True)

    index.add_counts({"hits": 1})

    other = Index.open(layout)
    assert other.counts() == {"hits": 1}
    assert index.entry(key_of("1")) is None
    index.close()
    other.close()


def hold_open(root: str, ready: str, go_on: str) -> None:
    """Keep a connection on the index across another process setting it aside, then close it."""
    index = Index.open(Layout(root))
    index.add_counts({"before": 1})
    with open(ready, "w"), open(go_on):
        pass
    index.close()


def test_a_process_that_has_the_old_index_open_does_no_harm_to_the_new_one(
    layout: Layout, tmp_path: Path
) -> None:
    ready, go_on = str(tmp_path / "ready"), str(tmp_path / "go on")
    os.mkfifo(ready)
    os.mkfifo(go_on)
    other = SPAWN.Process(target=hold_open, args=(layout.root, ready, go_on))
    other.start()
    with open(ready):
        pass
    old = sqlite3.connect(layout.index)
    old.execute(f"PRAGMA user_version = {VERSION + 1}")
    old.close()
    index = Index.open(layout)
    for number in range(50):
        index.add_counts({f"after {number}": 1})

    with open(go_on, "w"):
        pass
    other.join(30)

    third = Index.open(layout)
    assert other.exitcode == 0
    assert sum(name.startswith("after") for name in third.counts()) == 50
    assert "before" not in third.counts()
    index.close()
    third.close()


def meet_damage(root: str, outcome: str) -> None:
    index = Index.open(Layout(root))
    index.add_counts({"met": 1})
    index.close()
    Path(outcome).touch()


def test_processes_that_meet_damage_together_set_it_aside_once(layout: Layout, tmp_path: Path) -> None:
    Path(layout.index).write_bytes(b"garbage" * 1000)
    together = [
        SPAWN.Process(target=meet_damage, args=(layout.root, str(tmp_path / f"done-{number}")))
        for number in range(6)
    ]

    for process in together:
        process.start()
    for process in together:
        process.join(60)

    assert [process.exitcode for process in together] == [0] * 6
    index = Index.open(layout)
    assert index.counts() == {SET_ASIDE_COUNTER: 1, "met": 6}
    index.close()
    assert len(set_aside_files(layout)) == 1


def test_a_lock_that_is_held_too_long_is_unavailable_and_sets_nothing_aside(
    layout: Layout, filled: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zccache.common.index.opening.WAIT_S", 0.05)
    index = Index.open(layout)
    writer = sqlite3.connect(layout.index, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")

    with pytest.raises(IndexUnavailable, match="locked"):
        index.add_counts({"hits": 1})

    writer.execute("ROLLBACK")
    index.add_counts({"hits": 1})
    assert index.counts() == {"hits": 1}
    assert set_aside_files(layout) == []
    writer.close()
    index.close()


def test_a_closed_index_opens_itself_again(layout: Layout, filled: bytes) -> None:
    index = Index.open(layout)
    index.close()

    assert index.entry(key_of("1")) is not None

    index.close()
    shutil.rmtree(layout.root)
