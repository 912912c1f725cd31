"""Sessions and misses in the index: counted, ended, forgotten; bounded; gone when the cache is cleared."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from results import digest_of, key_of, new_layout
from zccache.common.index import commands
from zccache.common.index.commands import Command, Miss
from zccache.common.index.database import Index
from zccache.common.index.sessions import Session, SessionId, Standing
from zccache.common.keys import Parts
from zccache.common.values import replace

ONE = Session(SessionId("0f8fad5b-d9cb-469f-a165-70867728950e"), 1000, "/w", True, "/w/log", "/w/j.jsonl")
OTHER = replace(ONE, id=SessionId("1f8fad5b-d9cb-469f-a165-70867728950e"), started_ns=2000)
PARTS = Parts(digest_of("gcc"), ("gcc", "-c"), {}, "/w", {})


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    opened = Index.open(new_layout(tmp_path))
    yield opened
    opened.close()


def a_command(name: str, source: str = "/w/a.c", stored_ns: int = 5) -> Command:
    return Command(key_of(name), "/bin/gcc", source, PARTS, stored_ns)


def test_counts_add_up_for_the_sessions_that_there_are(index: Index) -> None:
    index.start_session(ONE, 0)

    found = index.add_to_sessions({ONE.id: {"hits": 1, "misses": 2}, OTHER.id: {"hits": 1}}, 5)
    index.add_to_sessions({ONE.id: {"hits": 4}}, 6)

    assert found == {ONE.id: ONE}
    assert index.session(ONE.id) == Standing(ONE, {"hits": 5, "misses": 2})
    assert index.session(OTHER.id) is None


def test_a_session_that_ends_tells_its_counts_once(index: Index) -> None:
    index.start_session(ONE, 0)
    index.add_to_sessions({ONE.id: {"hits": 1}}, 5)

    ends = [index.end_session(ONE.id), index.end_session(ONE.id)]

    assert ends == [Standing(ONE, {"hits": 1}), None]
    assert index.sessions() == 0


def test_a_session_of_which_nothing_was_heard_is_forgotten_when_another_begins(index: Index) -> None:
    index.start_session(ONE, 0)
    index.add_to_sessions({ONE.id: {"hits": 1}}, now_ns=1500)

    index.start_session(OTHER, unused_before_ns=1501)

    assert index.sessions() == 1
    assert index.session(ONE.id) is None


def test_a_session_in_use_stays_when_another_begins(index: Index) -> None:
    index.start_session(ONE, 0)
    index.add_to_sessions({ONE.id: {"hits": 1}}, now_ns=1500)

    index.start_session(OTHER, unused_before_ns=1500)

    assert index.sessions() == 2


def test_clearing_the_cache_forgets_misses_and_keeps_sessions(index: Index) -> None:
    index.start_session(ONE, 0)
    index.add_misses([a_command("one")], [Miss(1, key_of("one"), ("/w/a.c",))])

    index.clear()

    assert (index.misses(), index.command(key_of("one"))) == ([], None)
    assert index.session(ONE.id) is not None


def test_a_command_keeps_the_time_at_which_it_was_first_stored(index: Index) -> None:
    for stored_ns in (0, 7, 9):
        index.add_misses([a_command("one", stored_ns=stored_ns)], [])

    assert index.command(key_of("one")) == a_command("one", stored_ns=7)


def test_commands_of_the_source_come_before_those_of_its_namesakes(index: Index) -> None:
    namesake, own = a_command("namesake", "/other/a.c"), a_command("own")
    index.add_misses([own, namesake, a_command("b", "/w/b.c"), a_command("never stored", stored_ns=0)], [])

    assert index.commands_like("/w/a.c", 10) == [own, namesake]


def test_only_the_newest_are_kept(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "COMMANDS_KEPT", 2)
    monkeypatch.setattr(commands, "MISSES_KEPT", 3)

    for number in range(5):
        index.add_misses([a_command(str(number))], [Miss(number, key_of(str(number)), ())])

    assert [miss.at_ns for miss in index.misses()] == [4, 3, 2]
    assert [index.command(key_of(str(number))) is None for number in range(5)] == [True] * 3 + [False] * 2


def test_the_first_digits_of_a_key_find_its_context(index: Index) -> None:
    index.add_misses([a_command("one"), a_command("other")], [])
    start = key_of("one")[:4]

    found = index.contexts_from(start.ljust(32, b"\0"), start.ljust(32, b"\xff"), 10)

    assert found == [key_of("one")]
