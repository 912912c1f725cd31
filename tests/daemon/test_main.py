"""The command line of zccache-daemon."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from daemon_process import ECHO, PATIENCE_S, REAL, daemon_env, running_daemon
from tools import require_tool
from waiting import wait_until
from zccache.common.layout import Layout
from zccache.common.version import VERSION


def run_real(root: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [*REAL, *words]
    return subprocess.run(
        command, env=daemon_env(root), capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )


def test_help_and_version_need_no_root(cache_root: Path) -> None:
    version = run_real(cache_root, "--version")
    usage = run_real(cache_root, "--help")

    assert (version.returncode, version.stdout) == (0, f"zccache-daemon {VERSION}\n")
    assert usage.returncode == 0
    for option in ("--foreground", "--endpoint", "--idle-timeout", "--log-level", "--log-file"):
        assert option in usage.stdout
    assert not cache_root.exists()


@pytest.mark.parametrize("words", [["--nonsense"], ["word"], ["--idle-timeout"]])
def test_an_unknown_word_prints_the_usage(cache_root: Path, words: list[str]) -> None:
    done = run_real(cache_root, *words)

    assert done.returncode == 2
    assert done.stderr.startswith(f"zccache-daemon: cannot make sense of `zccache-daemon {words[0]}`\nUsage:")
    assert "zccache-daemon [options]" in done.stderr


@pytest.mark.parametrize(
    ("words", "named", "allowed"),
    [
        (["--idle-timeout", "soon"], "--idle-timeout='soon'", "seconds; 0 for never"),
        (["--idle-timeout", "-1"], "--idle-timeout='-1'", "seconds; 0 for never"),
        (
            ["--log-file", "/no/such/folder/log"],
            "--log-file='/no/such/folder/log'",
            "a file that can be written, in a folder that is there",
        ),
        (["--log-level", "loud"], "--log-level='loud'", "debug, info, warning, error"),
        (
            ["--endpoint", "tcp://h:1"],
            "ZCCACHE_ENDPOINT='tcp://h:1'",
            "unix:PATH, an absolute path, tcp://127.0.0.1:PORT or tcp://[::1]:PORT",
        ),
    ],
)
def test_a_bad_value_is_refused_with_what_is_allowed(
    cache_root: Path, words: list[str], named: str, allowed: str
) -> None:
    done = run_real(cache_root, *words)

    assert done.returncode == 78
    assert done.stderr == f"zccache-daemon: {named} cannot be used; allowed: {allowed}\n"


def test_a_bad_setting_of_the_environment_is_logged_and_the_default_used(cache_root: Path) -> None:
    with running_daemon(cache_root, env={"ZCCACHE_IDLE_TIMEOUT": "soon"}) as daemon:
        assert "ZCCACHE_IDLE_TIMEOUT" in daemon.log()
        assert daemon.events()[0].startswith("idle_timeout 3600.0")


def test_an_option_outranks_the_environment(cache_root: Path) -> None:
    env = {"ZCCACHE_IDLE_TIMEOUT": "50"}
    with running_daemon(cache_root, env=env) as daemon:
        assert daemon.events()[0].startswith("idle_timeout 50.0")
    with running_daemon(cache_root, "--idle-timeout", "60", env=env) as daemon:
        # Until it is made, the last word is that of the daemon before.
        assert wait_until(lambda: daemon.events()[-1].startswith("idle_timeout 60.0"))


def test_in_the_foreground_the_log_goes_to_stderr(cache_root: Path) -> None:
    command = [*ECHO, "--foreground"]
    with subprocess.Popen(command, env=daemon_env(cache_root), stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        process.terminate()
        last = process.stderr.read()

    assert f"pid {process.pid} version {VERSION} serves {cache_root}" in first
    assert "ends: signal SIGTERM" in last
    assert not (cache_root / "logs" / "daemon.log").exists()


def test_a_log_file_is_where_it_was_named(cache_root: Path, tmp_path: Path) -> None:
    with running_daemon(cache_root, "--log-file", str(tmp_path / "here.log"), "--log-level", "warning"):
        assert not (tmp_path / "here.log").exists(), "there was nothing to warn of"
    with running_daemon(cache_root, "--log-file", str(tmp_path / "here.log")):
        assert "serves" in (tmp_path / "here.log").read_text()


def test_a_root_that_cannot_be_made_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    done = run_real(tmp_path / "file" / "root")

    assert done.returncode == 73
    assert done.stderr.count("\n") == 1
    assert "set ZCCACHE_CACHE_DIR" in done.stderr


def test_a_handler_that_cannot_start_leaves_no_socket_and_a_dump(cache_root: Path) -> None:
    Layout(str(cache_root)).create()
    (cache_root / "events").mkdir()

    done = subprocess.run(
        ECHO, env=daemon_env(cache_root), capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )

    assert done.returncode == 1
    assert "IsADirectoryError" in done.stderr
    assert list((cache_root / "sockets").glob("daemon.sock")) == []
    assert len(list((cache_root / "crashes").glob("crash-*-daemon-end.txt"))) == 1


def test_as_the_first_process_it_reaps_orphans_and_ends_on_a_signal(cache_root: Path, tmp_path: Path) -> None:
    unshare = require_tool("unshare", "util-linux")
    if subprocess.run([unshare, "--pid", "--fork", "true"], check=False, capture_output=True).returncode:
        pytest.skip("needs the right to make a pid namespace: run as root")
    # The orphan's parent ends at once; the orphan itself when its file is gone.
    orphan = tmp_path / "orphan"
    orphan.touch()
    shell = (
        f"(sh -c 'while test -e {orphan}; do sleep 0.02; done' &)\n"
        f"exec {sys.executable} {ECHO[1]} --foreground"
    )
    command = [unshare, "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", shell]
    with running_daemon(cache_root, program=command) as daemon:
        orphan.unlink()

        assert wait_until(lambda: not commands_below(daemon.process.pid) & {"sleep", "sh"})
        os.kill(first_process_below(daemon.process.pid), signal.SIGTERM)

        assert daemon.process.wait(PATIENCE_S) == 0
    assert daemon.events()[-1] == "close"


def children_of(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def first_process_below(unshare: int) -> int:
    (first,) = children_of(unshare)
    return first


def commands_below(unshare: int) -> set[str]:
    """Return the names of all processes in the namespace, zombies too."""
    first = first_process_below(unshare)
    return {Path(f"/proc/{pid}/comm").read_text().strip() for pid in (first, *children_of(first))}
