"""The index: what was kept comes back, newest first; the totals hold; threads do not meet."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from results import a_record, an_entry, digest_of, key_of, new_layout
from zccache.common.blobs import Blob
from zccache.common.errors import IndexUnavailable
from zccache.common.index.database import Index
from zccache.common.index.schema import RECORDS_KEPT
from zccache.common.layout import Layout

CONTEXT = key_of("context")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return new_layout(tmp_path)


@pytest.fixture
def index(layout: Layout) -> Iterator[Index]:
    opened = Index.open(layout)
    yield opened
    opened.close()


def add(index: Index, word: str, *blobs: Blob, context: str = "context") -> None:
    result = key_of(word)
    index.add_record(key_of(context), a_record(result, f"/{word}.c"), an_entry(result, *blobs))


def blob_bytes(index: Index) -> int:
    """The bytes that blobs take, without the pages of the index itself."""
    before = index.totals()
    index.evict_least_used(before.entries)
    return before.bytes - index.totals().bytes


def test_a_record_and_its_entry_come_back(index: Index) -> None:
    result = key_of("result")
    record = a_record(result, "/a.c", "/b.h", places=b"places")
    entry = an_entry(result, Blob(digest_of("object"), 1000), stderr=b"warning\n")

    index.add_record(CONTEXT, record, entry)

    assert list(index.records(CONTEXT)) == [record]
    assert index.entry(result) == entry
    assert list(index.records(key_of("other"))) == []
    assert index.entry(key_of("other")) is None


def test_what_one_process_keeps_the_next_one_finds(index: Index, layout: Layout) -> None:
    add(index, "one")
    index.close()

    again = Index.open(layout)
    found = [record.result for record in again.records(CONTEXT)]
    again.close()

    assert found == [key_of("one")]


def test_records_come_newest_first_and_the_oldest_leave_with_their_entries(index: Index) -> None:
    words = [f"result {number}" for number in range(RECORDS_KEPT + 3)]

    for word in words:
        add(index, word, Blob(digest_of(word), 10))

    kept = [key_of(word) for word in reversed(words)][:RECORDS_KEPT]
    assert [record.result for record in index.records(CONTEXT)] == kept
    assert [index.entry(key_of(word)) is not None for word in words] == [False] * 3 + [True] * RECORDS_KEPT
    assert index.totals().entries == RECORDS_KEPT
    assert index.totals().artifacts == RECORDS_KEPT


def test_a_result_that_is_kept_again_is_the_newest_and_is_there_once(index: Index) -> None:
    for word in ("one", "two", "one"):
        add(index, word, Blob(digest_of("shared"), 10))

    assert [record.result for record in index.records(CONTEXT)] == [key_of("one"), key_of("two")]
    assert index.totals()[::2] == (2, 1)


def test_another_way_leads_to_an_entry_while_it_is_there(index: Index) -> None:
    add(index, "one")
    elsewhere, result = key_of("elsewhere"), key_of("one")
    ways = [a_record(result, f"/{number}.c") for number in range(RECORDS_KEPT + 1)]

    for way in ways:
        index.add_way(elsewhere, way)
    index.add_way(elsewhere, a_record(key_of("nothing"), "/x.c"))

    assert list(index.records(elsewhere)) == ways[:0:-1]
    assert index.totals().entries == len(list(index.records(key_of("context")))) == 1
    index.remove([result])
    assert list(index.records(elsewhere)) == []


def test_totals_count_a_shared_blob_once_and_in_whole_blocks(index: Index) -> None:
    add(index, "one", Blob(digest_of("shared"), 4097), Blob(digest_of("own"), 1))
    add(index, "two", Blob(digest_of("shared"), 4097), Blob(digest_of("shared"), 4097))

    totals = index.totals()

    assert (totals.entries, totals.artifacts) == (2, 2)
    index.clear()
    assert index.totals().entries == index.totals().artifacts == 0
    add(index, "one", Blob(digest_of("shared"), 4097), Blob(digest_of("own"), 1))
    assert blob_bytes(index) >= 3 * 4096


def test_the_least_recently_used_leave_first_and_free_only_what_nobody_holds(index: Index) -> None:
    for number, word in enumerate(["old", "middle", "new"]):
        add(index, word, Blob(digest_of("shared"), 10), Blob(digest_of(word), 10), context=word)
        index.touch([key_of(word)], 1000 + number)
    index.touch([key_of("old")], 5000)

    evicted = index.evict_least_used(2)

    assert evicted.entries == 2
    assert set(evicted.blobs) == {digest_of("middle"), digest_of("new")}
    assert index.entry(key_of("old")) is not None
    assert list(index.records(key_of("middle"))) == []
    assert index.held([digest_of(word) for word in ("shared", "old", "new")]) == {
        digest_of("shared"),
        digest_of("old"),
    }


def test_memos_and_counters_are_kept(index: Index) -> None:
    index.memo_put("kind", b"key", b"first")
    index.memo_put("kind", b"key", b"second")
    index.add_counts({"hits": 2, "passed.x": 1})
    index.add_counts({"hits": 3})

    assert index.memo_get("kind", b"key") == b"second"
    assert index.memo_get("other", b"key") is None
    assert index.counts() == {"hits": 5, "passed.x": 1}
    index.clear()
    assert index.memo_get("kind", b"key") is None
    assert index.counts()["hits"] == 5
    index.zero()
    assert index.counts() == {}


def test_a_hit_does_not_wait_for_a_writer(index: Index, layout: Layout) -> None:
    import sqlite3

    add(index, "one")
    writer = sqlite3.connect(layout.index, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("DELETE FROM entries")

    found = index.entry(key_of("one"))

    writer.execute("ROLLBACK")
    writer.close()
    assert found is not None


def test_threads_write_side_by_side(index: Index) -> None:
    def work(name: int) -> None:
        for number in range(20):
            add(index, f"{name}/{number}", context=f"{name}/{number}")
            index.add_counts({"hits": 1})

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert index.counts() == {"hits": 80}
    assert index.totals().entries == 80


def test_pages_that_hold_nothing_go_back_to_the_file_system(index: Index) -> None:
    for number in range(200):
        result = key_of(str(number))
        index.add_record(result, a_record(result, places=bytes(range(256)) * 40), an_entry(result))
    full = index.totals().bytes

    index.evict_least_used(200)
    index.shrink()

    assert index.totals().bytes < full / 2


def test_an_index_in_a_root_that_cannot_be_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(IndexUnavailable):
        Index.open(Layout(str(tmp_path / "file")))


def test_a_root_that_was_deleted_is_unavailable_and_is_not_made_again(index: Index, tmp_path: Path) -> None:
    (tmp_path / "cache").rename(tmp_path / "moved")

    with pytest.raises(IndexUnavailable):
        index.add_counts({"hits": 1})

    assert not (tmp_path / "cache").exists()


def test_a_full_disk_is_unavailable_and_what_was_kept_stays(index: Index, layout: Layout) -> None:
    """hazard 100"""
    add(index, "one")

    def fill(connection: object) -> None:
        index._connections.read(lambda own: own.execute("PRAGMA max_page_count = 1"))
        for number in range(100):
            index.memo_put("kind", str(number).encode(), b"x" * 10_000)

    with pytest.raises(IndexUnavailable, match="full; make room"):
        fill(None)

    assert index.entry(key_of("one")) is not None
