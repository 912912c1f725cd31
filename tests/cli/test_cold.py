"""What the walk without a daemon owes beyond the compile itself."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fronts import Run
from tools import require_tool


def counts(command: Run) -> dict[str, object]:
    found: dict[str, object] = json.loads(command("status", "--json").stdout)
    return found


def test_a_cache_without_a_daemon_is_kept_below_its_limit(
    compile_with: Run, command: Run, work: Path
) -> None:
    for name in ("a.c", "b.c"):
        (work / name).write_text("int x;\n")
        compile_with("gcc", "-c", name, env={"ZCCACHE_MAX_SIZE": "1"})

    found = counts(command)

    assert found["misses"] == 2
    assert found["evicted"] == 2
    assert found["entries"] == 0


def test_the_projects_file_gives_the_limit(compile_with: Run, command: Run, work: Path) -> None:
    (work / "zccache.toml").write_text("max_size = 1\n")
    (work / "a.c").write_text("int x;\n")

    compile_with("gcc", "-c", "a.c")

    assert counts(command)["entries"] == 0


@pytest.mark.parametrize(("word", "cold"), [("no_spawn", 2), ("other_namespace", 0)])
def test_a_fall_back_is_counted_once_by_whoever_fell_back(
    word: str, cold: int, command: Run, work: Path, cache_root: Path
) -> None:
    (work / "a.c").write_text("int x;\n")

    runs = [command("wrap", f"--cold={word}", "--", "gcc", "-c", "a.c") for _ in range(2)]

    assert [(run.returncode, run.stderr) for run in runs] == [(0, b"")] * 2
    assert (counts(command)["hits"], counts(command)["misses"]) == (1, 1)
    assert counts(command)["cold"] == cold


def test_a_cache_that_cannot_be_used_leaves_the_bare_compiler(compile_with: Run, work: Path) -> None:
    (work / "a.c").write_text("int x;\n")
    (work / "root").write_text("a file where a folder should be")

    done = compile_with("gcc", "-c", "a.c", env={"ZCCACHE_CACHE_DIR": str(work / "root")})

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert (work / "a.o").exists()


def test_many_cold_compiles_at_once_all_succeed_and_are_all_kept(
    twin: Path, command: Run, work: Path, cache_root: Path
) -> None:
    env = {**os.environ, "ZCCACHE_NO_SPAWN": "1"}
    for number in range(8):
        (work / f"u{number}.c").write_text(f"int x{number};\n")

    started = [
        subprocess.Popen([twin, "gcc", "-c", f"u{number}.c"], cwd=work, env=env, stderr=subprocess.PIPE)
        for number in range(8)
    ]
    ends = [(process.communicate(timeout=120)[1], process.returncode) for process in started]

    assert ends == [(b"", 0)] * 8
    assert (counts(command)["misses"], counts(command)["entries"]) == (8, 8)


def test_the_wrap_of_zccache_cli_is_the_wrap_of_zccache(command: Run, work: Path) -> None:
    done = command(sys.executable, "-c", "print('as typed')")

    assert (done.returncode, done.stdout) == (0, b"as typed\n")


def test_the_compiler_is_as_nice_as_its_user_wants_it(compile_with: Run, work: Path) -> None:
    """A word that means nothing is low, and the log says so; the compiler is nicer soon after its start."""
    (work / "a.c").write_text("int x;\n")
    wanted = os.nice(0) + 10
    compiler = work / "tools" / "gcc"
    compiler.parent.mkdir()
    compiler.write_text(
        f'#!/bin/sh\ncase "$*" in *a.c) for i in $(seq 2000); do [ "$(nice)" -ne {wanted} ] || break; done\n'
        f'nice >"{work}/nice";; esac\nexec {require_tool("gcc", "gcc")} "$@"\n'
    )
    compiler.chmod(0o755)
    log = work / "log"

    done = compile_with(
        compiler, "-c", "a.c", env={"ZCCACHE_COMPILE_PRIORITY": "Soon", "ZCCACHE_LOG": str(log)}
    )

    assert (done.returncode, done.stderr) == (0, b"")
    assert (work / "nice").read_text().split() == [str(wanted)]
    assert "'soon' is none of auto, low" in log.read_text()


def test_strict_paths_hold_without_a_daemon(compile_with: Run, work: Path) -> None:
    (work / "a.c").write_text("int x;\n")

    done = compile_with("--strict-paths=absolute", "gcc", "-c", "-Iinc", "a.c")

    assert done.returncode == 1
    assert done.stderr == (
        b"zccache: -I flag `-Iinc` violates --strict-paths=absolute (expected forward-slash absolute path).\n"
        b"         Caller: gcc -c -Iinc a.c\n"
    )
    assert not (work / "a.o").exists()
    assert compile_with("wrap", "--strict-paths=off", "--", "gcc", "-c", "-Iinc", "a.c").returncode == 0
    assert compile_with("--strict-paths", "wrap", "gcc", "-c", "-Iinc", "a.c").returncode == 1
