"""The demo project: always the same, as big as it says, and a program that computes."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bench.project import HEAVY_UNIT, Project, project_files, write_project
from tools import require_tool


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return write_project(tmp_path / "atlas")


def make(project: Project, *words: str) -> str:
    require_tool("make", "make")
    done = subprocess.run(["make", "-j2", *words], cwd=project.root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_the_same_files_are_generated_every_time() -> None:
    assert list(project_files()) == list(project_files())


def test_the_files_do_not_depend_on_the_hash_seed(tmp_path: Path) -> None:
    python = shutil.which("python3")
    assert python is not None
    script = (
        "import hashlib, bench.project as p; "
        "print(hashlib.sha256(repr(list(p.project_files())).encode()).hexdigest())"
    )
    root = Path(__file__).resolve().parents[2]

    digests = {
        subprocess.run(
            [python, "-c", script], cwd=root, env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }

    assert len(digests) == 1


def test_the_project_has_a_hundred_units_and_twenty_thousand_lines(project: Project) -> None:
    sources = [path for path in project.root.rglob("*") if path.suffix in {".c", ".cc", ".h", ".hpp"}]

    lines = sum(path.read_text(encoding="utf-8").count("\n") for path in sources)

    assert project.units == sum(path.suffix in {".c", ".cc"} for path in sources) >= 110
    assert min(project.c_units, project.cxx_units) >= 50
    assert project.lines == lines >= 22_000


def test_no_two_units_are_alike(project: Project) -> None:
    bodies = {
        re.sub(r"\w*_\w*|\d+", "", path.read_text(encoding="utf-8"))
        for path in project.root.glob("lib/*/*.c")
    }

    assert len(bodies) == len(list(project.root.glob("lib/*/*.c")))


def test_no_placeholder_is_left_in_a_file() -> None:
    left = [name for name, text in project_files() if name != "Makefile" and re.search(r"@\w+@", text)]

    assert left == []


def test_the_c_half_alone_builds_without_warnings_to_a_program_with_a_stable_checksum(
    project: Project,
) -> None:
    compiler = require_tool("gcc", "gcc")

    warnings = make(project, f"CC={compiler}", "CXX=", "CFLAGS=-O0 -std=c11 -Wall -Wextra -Werror")
    printed = subprocess.run(
        [project.root / "build" / "atlas"], capture_output=True, text=True, check=True
    ).stdout

    assert warnings == ""
    assert printed == "checksum 3c26f2cc1de9896f\n"


def test_the_cxx_half_builds_without_warnings(project: Project) -> None:
    compiler = require_tool("g++", "g++")
    # One folder stands for all: the whole half takes most of a minute, and `make demo` builds it.
    words = (
        "objects",
        "PARTS=src/solver/c src/solver/l src/stream/b",
        "CXXFLAGS=-O0 -std=c++17 -Wall -Wextra -Werror",
    )

    warnings = make(project, f"CXX={compiler}", *words)

    assert warnings == ""
    assert len(list(project.root.glob("build/src/*/*.o"))) == 4


def test_the_heavy_unit_reads_two_hundred_headers(project: Project) -> None:
    compiler = require_tool("g++", "g++")

    argv = [compiler, "-std=c++17", "-Iinclude", "-M", HEAVY_UNIT]
    report = subprocess.run(argv, cwd=project.root, capture_output=True, text=True, check=True).stdout

    assert len(report.replace("\\\n", " ").split()) > 200


def test_make_builds_nothing_twice_and_exactly_the_dependents_of_an_edited_header(project: Project) -> None:
    compiler = require_tool("gcc", "gcc")
    words = (f"CC={compiler}", "CXX=", "CFLAGS=-O0 -std=c11", "PARTS=lib/text lib/graph", "objects")
    make(project, *words)
    header = project.root / "include" / "atlas" / "text.h"
    before = {path: path.stat().st_mtime_ns for path in project.root.glob("build/lib/*/*.o")}

    newer = header.stat().st_mtime_ns + 3600 * 10**9
    os.utime(header, ns=(newer, newer))
    make(project, *words)

    rebuilt = {path.parent.name for path, when in before.items() if path.stat().st_mtime_ns != when}
    assert rebuilt == {"text"}
