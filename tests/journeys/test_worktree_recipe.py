"""The recipe for agents in sibling worktrees, as the README of the original has it, typed into a shell."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from fronts import make_front
from tools import require_tool

PROJECT = r"""
set -e
mkdir main && cd main
mkdir inc src
echo '#define ANSWER 42' > inc/answer.h
for unit in one two three; do
    echo '#include "answer.h"' > src/$unit.c
    echo "const char *$unit(void) { return __FILE__; } int ${unit}_n = ANSWER;" >> src/$unit.c
done
cat > CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.13)
project(recipe C)
set(CMAKE_C_COMPILER_LAUNCHER zccache)
set(CMAKE_BUILD_TYPE Debug)
include_directories(${CMAKE_SOURCE_DIR}/inc)
add_library(recipe STATIC src/one.c src/two.c src/three.c)
END
echo '%.o: src/%.c ; $(CC) -g -MD -I$(CURDIR)/inc -c $(CURDIR)/$< -o $@' > Makefile
echo 'all: one.o two.o three.o' >> Makefile
"""
GIT = r"""
git init -q -b main . && git add -A
git -c user.name=t -c user.email=t@example.org -c commit.gpgsign=false commit -q -m all
git worktree add -q ../agent-a -b agent-a main
git worktree add -q ../agent-b -b agent-b main
git worktree add -q ../agent-c -b agent-c main
"""
COPIES = "for agent in a b c; do cp -r . ../agent-$agent; done\n"
MAKE = 'export CC="zccache gcc"; make -s all'
EMCC = 'export CC="zccache emcc"; make -s all'
CMAKE = "cmake -G Ninja -S . -B build > /dev/null && cmake --build build > /dev/null"
UNITS = 3

Shell = Callable[[str], str]


@pytest.fixture
def shell(tmp_path: Path, cache_root: Path) -> Shell:
    """Run lines in a shell with the front on its PATH, in a folder of this test; return what they print."""
    (tmp_path / "bin").mkdir()
    front = make_front("native", tmp_path / "bin")
    programs = Path(front.program).resolve().parent
    env = {
        "PATH": f"{front.program.parent}:{programs}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "LC_ALL": "C",
        "ZCCACHE_CACHE_DIR": str(cache_root),
    }

    def run(text: str) -> str:
        done = subprocess.run(
            ["bash", "-e", "-c", text], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def agents(build: str, before: str = "") -> str:
    """Return the lines that build in the three worktrees, the first one before the other two."""
    line = "(cd agent-{name}; {before} {build})"
    first, second, third = (line.format(name=name, before=before, build=build) for name in "abc")
    return f"export ZCCACHE_PATH_REMAP=auto\n{first}\n{second} & {third} & wait\n"


@pytest.mark.parametrize("build", [MAKE, CMAKE, EMCC], ids=["make", "cmake", "emcc"])
def test_agents_in_worktrees_share_what_the_first_one_compiled(shell: Shell, build: str) -> None:
    tools = {"git": "git", "cmake": "cmake", "ninja": "ninja-build", "gcc": "gcc", "emcc": "emscripten"}
    for tool, package in tools.items():
        require_tool(tool, package)
    shell(PROJECT + GIT)

    shell(agents(build))

    status = json.loads(shell("zccache status --json"))
    assert (status["misses"], status["equivalent"]) == (UNITS, 2 * UNITS)


def test_a_tarball_tree_shares_by_its_named_root(shell: Shell) -> None:
    require_tool("gcc", "gcc")
    shell(PROJECT + COPIES)

    shell(agents(MAKE, before='export ZCCACHE_WORKTREE_ROOT="$PWD";'))

    status = json.loads(shell("zccache status --json"))
    assert (status["misses"], status["equivalent"]) == (UNITS, 2 * UNITS)


def test_a_tree_with_neither_says_so_in_the_sessions_log(shell: Shell, tmp_path: Path) -> None:
    require_tool("gcc", "gcc")
    shell(PROJECT + COPIES)
    log = tmp_path / "build.log"

    shell(
        f'eval "$(zccache session-start --stats --log {log})"\n{agents(MAKE)}'
        'zccache session-end "$ZCCACHE_SESSION_ID"\n'
    )

    assert "git_root_unavailable" in log.read_text()
    assert json.loads(shell("zccache status --json"))["misses"] == 3 * UNITS
