"""Several sources in one command: misses run at the same time; else all is as with the bare compiler."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from daemons import daemon_pid
from fronts import Front, make_front
from spreading import is_gone
from terminal import printed_on_a_terminal
from tools import require_tool
from waiting import wait_until

# A compiler that notes, for each compile, how many others run with it.
COUNTING = """#!/bin/sh
case " $* " in *" -c "*) ;; *) exec {real} "$@" ;; esac
case " $* " in *.c\\ *) ;; *) exec {real} "$@" ;; esac
: > {folder}/in.$$
{meet}
ls {folder} | grep -c '^in[.]' >> {folder}/crowd
{real} "$@"
status=$?
rm {folder}/in.$$
exit $status
"""
MEET = """tries=0
until [ $(ls {folder} | grep -c '^in[.]') -ge 2 ] || [ $tries -ge 100 ]; do
    sleep 0.02
    tries=$((tries+1))
done"""


@dataclass
class Project:
    """Sources a to d, each with a warning, one of them in a name with a space; what bare leaves beside."""

    folder: Path
    front: Front
    root: Path

    def env(self, changes: Mapping[str, str] | None = None) -> dict[str, str]:
        return {**os.environ, **self.front.env, "MAKEFLAGS": "", "LC_ALL": "C", **(changes or {})}

    def run(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            words, cwd=self.folder, env=self.env(), capture_output=True, check=False, timeout=120
        )

    def cached(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        return self.run(str(self.front.program), *words)

    def same(self, *words: str) -> None:
        """Compile bare and through the cache, and compare all that both leave."""
        self.sweep()
        bare = self.run(*words)
        left = self.left()
        self.sweep()
        cached = self.cached(*words)
        assert (cached.returncode, cached.stdout, cached.stderr) == (
            bare.returncode,
            bare.stdout,
            bare.stderr,
        )
        assert self.left() == left

    def left(self) -> dict[str, bytes]:
        return {
            path.name: path.read_bytes()
            for path in self.folder.iterdir()
            if path.suffix in {".o", ".d", ".out"}
        }

    def sweep(self) -> None:
        for name in self.left():
            (self.folder / name).unlink()

    def counts(self) -> dict[str, int]:
        """Return what status counts."""
        done = self.cached("status", "--json")
        told = json.loads(done.stdout)
        return {name: told[name] for name in ("hits", "misses", "passed")}


@pytest.fixture(params=["native", "twin"])
def project(request: pytest.FixtureRequest, tmp_path: Path, cache_root: Path) -> Project:
    (tmp_path / "bin").mkdir()
    folder = tmp_path / "project"
    folder.mkdir()
    for name in ("a", "b c", "d", "e"):
        text = f"#warning {name}\nint {name[0]}(int x) {{ int unused; return x; }}\n"
        (folder / f"{name}.c").write_text(text)
    (folder / "main.c").write_text("int a(int);\nint main(void) { return a(0); }\n")
    return Project(folder, make_front(request.param, tmp_path / "bin"), cache_root)


SOURCES = ("a.c", "b c.c", "d.c", "e.c")
needs_two = pytest.mark.skipif(
    sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2, reason="needs two processors"
)


def counting(project: Project, *, meets: bool = False) -> tuple[str, Path]:
    """Install the counting compiler; return it and the file of its counts."""
    folder = project.folder.parent / "counts"
    folder.mkdir()
    script = folder / "gcc"
    meet = MEET.format(folder=folder) if meets else ":"
    script.write_text(COUNTING.format(real=require_tool("gcc", "gcc"), folder=folder, meet=meet))
    script.chmod(0o755)
    return str(script), folder / "crowd"


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_all_some_and_none_missed_are_as_bare(project: Project, compiler: str) -> None:
    require_tool(compiler, compiler)
    words = (compiler, "-c", "-Wall", "-MD", *SOURCES)

    project.same(*words)
    project.same(*words)
    (project.folder / "b c.c").write_text("#warning another\n")
    (project.folder / "e.c").write_text("#warning and another\n")
    project.same(*words)

    assert project.counts() == {"hits": 6, "misses": 6, "passed": 0}


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_one_that_fails_in_the_middle_spoils_no_neighbour(project: Project, compiler: str) -> None:
    require_tool(compiler, compiler)
    (project.folder / "d.c").write_text("#warning d\nint d( {\n")

    project.same(compiler, "-c", "-Wall", *SOURCES)
    project.same(compiler, "-c", "-Wall", *SOURCES)

    assert project.counts() == {"hits": 3, "misses": 5, "passed": 0}


def test_compiles_and_their_link_are_as_bare(project: Project) -> None:
    words = ("gcc", "-g", "-Wall", *SOURCES, "main.c", "-o", "program.out")

    project.same(*words)
    project.same(*words)

    assert project.counts() == {"hits": 6, "misses": 6, "passed": 0}
    assert not list((project.root / "tmp").glob("*.steps"))


def test_colours_are_those_of_the_users_terminal(project: Project) -> None:
    require_tool("gcc", "gcc")
    env = project.env({"TERM": "xterm", "GCC_COLORS": "error=01;31:warning=01;35:locus=01"})
    words = ["gcc", "-c", "-Wall", *SOURCES]

    bare = printed_on_a_terminal(words, project.folder, env)
    cached = printed_on_a_terminal([str(project.front.program), *words], project.folder, env)

    assert b"\x1b[" in bare
    assert cached == bare


@needs_two
def test_as_many_run_as_there_are_processors_and_no_more(project: Project) -> None:
    compiler, crowd = counting(project, meets=True)

    done = project.cached(compiler, "-c", *SOURCES)

    assert done.returncode == 0
    assert 2 <= max(map(int, crowd.read_text().split())) <= len(os.sched_getaffinity(0))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("words", [("-c", "-Wall"), ("-w", "main.c", "-o", "program.out")])
def test_a_daemon_that_ends_meanwhile_spoils_nothing(
    project: Project, words: tuple[str, ...], number: signal.Signals
) -> None:
    """hazard 112"""
    bare = project.run("gcc", *words, *SOURCES)
    left = project.left()
    project.sweep()
    compiler, crowd = counting(project)
    gate = crowd.parent / "gate"
    script = Path(compiler).read_text()
    Path(compiler).write_text(
        script.replace(": >", f": > {gate}.waits; until [ -e {gate} ]; do sleep 0.02; done\n: >")
    )
    with subprocess.Popen(
        [project.front.program, compiler, *words, *SOURCES],
        cwd=project.folder,
        env=project.env(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert wait_until(Path(f"{gate}.waits").exists, within_s=60)
        pid = daemon_pid(project.root)
        assert pid
        os.kill(pid, number)
        assert wait_until(lambda: is_gone(pid), within_s=60)
        gate.touch()
        _, stderr = process.communicate(timeout=120)

    assert (process.returncode, stderr) == (bare.returncode, bare.stderr)
    assert project.left() == left


def test_a_jobserver_of_make_is_respected(project: Project) -> None:
    require_tool("make", "make")
    compiler, crowd = counting(project)
    names = [f"s{index}.c" for index in range(6)]
    for name in names:
        (project.folder / name).write_text(f"int {name[:2]};\n")
    (project.folder / "Makefile").write_text(
        "all: one two\none:\n\t+$(Z) $(CC) -c -DONE s0.c s1.c s2.c\ntwo:\n\t+$(Z) $(CC) -c s3.c s4.c s5.c\n"
    )

    done = project.run("make", "-j2", f"Z={project.front.program}", f"CC={compiler}")

    assert done.returncode == 0, done.stderr
    assert max(map(int, crowd.read_text().split())) <= 2
    assert b"jobserver" not in done.stderr
