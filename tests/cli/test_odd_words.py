"""The commands for people, asked for what makes no sense, or where nobody can hear them."""

import fcntl
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from daemons import daemon_pid
from fronts import Run
from mounted import may_mount
from tools import require_tool
from zccache.common.locks import has_ended

CLI = Path(sys.executable).parent / "zccache-cli"


def text(stream: bytes) -> str:
    return stream.decode().strip()


@pytest.mark.parametrize("name", ["stop", "status", "clear", "doctor"])
def test_an_endpoint_on_the_command_line_that_is_none_reaches_no_other_daemon(
    command: Run, cache_root: Path, name: str
) -> None:
    command("start")

    run = command(name, "--endpoint", "tcp://192.0.2.1:5")

    assert run.returncode == 78
    assert text(run.stderr).startswith("zccache: --endpoint='tcp://192.0.2.1:5' cannot be used; allowed: ")
    assert daemon_pid(cache_root) is not None


@pytest.mark.parametrize("age", ["99999999999999d", "1000000w", "0s"])
def test_any_age_can_be_asked_for(command: Run, compile_with: Run, work: Path, age: str) -> None:
    (work / "x.c").write_text("int x;\n")
    compile_with("gcc", "-c", "x.c")

    run = command("trim", "--older-than", age)

    assert (run.returncode, run.stderr) == (0, b"")
    assert text(run.stdout).startswith("Removed 1 result" if age == "0s" else "Removed 0 results")


def test_a_journal_that_is_named_and_not_there_is_an_error(command: Run, work: Path) -> None:
    run = command("analyze", str(work / "gone.jsonl"))

    assert run.returncode == 1
    assert text(run.stderr) == f"zccache analyze: {work}/gone.jsonl: No such file or directory"


def test_help_for_what_is_no_command_names_it(command: Run) -> None:
    run = command("help", "bogus")

    assert run.returncode == 2
    assert text(run.stderr) == "zccache help: there is no command 'bogus'; zccache help lists them"


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_command_with_a_closed_stream_does_its_work(cache_root: Path, closed: str) -> None:
    run = subprocess.run(
        ["sh", "-c", f"{CLI} start {closed}"], capture_output=True, timeout=60, stdin=subprocess.DEVNULL
    )

    assert run.returncode == 0
    assert b"Traceback" not in run.stderr
    assert daemon_pid(cache_root) is not None


@pytest.mark.parametrize("name", ["config", "status", "--help"])
def test_output_that_cannot_be_written_is_one_clear_line(cache_root: Path, name: str) -> None:
    run = subprocess.run(["sh", "-c", f"{CLI} {name} >/dev/full"], capture_output=True, timeout=60)

    assert run.returncode == 74
    assert run.stderr.decode().startswith(f"zccache {name}: standard output: No space left on device")
    assert run.stderr.count(b"\n") == 1


def test_a_root_whose_name_is_no_text_can_be_printed(tmp_path: Path) -> None:
    root = os.fsencode(tmp_path) + b"/\xff\xfe"

    run = subprocess.run(
        [CLI, "cache-root"], env={**os.environb, b"ZCCACHE_CACHE_DIR": root, b"LC_ALL": b"C.UTF-8"},
        capture_output=True, timeout=60,
    )  # fmt: skip

    assert (run.returncode, run.stdout, run.stderr) == (0, root + b"\n", b"")


@pytest.mark.parametrize("name", ["status", "stop", "config"])
def test_a_deleted_folder_is_told_as_such(cache_root: Path, tmp_path: Path, name: str) -> None:
    script = f"mkdir {tmp_path}/gone; cd {tmp_path}/gone; rmdir {tmp_path}/gone; exec {CLI} {name}"

    run = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=60)

    line = "zccache: the current folder has been deleted; cd to one that exists\n"
    assert (run.returncode, run.stderr) == (1, line)


def test_an_error_of_our_own_is_one_line_and_a_dump(command: Run, cache_root: Path, tmp_path: Path) -> None:
    (cache_root / "crashes").mkdir(parents=True)
    broken = tmp_path / "broken" / "sitecustomize.py"
    broken.parent.mkdir()
    broken.write_text("from zccache.cli.commands import cache_root\ncache_root.run = lambda options: [][0]\n")

    run = command("cache-root", env={"PYTHONPATH": str(broken.parent)})

    (dump,) = (cache_root / "crashes").iterdir()
    assert run.returncode == 70
    assert text(run.stderr) == (
        "zccache cache-root: an error of zccache's own, IndexError: list index out of range;"
        f" please report it with {dump}"
    )
    assert "IndexError" in dump.read_text()


def test_status_tells_of_a_root_that_cannot_be_used(command: Run, compile_with: Run, work: Path) -> None:
    root = work / "file"
    root.write_text("")
    (work / "x.c").write_text("int x;\n")
    env = {"ZCCACHE_CACHE_DIR": str(root)}

    compiled = compile_with("gcc", "-c", "x.c", env=env)
    status = command("status", env=env)
    problems = json.loads(command("status", "--json", env=env).stdout)["problems"]

    assert compiled.returncode == 0
    trouble = f"cache root {root}: is not a folder; set ZCCACHE_CACHE_DIR to a folder of your own"
    assert text(status.stdout).endswith(f"Nothing is cached\n  {trouble}")
    assert problems == [trouble]


def test_a_daemon_that_hangs_is_told_from_none_and_start_replaces_it(command: Run, cache_root: Path) -> None:
    command("start")
    # Answered once the index is open: stopped before that, it would hold the lock of its opening.
    command("status")
    stopped = daemon_pid(cache_root)
    assert stopped is not None
    os.kill(stopped, signal.SIGSTOP)

    status, stop, start = (command(name) for name in ("status", "stop", "start"))

    assert "daemon  silent at unix:" in text(status.stdout)
    assert (stop.returncode, stop.stdout) == (69, b"")
    assert text(stop.stderr).endswith(
        ": is there and does not answer; `zccache start` puts another in its place"
    )
    assert (start.returncode, start.stderr) == (0, b"")
    assert daemon_pid(cache_root) != stopped
    assert has_ended(stopped)


def test_a_start_that_somebody_holds_up_keeps_no_compile_after_it(
    command: Run, compile_with: Run, cache_root: Path, work: Path
) -> None:
    (cache_root / "locks").mkdir(parents=True)
    (work / "x.c").write_text("int x;\n")

    with (cache_root / "locks" / "start.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        start = command("start")
        compile_with("gcc", "-c", "x.c", env={"ZCCACHE_NO_SPAWN": "", "ZCCACHE_LOG": "log"})

    assert start.returncode == 69
    status = json.loads(command("status", "--json").stdout)
    assert status["cold_by"] == {"start_failed": 1}
    assert "the last try was" in (work / "log").read_text()


@pytest.mark.skipif(not may_mount(), reason="needs to be root, and allowed to make namespaces")
@pytest.mark.parametrize(
    ("flags", "before"),
    [("-m", "mount -t tmpfs none /proc"), ("-pf", ":")],
    ids=["without /proc", "foreign /proc"],
)
def test_start_and_stop_do_not_rest_on_what_proc_tells(cache_root: Path, flags: str, before: str) -> None:
    require_tool("unshare", "util-linux")
    script = f"{before}; {CLI} start && {CLI} stop && {CLI} start && {CLI} stop"

    run = subprocess.run(["unshare", flags, "sh", "-c", script], capture_output=True, text=True, timeout=100)

    assert run.stderr == ""
    assert [line.partition(" at ")[0] for line in run.stdout.splitlines()] == [
        "daemon started",
        "daemon stopped",
    ] * 2
