"""Many compiles at once: all succeed, one daemon answers them, and none waits for another."""

import os
import subprocess
from pathlib import Path

import pytest

from daemons import daemon_pid, processes_of
from fronts import make_front
from tools import require_tool


@pytest.mark.parametrize(("front_name", "compiles"), [("native", 100), ("twin", 40)])
def test_of_a_herd_of_first_compiles_all_succeed_with_one_daemon(
    front_name: str, compiles: int, tmp_path: Path, cache_root: Path
) -> None:
    """hazard 113"""
    require_tool("gcc", "gcc")
    front = make_front(front_name, tmp_path)
    for number in range(compiles):
        (tmp_path / f"u{number}.c").write_text(f"int x{number};\n")

    herd = [
        subprocess.Popen(
            [front.program, "gcc", "-c", f"u{number}.c"],
            cwd=tmp_path,
            env=dict(os.environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for number in range(compiles)
    ]
    ends = [(process.communicate(timeout=240)[0], process.returncode) for process in herd]

    assert ends == [(b"", 0)] * compiles
    assert len(list(tmp_path.glob("*.o"))) == compiles
    assert processes_of(cache_root) == {daemon_pid(cache_root)}
    log = (cache_root / "logs" / "daemon.log").read_text()
    assert log.count(" serves ") == 1


# Each compile waits until all of them run.
TOGETHER = """\
#!/bin/sh
case "$*" in
*"-c u"*)
    : > met.$$
    while [ "$(ls | grep -c '^met[.]')" -lt COMPILES ]; do sleep 0.05; done ;;
esac
exec GCC "$@"
"""


@pytest.mark.parametrize("front_name", ["native", "twin"])
def test_as_many_compilers_run_at_once_as_somebody_starts(
    front_name: str, tmp_path: Path, cache_root: Path
) -> None:
    """hazard 111"""
    gcc = require_tool("gcc", "gcc")
    compiles = 24
    front = make_front(front_name, tmp_path)
    compiler = tmp_path / "gcc"
    compiler.write_text(TOGETHER.replace("COMPILES", str(compiles)).replace("GCC", gcc))
    compiler.chmod(0o755)
    for number in range(compiles):
        (tmp_path / f"u{number}.c").write_text(f"int x{number};\n")

    started = [
        subprocess.Popen([front.program, compiler, "-c", f"u{number}.c"], cwd=tmp_path)
        for number in range(compiles)
    ]
    ends = [process.wait(timeout=120) for process in started]

    assert ends == [0] * compiles
    assert len(list(tmp_path.glob("met.*"))) == compiles
