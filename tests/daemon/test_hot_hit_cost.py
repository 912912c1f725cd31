"""What a hit from memory asks of the disk: counted in system calls, which no busy machine changes."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon_process import PATIENCE_S, REAL, Daemon, running_daemon
from fronts import native_front
from tools import require_tool
from waiting import wait_until
from zccache.common.freshness import tick_ns

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="strace and inotify are Linux's")

HEADERS = 250
_TRIES = 6
"""What an earlier hit found out may still be proven, on another thread, while the next is traced."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A unit that reads many headers, two folders of which the first one has none."""
    folder = tmp_path / "project"
    (folder / "include").mkdir(parents=True)
    (folder / "earlier").mkdir()
    for number in range(HEADERS):
        (folder / "include" / f"part_{number}.h").write_text(f"extern int value_{number};\n")
    includes = "".join(f'#include "part_{number}.h"\n' for number in range(HEADERS))
    (folder / "unit.c").write_text(f"{includes}int unit(void) {{ return value_0; }}\n")
    now_ns = tick_ns()
    assert wait_until(lambda: tick_ns() > now_ns)
    return folder


class Compiling:
    """The unit, compiled through the cache."""

    def __init__(self, project: Path, daemon: Daemon) -> None:
        self.output = project / "unit.o"
        self._project = project
        self._env = {
            "PATH": os.environ["PATH"],
            "LC_ALL": "C",
            "ZCCACHE_CACHE_DIR": str(daemon.root),
            "ZCCACHE_NO_SPAWN": "1",
        }

    def __call__(self) -> None:
        self.output.unlink(missing_ok=True)
        words = [str(native_front()), "gcc", "-Iearlier", "-Iinclude", "-c", "unit.c"]
        subprocess.run(words, cwd=self._project, env=self._env, check=True)


def fence_of(daemon: Daemon) -> dict[str, object]:
    fence = daemon.ask("status")["fence"]
    assert isinstance(fence, dict)
    return fence


def is_traced(pid: int) -> bool:
    return all(
        "\nTracerPid:\t0\n" not in Path(task, "status").read_text()
        for task in Path(f"/proc/{pid}/task").iterdir()
    )


@contextlib.contextmanager
def traced(pid: int, to: Path) -> Iterator[None]:
    """Have strace write down what all threads of a process ask about files."""
    strace = require_tool("strace", "strace")
    words = [strace, "-f", "-qq", "-y", "-s", "4096", "-e", "trace=%file", "-o", str(to), "-p", str(pid)]
    tracer = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    try:
        assert wait_until(lambda: is_traced(pid) or tracer.poll() is not None, within_s=PATIENCE_S)
        if tracer.poll() is not None:
            assert tracer.stderr is not None
            said = tracer.stderr.read()
            assert "not permitted" in said or "ermission denied" in said, said
            pytest.skip("strace is there (apt-get install strace), but may not trace here")
        yield
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.communicate(timeout=PATIENCE_S)


def test_a_hot_hit_looks_at_none_of_its_inputs(project: Path, cache_root: Path, tmp_path: Path) -> None:
    require_tool("gcc", "gcc")
    trace = tmp_path / "trace"
    with running_daemon(cache_root, program=REAL) as daemon:
        compile_unit = Compiling(project, daemon)
        compile_unit()
        compile_unit()
        assert wait_until(lambda: fence_of(daemon)["watched_files"] != 0, within_s=PATIENCE_S)
        compile_unit()
        looks: set[str] = {"nothing yet"}
        for _ in range(_TRIES):
            with traced(daemon.process.pid, trace):
                compile_unit()
            looks = looks_at(trace, cache_root, compile_unit.output)
            # The working folder: whether the front sees the same one as we do.
            if looks <= {str(project)}:
                break

    assert compile_unit.output.stat().st_size > 0
    assert looks <= {str(project)}


def looks_at(trace: Path, root: Path, output: Path) -> set[str]:
    """Return what was asked for beside the cache and the output."""
    asked = re.findall(r'"(/[^"]*)"', trace.read_text())
    assert any(is_of(path, output) for path in asked), "strace saw no delivery"
    return {path for path in asked if not path.startswith(f"{root}/") and not is_of(path, output)}


def is_of(path: str, output: Path) -> bool:
    """Whether a path is the output's, or the name under which it is made ready beside it."""
    return path == str(output) or path.startswith(f"{output.parent}/.zccache-")
