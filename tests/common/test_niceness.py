"""How nice a compiler is to be: by its client, by the daemon, by how busy the processors are."""

import os
import sys
import time
from pathlib import Path

import pytest

from tools import require_tool
from zccache.common.command.invocation import Invocation
from zccache.common.layout import Layout
from zccache.common.niceness import Niceness, Ticks, read_ticks
from zccache.common.pipeline import begin
from zccache.common.policy import policy_of
from zccache.common.request import Request, Run
from zccache.common.rooms import open_rooms


class Machine:
    """A machine whose processors have worked as much as it is told; time passes by itself."""

    def __init__(self, shares: list[float]) -> None:
        self._shares = iter(shares)
        self._ticks = Ticks(0, 0)
        self._now_ns = 0
        self.asked = 0

    def ticks(self) -> Ticks:
        self.asked += 1
        share = next(self._shares)
        self._ticks = Ticks(self._ticks.busy + int(share * 100), self._ticks.total + 100)
        return self._ticks

    def clock_ns(self) -> int:
        return self._now_ns

    def wait_s(self, seconds: float) -> None:
        self._now_ns += int(seconds * 1e9)


def test_auto_gives_way_on_a_busy_machine_and_no_longer_than_that() -> None:
    machine = Machine([0.0, 1.0, 0.5, 0.95, 0.94])
    niceness = Niceness(ticks=machine.ticks, clock_ns=machine.clock_ns)

    found = []
    for _ in range(4):
        machine.wait_s(0.5)
        found.append(niceness.for_word(""))

    assert found == [10, 0, 10, 0]


def test_the_machine_is_looked_at_a_few_times_a_second_at_most() -> None:
    machine = Machine([0.0, 1.0])
    niceness = Niceness(ticks=machine.ticks, clock_ns=machine.clock_ns)
    machine.wait_s(0.5)

    found = {niceness.for_word("auto") for _ in range(50)}

    assert found == {10}
    assert machine.asked == 2


@pytest.mark.parametrize(
    ("default", "word", "nice"),
    [("auto", "low", 10), ("idle", "", 19), ("idle", "high", -5), ("low", "normal", 0)],
)
def test_a_client_has_the_first_word_and_the_daemon_the_last(default: str, word: str, nice: int) -> None:
    assert Niceness(default).for_word(word) == nice


def test_a_word_that_means_nothing_is_low_and_is_said_once() -> None:
    said: list[str] = []
    niceness = Niceness("auto", said.append)

    assert [niceness.for_word("fast"), niceness.for_word("fast")] == [10, 10]
    (line,) = said
    assert "'fast'" in line
    assert "auto, low, normal, idle, high" in line


def test_a_system_that_does_not_tell_is_asked_for_its_load(monkeypatch: pytest.MonkeyPatch) -> None:
    load = 0.0
    monkeypatch.setattr(os, "getloadavg", lambda: (load, 0.0, 0.0))
    niceness = Niceness(ticks=lambda: None)

    assert niceness.for_word("auto") == 0
    load = 10_000.0
    assert niceness.for_word("auto") == 10


@pytest.mark.skipif(sys.platform != "linux", reason="/proc/stat is Linux's")
def test_this_machine_tells_how_busy_it_is() -> None:
    before = read_ticks()
    assert before is not None

    deadline = time.monotonic() + 30
    while (now := read_ticks()) is not None and now.busy == before.busy and time.monotonic() < deadline:
        sum(range(10_000))

    assert now is not None
    assert before.busy < now.busy
    assert now.busy <= now.total


@pytest.mark.parametrize(("words", "nice"), [({"ZCCACHE_COMPILE_PRIORITY": "idle"}, 19), ({}, 10)])
def test_every_run_is_told_how_nice_it_is(tmp_path: Path, words: dict[str, str], nice: int) -> None:
    gcc = require_tool("gcc", "gcc")
    (tmp_path / "a.c").write_text("int a;\n")
    env = {"PATH": os.environ["PATH"], **words}
    rooms = open_rooms(Layout(str(tmp_path / "root")), niceness=Niceness("low"))
    invocation = Invocation(gcc, ("-c", "a.c"), str(tmp_path), env)

    answer = begin(Request(invocation, 0o022, policy=policy_of(env, str(tmp_path))), rooms)
    rooms.index.close()

    assert isinstance(answer, Run)
    assert answer.nice == nice
