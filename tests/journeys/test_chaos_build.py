"""What a build does to its compilers, done to the front: signals, and the jobserver of make."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chaos import PATIENCE_S, Units, children_of, install_front, slow_unit
from daemons import daemon_pid, processes_of
from tools import require_tool
from waiting import wait_until

if sys.platform != "linux":
    pytest.skip("looks at processes through /proc", allow_module_level=True)

TOKENS = b"+++"


@pytest.fixture(params=["native", "twin", "cold"])
def units(request: pytest.FixtureRequest, tmp_path: Path, cache_root: Path) -> Units:
    name = "native" if request.param == "cold" else request.param
    units = Units(tmp_path / "work", install_front(name, tmp_path / "bin"), cache_root)
    if request.param == "cold":
        units.env["ZCCACHE_NO_SPAWN"] = "1"
    return units


def below(pid: int) -> set[int]:
    """Return all living descendants of a process."""
    children = children_of(pid)
    return children.union(*(below(child) for child in children))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("to", ["front", "group"])
def test_a_signal_stops_the_compiler_at_once(units: Units, number: signal.Signals, to: str) -> None:
    """hazard 108"""
    words = slow_unit(units.folder)
    compiling = subprocess.Popen(
        [units.front, *words], cwd=units.folder, env=units.env, start_new_session=True, stderr=subprocess.PIPE
    )
    assert wait_until(lambda: "cc1plus" in map(program_of, below(compiling.pid)), within_s=PATIENCE_S)
    compilers = below(compiling.pid)

    os.kill(compiling.pid, number) if to == "front" else os.killpg(compiling.pid, number)
    compiling.communicate(timeout=PATIENCE_S)

    assert compiling.returncode == -number
    assert wait_until(lambda: not any(is_compiling(pid) for pid in compilers))
    assert not (units.folder / "slow.o").exists()
    assert processes_of(units.root) <= {daemon_pid(units.root)}


def program_of(pid: int) -> str:
    """Return the name of the program that a process runs."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def is_compiling(pid: int) -> bool:
    """Tell whether a process lives and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("style", ["pipe", "fifo"])
def test_a_jobserver_keeps_its_tokens_and_no_daemon_holds_it(
    units: Units, style: str, tmp_path: Path
) -> None:
    """hazard 110"""
    fifo = tmp_path / "jobserver"
    if style == "fifo":
        os.mkfifo(fifo)
        ends = (os.open(fifo, os.O_RDONLY | os.O_NONBLOCK), os.open(fifo, os.O_WRONLY))
        name = f"fifo:{fifo}"
    else:
        ends = os.pipe()
        os.set_blocking(ends[0], False)
        name = f"{ends[0]},{ends[1]}"
    os.write(ends[1], TOKENS)
    units.env["MAKEFLAGS"] = f" -j4 --jobserver-auth={name}"

    compiles = {
        unit: subprocess.Popen(
            [units.front, "gcc", "-c", f"{unit}.c"], cwd=units.folder, env=units.env, pass_fds=ends,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        for unit in units.names
    }  # fmt: skip
    units.check(compiles)
    os.close(ends[1])

    # The tokens, then the end: nobody else has the other end open.
    assert os.read(ends[0], 100) == TOKENS
    assert os.read(ends[0], 100) == b""
    os.close(ends[0])


def test_a_recursive_make_starts_the_daemon_and_comes_to_its_end(units: Units) -> None:
    """hazard 110"""
    require_tool("make", "make")
    objects = " ".join(f"{name}.o" for name in units.names)
    (units.folder / "Makefile").write_text(
        "all:\n\t$(MAKE) -f inner.mk\n\t$(MAKE) -f inner.mk clean\n\t$(MAKE) -f inner.mk\n"
    )
    (units.folder / "inner.mk").write_text(
        f"all: {objects}\n%.o: %.c shared.h\n\t{units.front} gcc -c $<\nclean:\n\trm -f {objects}\n"
    )

    done = subprocess.run(
        ["make", "-j4"], cwd=units.folder, env=units.env, timeout=PATIENCE_S, capture_output=True
    )

    assert (done.returncode, done.stderr) == (0, b"")
    assert {name: units.output(name).read_bytes() for name in units.names} == units.bare
    assert units.status()["hits"] == len(units.names)
