"""The commands as a user types them: what they print, how they end, with and without a daemon."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from daemons import daemon_pid
from fronts import Run
from waiting import wait_until
from zccache.common.locks import process_start
from zccache.common.version import VERSION


def text(output: bytes) -> str:
    return output.decode().strip()


def test_start_and_stop_say_what_they_did_and_can_be_repeated(command: Run, cache_root: Path) -> None:
    socket = cache_root / "sockets" / "daemon.sock"

    runs = [command(word) for word in ("start", "start", "stop", "stop", "kill")]

    assert [run.returncode for run in runs] == [0] * 5
    assert [text(run.stdout) for run in runs] == [
        f"daemon started at unix:{socket}",
        f"daemon already running at unix:{socket}",
        f"daemon stopped at unix:{socket}",
        f"daemon not running at unix:{socket}",
        f"daemon not running at unix:{socket}",
    ]


def test_after_stop_the_process_of_the_daemon_is_gone(command: Run, cache_root: Path) -> None:
    command("start")
    pid = daemon_pid(cache_root)
    assert pid is not None

    command("stop")

    assert process_start(pid) == 0


def test_of_many_starters_at_once_one_starts(command: Run, cache_root: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(lambda _: command("start"), range(8)))

    assert {run.returncode for run in runs} == {0}
    assert sum(b"daemon started" in run.stdout for run in runs) == 1


def test_an_endpoint_can_be_chosen(command: Run, tmp_path: Path, cache_root: Path) -> None:
    endpoint = str(tmp_path / "elsewhere" / "socket")

    started = command("start", "--endpoint", endpoint)
    status = json.loads(command("status", "--json", "--endpoint", endpoint).stdout)
    default = json.loads(command("status", "--json").stdout)
    stopped = command("stop", "--endpoint", endpoint)

    assert text(started.stdout) == f"daemon started at unix:{endpoint}"
    assert (status["running"], status["endpoint"]) == (True, f"unix:{endpoint}")
    assert (default["running"], default["daemon"]) == (False, None)
    assert text(stopped.stdout) == f"daemon stopped at unix:{endpoint}"


def test_status_without_a_daemon_starts_none_and_makes_no_folder(command: Run, cache_root: Path) -> None:
    run = command("status")

    assert run.returncode == 0
    assert "not running" in text(run.stdout)
    assert str(cache_root) in text(run.stdout)
    assert not cache_root.exists()


def test_status_tells_the_same_counts_with_and_without_a_daemon(
    command: Run, compile_with: Run, work: Path, cache_root: Path
) -> None:
    (work / "x.c").write_text("int x;\n")
    for _ in range(3):
        compile_with("gcc", "-c", "x.c", env={"ZCCACHE_NO_SPAWN": ""})

    with_daemon = json.loads(command("status", "--json").stdout)
    command("stop")
    without = json.loads(command("status", "--json").stdout)

    assert (with_daemon["hits"], with_daemon["misses"], with_daemon["hit_rate"]) == (2, 1, 0.6667)
    assert with_daemon["daemon"]["version"] == VERSION
    assert 0 <= with_daemon["daemon"]["uptime_s"] < 300
    own = {"running", "daemon", "fence"}
    assert {key: value for key, value in without.items() if key not in own} == {
        key: value for key, value in with_daemon.items() if key not in own
    }


def test_json_of_a_zeroed_status_has_the_counts_as_they_were(
    command: Run, compile_with: Run, work: Path
) -> None:
    (work / "x.c").write_text("int x;\n")
    compile_with("gcc", "-c", "x.c")

    before = json.loads(command("status", "--zero", "--json").stdout)
    after = json.loads(command("-s", "--json").stdout)

    assert (before["misses"], after["misses"]) == (1, 0)
    assert (before["entries"], after["entries"]) == (1, 1)


def test_the_root_is_printed_for_scripts_with_the_rule_that_chose_it(command: Run, work: Path) -> None:
    plain = command("cache-root", env={"ZCCACHE_CACHE_DIR": "sub/../here"})
    as_json = json.loads(command("cache-root", "--json", env={"ZCCACHE_CACHE_DIR": ""}).stdout)

    assert text(plain.stdout) == str(work / "here")
    assert as_json == {"cache_root": f"{os.environ['HOME']}/.zccache", "source": "default:home"}


def test_crash_dumps_are_listed_newest_first_and_deleted(command: Run, cache_root: Path) -> None:
    folder = cache_root / "crashes"
    folder.mkdir(parents=True)
    names = ["crash-20260101T000000.0Z-daemon-end.txt", "crash-20260102T000000.0Z-front-compile.txt"]
    for name in names:
        (folder / name).write_text("what happened\n")

    listed = command("crashes")
    cleared = command("crashes", "--clear")
    empty = command("crashes")

    assert text(listed.stdout).splitlines() == [str(folder / name) for name in reversed(names)]
    assert text(cleared.stdout) == "Deleted 2 crash dumps."
    assert text(empty.stdout) == "No crash dumps found."


def test_config_as_json_has_every_setting_with_its_source(command: Run, work: Path) -> None:
    (work / "zccache.toml").write_text('max_size = "5G"\n')

    rows = json.loads(command("config", "--json", env={"ZCCACHE_IDLE_TIMEOUT": "7"}).stdout)

    assert (rows["max_size"]["value"], rows["max_size"]["source"]) == (5 << 30, str(work / "zccache.toml"))
    assert (rows["idle_timeout"]["value"], rows["idle_timeout"]["source"]) == (7.0, "environment")
    assert (rows["log_level"]["value"], rows["log_level"]["source"]) == ("info", "default")


@pytest.mark.parametrize("words", [("start",), ("clear",), ("cache-root",), ("crashes",)])
def test_a_command_refuses_a_setting_that_cannot_be_used(words: tuple[str, ...], command: Run) -> None:
    run = command(*words, env={"ZCCACHE_LOG_LEVEL": "loud"})

    assert run.returncode == 78
    assert text(run.stderr) == (
        "zccache: ZCCACHE_LOG_LEVEL='loud' cannot be used; allowed: debug, info, warning, error"
    )


def test_stop_and_status_work_with_a_setting_that_cannot_be_used(command: Run) -> None:
    env = {"ZCCACHE_LOG_LEVEL": "loud", "ZCCACHE_ENDPOINT": "nowhere"}

    status = command("status", env=env)
    stop = command("stop", env=env)

    assert (status.returncode, stop.returncode) == (0, 0)
    assert "ZCCACHE_LOG_LEVEL: 'loud'" in text(status.stdout)
    assert "ZCCACHE_ENDPOINT: 'nowhere'" in text(status.stdout)


def test_a_root_that_cannot_be_made_is_named(command: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    run = command("start", env={"ZCCACHE_CACHE_DIR": str(tmp_path / "file" / "root")})

    assert run.returncode == 73
    assert text(run.stderr).startswith(f"zccache: cache root {tmp_path}/file/root: ")


def test_a_daemon_that_ends_at_once_is_told_and_not_tried_again_by_compiles(
    command: Run, compile_with: Run, work: Path, cache_root: Path, twin: Path
) -> None:
    (work / "x.c").write_text("int x;\n")
    tries = work / "tries"
    daemon = twin.parent / "zccache-daemon"
    daemon.write_text(f"#!/bin/sh\necho tried >> {tries}\nexit 3\n")
    daemon.chmod(0o755)

    first = compile_with("gcc", "-c", "x.c", env={"ZCCACHE_NO_SPAWN": ""})
    second = compile_with("gcc", "-c", "x.c", env={"ZCCACHE_NO_SPAWN": ""})
    (insisting,) = [compile_with("start")]

    assert [first.returncode, second.returncode] == [0, 0]
    assert first.stderr == second.stderr == b""
    assert tries.read_text() == "tried\n" * 2
    assert insisting.returncode == 69
    assert f"it ended at once; `{daemon} --foreground` shows why" in text(insisting.stderr)
    status = json.loads(command("status", "--json").stdout)
    assert status["cold_by"] == {"start_failed": 2}
    assert (status["hits"], status["misses"]) == (1, 1)


def test_a_daemon_outlives_its_starter_and_holds_nothing_of_it(command: Run, cache_root: Path) -> None:
    run = command(
        "start", env={"LD_PRELOAD": "", "ZCCACHE_GUARD": "", "MAKEFLAGS": "-j --jobserver-auth=3,4"}
    )
    pid = daemon_pid(cache_root)

    assert run.returncode == 0
    assert os.readlink(f"/proc/{pid}/cwd") == "/"
    assert os.getsid(pid or 0) != os.getsid(0)
    assert {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in (0, 1, 2)} == {"/dev/null"}
    assert b"MAKEFLAGS" not in Path(f"/proc/{pid}/environ").read_bytes()


def test_a_killed_daemon_is_replaced(command: Run, cache_root: Path) -> None:
    command("start")
    first = daemon_pid(cache_root)
    assert first is not None
    os.kill(first, signal.SIGKILL)

    status = command("status")
    run = command("start")

    assert "not running" in text(status.stdout)
    assert "daemon started" in text(run.stdout)
    assert daemon_pid(cache_root) != first


def test_a_reader_that_has_seen_enough_is_no_error(command: Run, work: Path) -> None:
    line = f"{Path(sys.executable).parent / 'zccache-cli'} config | true; echo ${{PIPESTATUS[0]}}"

    run = subprocess.run(["bash", "-c", line], cwd=work, capture_output=True, text=True, timeout=60)

    assert (run.stdout.strip(), run.stderr) == ("0", "")


def test_the_clock_of_a_failure_in_the_future_is_no_reason_to_wait(
    command: Run, compile_with: Run, work: Path, cache_root: Path
) -> None:
    """hazard 107"""
    (cache_root / "locks").mkdir(parents=True)
    marker = cache_root / "locks" / "start.failed"
    marker.write_text("")
    ahead = time.time() + 3600
    os.utime(marker, (ahead, ahead))
    (work / "x.c").write_text("int x;\n")

    compile_with("gcc", "-c", "x.c", env={"ZCCACHE_NO_SPAWN": ""})

    assert wait_until(lambda: json.loads(command("status", "--json").stdout)["running"])
    assert not marker.exists()
