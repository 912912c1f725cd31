"""Profiles that a compile uses: an input by content where the words name the file, else passed on."""

from pathlib import Path

import pytest

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


@pytest.mark.parametrize(
    "words", ["-fprofile-use", "-fprofile-use=.", "-fprofile-use=a.gcda", "-fauto-profile"]
)
def test_a_profile_whose_name_is_derived_is_passed_on(walk: Walk, cc: str, words: str) -> None:
    """hazard 28, hazard 29: gcc makes names of the object's and the working folder's."""
    walk.put("a.c", SOURCE)

    assert walk.same(cc, "-c", "-O2", words, "a.c") == "unseen_input"


def test_a_named_profile_that_is_missing_is_the_compilers_affair(walk: Walk) -> None:
    """hazard 29"""
    require_tool("clang", "clang")

    assert walk.twice("clang", "-c", "-fprofile-use=none.profdata", "a.c") == ["unseen_input"] * 2
