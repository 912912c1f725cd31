"""Counters and what `status` makes of them."""

import json

import pytest

from zccache.common.stats import BY_WORD, HITS, MISSES, PASSED, PLAIN, TIME_SAVED_NS, Snapshot, one_more

COUNTS = {HITS: 3, MISSES: 1, PASSED: 5, "passed.no_source": 2, "passed.stdin_source": 3, TIME_SAVED_NS: 9}
SNAPSHOT = Snapshot(COUNTS, entries=4, artifacts=7, size_bytes=1000, limit_bytes=0)


def test_one_event_counts_for_its_name_and_its_word() -> None:
    assert one_more(HITS) == {"hits": 1}
    assert one_more(PASSED, "no_source") == {"passed": 1, "passed.no_source": 1}


def test_the_hit_rate_is_the_share_in_what_was_looked_up() -> None:
    assert SNAPSHOT.hit_rate == pytest.approx(0.75)
    assert Snapshot({}, 0, 0, 0, 0).hit_rate == 0.0


def test_words_come_with_the_most_frequent_first() -> None:
    assert list(SNAPSHOT.by_word(PASSED).items()) == [("stdin_source", 3), ("no_source", 2)]


def test_json_has_every_counter_and_comes_back_as_it_was() -> None:
    values = json.loads(json.dumps(SNAPSHOT.to_json()))

    assert {*PLAIN, *BY_WORD} <= set(values)
    assert values["passed_by"] == {"stdin_source": 3, "no_source": 2}
    assert Snapshot.from_json(values) == SNAPSHOT


def test_the_answer_of_another_version_is_read_as_far_as_it_goes() -> None:
    values = {"hits": 3, "misses": "many", "passed_by": 7, "cold_by": {"gone": None}, "unheard_of": 1}

    found = Snapshot.from_json(values)

    assert found.count(HITS) == 3
    assert found.count(MISSES) == 0
    assert found.by_word(PASSED) == {}
