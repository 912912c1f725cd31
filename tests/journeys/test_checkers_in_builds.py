"""The ways in which people run clang-tidy and include-what-you-use over a project, with the real tools."""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from fronts import make_front
from tools import require_tool

SOURCES = ("a.cpp", "b.cpp")
PROJECT = """\
cmake_minimum_required(VERSION 3.13)
project(p CXX)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
add_library(l STATIC a.cpp b.cpp)
"""
FINDING = "use nullptr [modernize-use-nullptr]"
ADVICE = "should remove these lines"


@dataclass(frozen=True)
class Place:
    """A project, a front, and links to it by the names of the checkers."""

    folder: Path
    front: Path
    root: Path

    def run(self, *argv: object, bare: bool = False, **env: str) -> str:
        """Run a command that must succeed, and return what it printed."""
        changes = {"ZCCACHE_DISABLE": "1"} if bare else {}
        done = subprocess.run(
            [str(word) for word in argv],
            cwd=self.folder,
            env={**os.environ, **changes, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=120,
            text=True,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def outcomes(self) -> Counter[tuple[str, str]]:
        """Stop the daemon, and return how often the checkers' looks at sources ended in which way."""
        self.run(self.front, "stop")
        lines = (self.root / "logs/compile_journal.jsonl").read_text().splitlines()
        rows = [row for row in map(json.loads, lines) if row["args"][-1].endswith(SOURCES)]
        return Counter((os.path.basename(row["compiler"]), row["outcome"]) for row in rows)


@pytest.fixture
def place(tmp_path: Path, cache_root: Path) -> Place:
    """Hand out a project with two findings in its sources and one in a header; the daemon is up."""
    require_tool("clang-tidy", "clang-tidy")
    require_tool("include-what-you-use", "iwyu")
    links = tmp_path / "links"
    links.mkdir()
    front = make_front("native", tmp_path).program
    for name in ("clang-tidy", "include-what-you-use"):
        (links / name).symlink_to(front)
    folder = tmp_path / "src"
    folder.mkdir()
    (folder / "CMakeLists.txt").write_text(PROJECT)
    (folder / "h.h").write_text("inline int *h() { return 0; }\n")
    (folder / ".clang-tidy").write_text("Checks: '-*,modernize-use-nullptr'\nHeaderFilterRegex: '.*'\n")
    for name in SOURCES:
        (folder / name).write_text(f'#include "h.h"\nint *{name[0]}() {{ return 0; }}\n')
    place = Place(folder, front, cache_root)
    place.run(front, "start")
    return place


def configure(place: Place, *words: str) -> Path:
    """Configure the project anew and return its build folder."""
    require_tool("cmake", "cmake")
    place.run("cmake", "--fresh", "-S", ".", "-B", "build", *words)
    return place.folder / "build"


def once_and_again(checker: str) -> dict[tuple[str, str], int]:
    """Return the outcomes of two looks at each source."""
    return {(checker, "miss"): len(SOURCES), (checker, "hit"): len(SOURCES)}


def lines_of(text: str, wanted: Sequence[str]) -> list[str]:
    """Return the lines with findings, in order of their names."""
    return sorted(line for line in text.splitlines() if any(word in line for word in wanted))


def test_cmake_runs_both_through_the_cache(place: Place) -> None:
    build = configure(
        place,
        f"-DCMAKE_CXX_CLANG_TIDY={place.front};clang-tidy",
        f"-DCMAKE_CXX_INCLUDE_WHAT_YOU_USE={place.front};include-what-you-use",
    )

    said = [
        place.run("cmake", "--build", build, "--clean-first", bare=is_bare)
        for is_bare in (True, False, False)
    ]

    bare, first, again = (lines_of(text, (FINDING, ADVICE)) for text in said)
    assert bare == first == again
    assert len(bare) == 6
    assert place.outcomes() == {**once_and_again("clang-tidy"), **once_and_again("include-what-you-use")}


def test_run_clang_tidy_takes_a_link_for_its_checker(place: Place) -> None:
    tool = require_tool("run-clang-tidy", "clang-tidy")
    build = configure(place)
    argv = [tool, "-quiet", "-p", build, "-clang-tidy-binary", place.front.parent / "links/clang-tidy"]

    said = [place.run(*argv, bare=is_bare) for is_bare in (True, False, False)]

    bare, first, again = (lines_of(text, ("return 0",)) for text in said)
    assert bare == first == again
    assert len(bare) == 4
    assert place.outcomes() == once_and_again("clang-tidy")


def test_iwyu_tool_takes_a_link_for_its_checker(place: Place) -> None:
    tool = require_tool("iwyu_tool", "iwyu")
    build = configure(place)
    link = str(place.front.parent / "links/include-what-you-use")

    said = [place.run(tool, "-p", build, bare=is_bare, IWYU_BINARY=link) for is_bare in (True, False, False)]

    bare, first, again = (lines_of(text, (ADVICE,)) for text in said)
    assert bare == first == again
    assert len(bare) == 2
    assert place.outcomes() == once_and_again("include-what-you-use")


def test_a_model_of_a_function_is_seen_by_a_hit_from_memory(place: Place) -> None:
    (place.folder / "a.cpp").write_text("int there(int);\nint b(int x) { return there(x); }\n")
    argv = [place.front, "clang-tidy", "--checks=-*,clang-analyzer-core*", "a.cpp", "--"]
    said = [place.run(*argv) for _ in range(3)]

    (place.folder / "there.model").write_text("int there(int x) { int *p = 0; return *p + x; }\n")

    assert said == [""] * 3
    assert place.run(*argv) == place.run(*argv, bare=True) != ""
