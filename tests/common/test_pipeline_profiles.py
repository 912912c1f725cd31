"""Profiles that a compile uses: inputs by content, where it can be told which they are."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from planning import accepted
from tools import require_tool
from walk import TO_AND_FRO, Walk

SOURCE = "int f(int x) { return x > 3 ? x * 7 : x; }\n"


def profile(walk: Walk, name: str, count: int) -> Path:
    """Write a profile of clang's kind, in which f was called so often."""
    text = walk.put(f"{name}.proftext", f"f\n# Func Hash:\n0x0000000000000019\n2\n{count}\n{count // 2}\n")
    merge = require_tool("llvm-profdata", "llvm")
    walk.bare(merge, "merge", "-o", name, text.name)
    text.unlink()
    walk.settle()
    return walk.folder / name


@pytest.mark.parametrize("word", ["-fprofile-use=", "-fprofile-instr-use="])
def test_a_profile_that_the_words_name_is_an_input(walk: Walk, word: str) -> None:
    """hazard 28"""
    require_tool("clang", "clang")
    walk.put("a.c", SOURCE)
    profile(walk, "p.profdata", 100)
    argv = ["clang", "-c", "-O2", "-Wno-profile-instr-out-of-date", f"{word}p.profdata", "a.c"]

    hows = walk.to_and_fro(
        argv, lambda: profile(walk, "p.profdata", 7), lambda: profile(walk, "p.profdata", 100)
    )

    assert hows == TO_AND_FRO


@pytest.mark.parametrize("words", ["-fprofile-use", "-fprofile-use=.", "-fauto-profile"])
def test_a_profile_whose_name_clang_derives_is_passed_on(walk: Walk, words: str) -> None:
    """hazard 28, hazard 29"""
    require_tool("clang", "clang")
    walk.put("a.c", SOURCE)

    assert walk.same("clang", "-c", "-O2", words, "a.c") == "unseen_input"


@pytest.mark.parametrize(
    "words",
    [
        "-fprofile-use -fprofile-generate=gen",
        "-fprofile-use=a -fprofile-use=b",
        "-fprofile-use -fauto-profile",
    ],
)
def test_a_profile_that_is_sought_by_other_rules_is_passed_on(walk: Walk, words: str) -> None:
    """hazard 28"""
    require_tool("gcc", "gcc")
    walk.put("a.c", SOURCE)

    assert walk.walk("gcc", "-c", "-O2", *words.split(), "a.c", "-o", "a.o").how == "unseen_input"


COUNTED = """\
int f(int x) { return x > 3 ? x * 7 : x; }
int main(int count, char **words)
{
    int s = 0;
    for (int i = 0; i < 100 * count; i++) s += f(i);
    return s & 0;
}
"""
PLACES = [
    ("-fprofile-use", "a.o", "a.gcda"),
    ("-fbranch-probabilities", "a.o", "a.gcda"),
    ("-fprofile-use -fprofile-correction", "out/b.x.o", "out/b.x.gcda"),
    ("-fprofile-use=prof", "out/b.o", "prof/{mangled}#out#b.gcda"),
    ("-fprofile-use=prof", "{cwd}/out/b.o", "prof/{cwd}/out/b.gcda"),
]


@pytest.mark.parametrize(("words", "output", "place"), PLACES)
def test_a_profile_whose_name_gcc_derives_is_an_input(
    walk: Walk, words: str, output: str, place: str
) -> None:
    """hazard 28, hazard 29: there, not there, and another one."""
    gcc = require_tool("gcc", "gcc")
    cwd = str(walk.folder)
    walk.put("a.c", COUNTED)
    (walk.folder / "out").mkdir()
    path = walk.folder / place.format(cwd=cwd, mangled=cwd.replace("/", "#")).replace("//", "/")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    argv = [gcc, "-c", "-O2", "-Wno-coverage-mismatch", *words.split(), "a.c", "-o", output.format(cwd=cwd)]
    profiles = [profile_of_gcc(walk, count) for count in (1, 3)]
    assert walk.twice(*argv) == ["stored", "hit"]

    def put(profile: bytes) -> None:
        path.write_bytes(profile)
        walk.settle()

    put(profiles[0])
    assert walk.to_and_fro(argv, lambda: put(profiles[1]), lambda: put(profiles[0])) == TO_AND_FRO
    path.unlink()
    assert walk.same(*argv) == "hit"


def profile_of_gcc(walk: Walk, count: int) -> bytes:
    """Return what a run of a.c with so many words counts."""
    built = walk.folder.parent / f"counted{count}"
    built.mkdir()
    words = [
        "gcc",
        "-O2",
        "-fprofile-generate",
        "-fprofile-update=single",
        str(walk.folder / "a.c"),
        "-o",
        "a",
    ]
    subprocess.run(words, cwd=built, check=True)
    subprocess.run(["./a", *["more"] * count], cwd=built, check=True)
    (profile,) = built.glob("*.gcda")
    return profile.read_bytes()


@pytest.mark.parametrize("words", ["-fprofile-use", "-fprofile-use=prof", "-fprofile-use={cwd}/prof"])
@pytest.mark.parametrize("output", ["", "out/b.o", "out/b.x.o", "out/none", "{cwd}/out/b.o"])
def test_every_place_in_which_gcc_looks_for_a_profile_is_known(
    tmp_path: Path, words: str, output: str
) -> None:
    """hazard 28"""
    strace, gcc = require_tool("strace", "strace"), require_tool("gcc", "gcc")
    (tmp_path / "sub").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "sub/a.c").write_text(SOURCE)
    cwd = str(tmp_path)
    line = f"-c -O2 {words} sub/a.c {'-o' if output else ''} {output}".format(cwd=cwd)
    plan = accepted(f"gcc {line}", cwd=cwd)

    traced = subprocess.run(
        [strace, "-f", "-s", "4096", "-e", "trace=%file", gcc, *line.split()],
        cwd=cwd,
        capture_output=True,
        text=True,
    )

    sought = set(re.findall(r'(?:open|stat|access)\w*\([^"]*"([^"]*\.gcda)"', traced.stderr))
    assert sought
    known = {os.path.normpath(os.path.join(cwd, place)) for place in plan.probes}
    assert {os.path.normpath(os.path.join(cwd, place)) for place in sought} <= known


def test_a_named_profile_that_is_missing_is_the_compilers_affair(walk: Walk) -> None:
    """hazard 29"""
    require_tool("clang", "clang")

    assert walk.twice("clang", "-c", "-fprofile-use=none.profdata", "a.c") == ["unseen_input"] * 2
