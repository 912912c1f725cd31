"""Identical compiles in flight at the same time share one run of the compiler."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fronts import make_front
from tools import require_tool
from waiting import wait_until

COMPILES = 8
# A compile of slow.c notes itself and waits for the gate, which opens when all eight fronts have asked.
GATED = r"""
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    int compiles = 0, is_slow = 0;

    for (int at = 1; at < argc; at++) {
        compiles |= strcmp(argv[at], "-c") == 0;
        is_slow |= strcmp(argv[at], "slow.c") == 0;
    }
    if (compiles && is_slow) {
        int runs = open(RUNS, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);

        if (write(runs, "r", 1) != 1)
            return 125;
        while (access(GATE, F_OK) != 0)
            usleep(5000);
    }
    argv[0] = REAL;
    execv(REAL, argv);
    return 127;
}
"""


@pytest.mark.skipif(sys.platform != "linux", reason="counts connections in /proc/net/unix")
@pytest.mark.parametrize("front_name", ["native", "twin"])
def test_one_of_eight(front_name: str, tmp_path: Path, cache_root: Path) -> None:
    """hazard 101: one compiler runs for all. With a longer name the socket would be too long to list."""
    gcc = require_tool("gcc", "gcc")
    runs, gate, compiler = tmp_path / "runs", tmp_path / "gate", tmp_path / "gcc"
    (tmp_path / "gated.c").write_text(GATED)
    names = [f'-D{name}="{path}"' for name, path in (("REAL", gcc), ("RUNS", runs), ("GATE", gate))]
    subprocess.run([gcc, *names, "gated.c", "-o", compiler], cwd=tmp_path, check=True)
    front = make_front(front_name, tmp_path)
    argv = [str(front.program), str(compiler), "-c"]
    for name in ("small", "slow"):
        (tmp_path / f"{name}.c").write_text(f"int {name};\n")
    subprocess.run([*argv, "small.c"], cwd=tmp_path, check=True)
    assert wait_until(lambda: connections(cache_root) == 0)

    at_once = [
        subprocess.Popen(
            [*argv, "slow.c"],
            cwd=tmp_path,
            env=dict(os.environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for _ in range(COMPILES)
    ]
    all_asked = wait_until(lambda: connections(cache_root) == COMPILES, within_s=60)
    gate.touch()
    ends = [(process.communicate(timeout=120)[0], process.returncode) for process in at_once]

    assert all_asked
    assert ends == [(b"", 0)] * COMPILES
    assert runs.read_bytes() == b"r"
    subprocess.run([gcc, "-c", "slow.c", "-o", "bare.o"], cwd=tmp_path, check=True)
    assert (tmp_path / "slow.o").read_bytes() == (tmp_path / "bare.o").read_bytes()


def connections(root: Path) -> int:
    """Return how many fronts are connected to the daemon of a cache root."""
    # The kernel names a socket as it was bound, which is before it was renamed into its place.
    bound, connected = f" {root}/sockets/daemon.sock", "03"
    lines = Path("/proc/net/unix").read_text().splitlines()
    return sum(bound in line and line.split()[5] == connected for line in lines)
