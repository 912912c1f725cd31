"""The tests' own ground: a process left over is seen, and a skip cannot hide in CI."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from daemons import processes_below, processes_of, stop_daemon
from repository import ROOT
from waiting import wait_until

SLEEPER = [sys.executable, "-c", "import time; print(flush=True); time.sleep(60)"]


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_a_process_that_is_not_the_daemon_is_reported_and_killed(tmp_path: Path) -> None:
    env = os.environ | {"ZCCACHE_CACHE_DIR": str(tmp_path)}
    with subprocess.Popen(SLEEPER, env=env, stdout=subprocess.PIPE) as stray:
        assert wait_until(lambda: processes_of(tmp_path) == {stray.pid})

        left = stop_daemon(tmp_path, within_s=0)

    assert left == {stray.pid}
    assert stray.returncode == -9


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_the_process_in_the_daemon_lock_is_asked_to_go(tmp_path: Path) -> None:
    env = os.environ | {"ZCCACHE_CACHE_DIR": str(tmp_path)}
    with subprocess.Popen(SLEEPER, env=env, stdout=subprocess.PIPE) as daemon:
        assert wait_until(lambda: processes_of(tmp_path) == {daemon.pid})
        (tmp_path / "locks").mkdir()
        (tmp_path / "locks" / "daemon.lock").write_text(f"{daemon.pid} 0 0.1.0\n")

        left = stop_daemon(tmp_path)

    assert left == set()
    assert daemon.returncode == -15


@pytest.mark.parametrize(("required", "outcome"), [("0", "1 skipped"), ("1", "1 failed")])
@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("require_tool('no-such-tool', 'its-package')", "needs no-such-tool: apt-get install its-package"),
        ("pytest.skip('not today')", "not today"),
    ],
    ids=["missing tool", "any cause"],
)
def test_a_skip_fails_where_all_tools_are_required(
    tmp_path: Path, body: str, words: str, required: str, outcome: str
) -> None:
    printed = run_pytest(tmp_path, f"    {body}\n", {"ZCCACHE_REQUIRE_TOOLS": required})

    assert outcome in printed
    assert words in printed


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_a_daemon_outside_the_fixture_fails_the_run_and_ends_with_it(tmp_path: Path) -> None:
    env = "dict(os.environ, ZCCACHE_CACHE_DIR=str(tmp_path))"

    printed = run_pytest(tmp_path, f"    subprocess.Popen({SLEEPER}, env={env})\n", {})

    assert "processes outlived the run" in printed
    assert processes_below(tmp_path) == set()


def run_pytest(folder: Path, body: str, env: dict[str, str]) -> str:
    """Run one test with our conftest in a process of its own, and return what pytest printed."""
    test_file = folder / "test_it.py"
    imports = "import os, subprocess, pytest\nfrom tools import require_tool\n"
    test_file.write_text(f"{imports}\ndef test_it(tmp_path):\n{body}")
    options = ["-p", "conftest", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml")]
    options += ["-o", f"pythonpath={ROOT / 'tests' / 'support'}"]
    command = [sys.executable, "-m", "pytest", *options, f"--basetemp={folder / 'base'}", str(test_file)]
    env = os.environ | {"PYTHONPATH": str(ROOT / "tests")} | env
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=60).stdout
