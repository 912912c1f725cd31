"""The daemon's memory of hits: bounded, and frugal with names."""

from zccache.common.digests import Signature, digest_bytes
from zccache.common.freshness import Known
from zccache.common.keys import Key
from zccache.common.ledger import HitNote
from zccache.common.request import Facts, Guard
from zccache.common.sessions import Told
from zccache.daemon.hot_hits import HotHit, HotHits

SIGNATURE = Signature(1, 2, 3, 4, 5)


def hit(files: int = 1, *guards: Guard, source: str = "/a.c") -> HotHit:
    known = tuple(Known(f"/{number}", digest_bytes(b""), SIGNATURE, is_proof=True) for number in range(files))
    note = HitNote(Told({}, b"body", "HIT", "a"), Key(b"k" * 32), source)
    return HotHit(b"frame", (note,), Facts(known, guards), ())


def test_a_hit_is_found_under_its_request() -> None:
    hits = HotHits()

    hits.put(b"one", hit(2))

    found = hits.get(b"one")
    assert found is not None
    assert len(found.facts.files) == 2
    assert hits.get(b"two") is None


def test_the_least_recently_used_goes_first() -> None:
    hits = HotHits(limit_references=25)
    for name in (b"one", b"two"):
        hits.put(name, hit(10))
    hits.get(b"one")

    hits.put(b"three", hit(10))

    assert [hits.get(name) is not None for name in (b"one", b"two", b"three")] == [True, False, True]


def test_a_hit_that_is_put_again_counts_once() -> None:
    hits = HotHits(limit_references=25)

    for _ in range(10):
        hits.put(b"one", hit(10))
    hits.put(b"two", hit(10))

    assert len(hits) == 2


def test_all_hits_of_a_source_are_forgotten_and_no_other() -> None:
    hits = HotHits()
    for name in (b"one", b"two"):
        hits.put(name, hit(source="/b.c"))
    hits.put(b"three", hit())

    hits.forget("/b.c")

    assert [hits.get(name) is not None for name in (b"one", b"two", b"three")] == [False, False, True]


def test_dropping_makes_room() -> None:
    hits = HotHits(limit_references=25)
    for name in (b"one", b"two"):
        hits.put(name, hit(10))

    hits.drop(b"one")
    hits.put(b"three", hit(10))

    assert len(hits) == 2


def test_names_are_kept_only_where_a_folder_cannot_speak_for_itself() -> None:
    many = frozenset(f"{number}.h" for number in range(100))
    quiet = Guard("/quiet", SIGNATURE, many)
    few = Guard("/few", SIGNATURE, frozenset({"a.h"}))
    fresh = Guard("/fresh", None, many)
    busy = Guard("/busy", SIGNATURE, many)
    hits = HotHits()
    hits.note_busy(busy)

    hits.put(b"one", hit(1, quiet, few, fresh, busy))

    found = hits.get(b"one")
    assert found is not None
    assert [guard.names for guard in found.facts.guards] == [None, few.names, many, many]
