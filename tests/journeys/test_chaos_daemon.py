"""Whatever becomes of the daemon, each compile ends as a bare one, soon, and the next ones do at once."""

import itertools
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chaos import PATIENCE_S, ROUNDS, Units, children_of, install_front, seeded, slow_unit
from daemons import daemon_pid, processes_of
from fake_daemon import FakeDaemon, Script, busy, hit, says
from waiting import wait_until
from zccache.common.spawn import RETRY_AFTER_S

if sys.platform != "linux":
    pytest.skip("looks at processes through /proc", allow_module_level=True)

# Far more than is measured (0.9 s and a cold walk), far less than a compile that waits for ever.
SOON_S = 15.0
REPORT_LOST = rb"opening dependency file|compilation terminated|^ +\d* +\| "


@pytest.fixture(params=["native", "twin"])
def units(request: pytest.FixtureRequest, tmp_path: Path, cache_root: Path) -> Units:
    return Units(tmp_path / "work", install_front(request.param, tmp_path / "bin"), cache_root)


def test_a_daemon_killed_at_any_moment_of_a_parallel_build_harms_nothing(units: Units) -> None:
    """hazard 112"""
    chance = seeded()
    killed = 0

    for number in range(ROUNDS):
        # Every second time the results are there already.
        if number % 2 == 0:
            units.edit(number)
        compiles = {name: units.start(name) for name in units.names}
        wait_until(
            lambda compiles=compiles: all(process.poll() is not None for process in compiles.values()),  # type: ignore[misc]
            within_s=chance.uniform(0.0, 0.6),
        )
        killed += units.signal_daemon(signal.SIGKILL) is not None
        units.check(compiles)

    assert killed > ROUNDS // 4
    units.build()
    hits = units.status()["hits"]
    units.build()
    assert units.status()["hits"] == int(str(hits)) + len(units.names)


def test_a_stopped_daemon_costs_one_compile_its_patience_and_is_replaced(units: Units) -> None:
    """hazard 112"""
    units.build()
    stopped = units.signal_daemon(signal.SIGSTOP)

    took_s = []
    for name in units.names:
        began = time.monotonic()
        units.build([name])
        took_s.append(time.monotonic() - began)

    status = units.status()
    print(f"took {[f'{seconds:.2f}' for seconds in took_s]} s")
    assert max(took_s) < SOON_S
    assert status["cold_by"] == {"no_answer": 1}
    assert processes_of(units.root) == {daemon_pid(units.root)} != {stopped}
    log = (units.root / "logs" / "daemon.log").read_text()
    assert f"takes the place of pid {stopped}, which answered nothing" in log


def test_a_daemon_that_is_stopped_and_goes_on_is_not_replaced(units: Units) -> None:
    units.build()
    stopped = units.signal_daemon(signal.SIGSTOP)
    units.env["ZCCACHE_NO_SPAWN"] = "1"
    units.build()
    units.signal_daemon(signal.SIGCONT)

    assert wait_until((units.root / "sockets" / "daemon.sock").exists)
    units.build()

    cold_by = units.status()["cold_by"]
    assert cold_by == {"no_answer": 1, "no_spawn": len(units.names) - 1}
    assert processes_of(units.root) == {stopped}


def test_what_was_changed_after_a_compile_is_not_what_a_late_daemon_keeps(units: Units) -> None:
    words = slow_unit(units.folder)
    units.build()
    output = units.folder / "slow.o"
    subprocess.run(words, cwd=units.folder, check=True)
    bare = output.read_bytes()
    output.unlink()

    compiling = subprocess.Popen([units.front, *words], cwd=units.folder, env=units.env)
    assert wait_until(lambda: children_of(compiling.pid), within_s=SOON_S)
    stopped = units.signal_daemon(signal.SIGSTOP)
    assert compiling.wait(PATIENCE_S) == 0
    output.write_bytes(b"stripped, say")
    units.signal_daemon(signal.SIGCONT)
    assert wait_until((units.root / "sockets" / "daemon.sock").exists)

    subprocess.run([units.front, *words], cwd=units.folder, env=units.env, check=True)
    assert output.read_bytes() == bare
    assert processes_of(units.root) == {stopped}


SILENT: dict[str, Script] = {
    "never answers": says(),
    "half a frame": says(hit()[:9]),
    "garbage": says(os.urandom(4096)),
    "hangs up": lambda _: None,
    "hangs up in a frame": lambda call: call.say(hit()[:9]),
    "busy, then silent": says(busy() * 2),
}


@pytest.mark.parametrize("script", SILENT.values(), ids=SILENT)
def test_a_daemon_that_is_none_does_not_keep_a_compile(units: Units, script: Script) -> None:
    units.env["ZCCACHE_NO_SPAWN"] = "1"
    with FakeDaemon(units.root / "sockets" / "daemon.sock", script):
        began = time.monotonic()
        units.build()
        took_s = time.monotonic() - began

    print(f"{len(units.names)} compiles took {took_s:.2f} s")
    assert took_s < SOON_S


def test_a_daemon_that_cannot_start_is_tried_once(
    request: pytest.FixtureRequest, tmp_path: Path, cache_root: Path
) -> None:
    for name in ("native", "twin"):
        root, tries = cache_root / name, tmp_path / f"{name}.tries"
        front = install_front(name, tmp_path / name, daemon=f"#!/bin/sh\necho >> '{tries}'\nexit 1\n")
        units = Units(tmp_path / f"{name}.work", front, root)
        began = time.monotonic()

        for _, unit in zip(range(ROUNDS), itertools.cycle(units.names), strict=False):
            units.build([unit])

        may_try = 1 + int((time.monotonic() - began) / RETRY_AFTER_S)
        assert 1 <= len(tries.read_text().splitlines()) <= may_try
        reasons = units.status()["cold_by"]
        assert isinstance(reasons, dict)
        assert set(reasons) <= {"start_failed", "start_failed_recently"}
        assert sum(reasons.values()) == ROUNDS


def test_a_root_deleted_in_the_middle_of_builds_harms_nothing_and_its_daemons_end(units: Units) -> None:
    chance = seeded()
    orphans = set()

    for number in range(ROUNDS):
        if number % 2 == 0:
            units.edit(number)
        compiles = {name: units.start(name) for name in units.names}
        wait_until(
            lambda compiles=compiles: all(process.poll() is not None for process in compiles.values()),  # type: ignore[misc]
            within_s=chance.uniform(0.0, 0.6),
        )
        orphans |= processes_of(units.root) - {process.pid for process in compiles.values()}
        shutil.rmtree(units.root, ignore_errors=True)
        # The compiler may have found the folder of its report gone; it was run again then.
        units.check(compiles, says=REPORT_LOST)

    shutil.rmtree(units.root, ignore_errors=True)
    assert orphans
    assert wait_until(lambda: not processes_of(units.root), within_s=SOON_S)
