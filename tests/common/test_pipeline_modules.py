"""C++20 modules: with clang those that the words name, with all that they were made from; with gcc none."""

import pytest

from tools import require_tool
from walk import TO_AND_FRO, Walk
from zccache.common.reasons import Reason

BASE = "export module base;\nexport int b() {{ return {}; }}\n"
MIDDLE = "export module middle;\nimport base;\nexport int m() { return b(); }\n"
USER = "import middle;\nint u() { return m(); }\n"
MAKE_BASE = ["-std=c++20", "--precompile", "base.cppm", "-o", "base.pcm"]
MAKE_MIDDLE = ["-std=c++20", "--precompile", "middle.cppm", "-o", "middle.pcm", "-fmodule-file=base=base.pcm"]
USE = ["-std=c++20", "-c", "user.cc", "-fmodule-file=base=base.pcm", "-fmodule-file=middle=middle.pcm"]


@pytest.fixture(params=["clang++", "clang++-19"])
def clang(request: pytest.FixtureRequest, walk: Walk) -> str:
    """Name a compiler, and write three sources of which each needs the one before."""
    name: str = request.param
    require_tool(name, "clang-19" if name.endswith("19") else "clang")
    walk.put("base.cppm", BASE.format(1))
    walk.put("middle.cppm", MIDDLE)
    walk.put("user.cc", USER)
    return name


def make(walk: Walk, clang: str) -> list[str]:
    """Make both modules, and return how it went."""
    hows = []
    for words in (MAKE_BASE, MAKE_MIDDLE):
        hows.append(walk.walk(clang, *words).how)
        walk.settle()
    return hows


def test_modules_are_stored_and_hit_and_so_is_what_uses_them(walk: Walk, clang: str) -> None:
    assert walk.twice(clang, *MAKE_BASE) == ["stored", "hit"]
    assert make(walk, clang) == ["hit", "stored"]
    assert make(walk, clang) == ["hit", "hit"]

    assert walk.twice(clang, *USE) == ["stored", "hit"]


def test_a_module_deep_below_that_changes_is_a_miss_everywhere(walk: Walk, clang: str) -> None:
    make(walk, clang)
    assert walk.twice(clang, *USE) == ["stored", "hit"]

    walk.put("base.cppm", BASE.format(2))
    assert make(walk, clang) == ["stored", "stored"]
    assert walk.twice(clang, *USE) == ["stored", "hit"]
    walk.put("base.cppm", BASE.format(1))
    assert make(walk, clang) == ["hit", "hit"]
    assert walk.same(clang, *USE) == "hit"


def test_a_module_that_is_older_than_its_source_is_not_relied_on(walk: Walk, clang: str) -> None:
    make(walk, clang)
    walk.put("base.cppm", BASE.format(2))

    walked = walk.walk(clang, *USE)

    assert walked.how in {Reason.PRECOMPILED_HEADER.word, Reason.COMPILE_FAILED.word}


def test_a_module_that_the_cache_did_not_make_is_not_relied_on(walk: Walk, clang: str) -> None:
    walk.bare(clang, *MAKE_BASE)
    walk.settle()
    walk.put("user.cc", "import base;\nint u() { return b(); }\n")

    hows = [walk.walk(clang, "-std=c++20", "-c", "user.cc", "-fmodule-file=base=base.pcm").how for _ in "12"]

    assert hows == [Reason.PRECOMPILED_HEADER.word] * 2


def test_a_header_in_a_module_counts(walk: Walk, clang: str) -> None:
    walk.put("base.cppm", 'module;\n#include "h.h"\nexport module base;\nexport int b() { return H; }\n')
    walk.put("h.h", "#define H 1\n")

    hows = walk.to_and_fro(
        [clang, *MAKE_BASE],
        lambda: walk.put("h.h", "#define H 2\n"),
        lambda: walk.put("h.h", "#define H 1\n"),
    )

    assert hows == TO_AND_FRO


def test_the_object_and_the_module_of_one_command_are_both_restored(walk: Walk) -> None:
    require_tool("clang++-19", "clang-19")
    walk.put("base.cppm", BASE.format(1))
    words = ["-std=c++20", "-c", "-x", "c++-module", "base.cppm", "-o", "base.o", "-fmodule-output=base.pcm"]

    assert walk.twice("clang++-19", *words) == ["stored", "hit"]
    assert walk.walk("clang++-19", *words).left.files.keys() == {"base.o", "base.pcm"}


@pytest.mark.parametrize(
    "words",
    [
        ["-c", "base.cppm"],
        ["-c", "user.cc", "-fprebuilt-module-path=."],
        ["-c", "user.cc", "-fmodules", "-fcxx-modules"],
        ["-c", "user.cc", "-fmodule-file=middle=middle.bmi"],
        ["--precompile", "-x", "c++-header", "base.cppm"],
        ["--precompile", "base.cppm", "-o", "base.bmi"],
        ["-c", "user.cc"],
    ],
)
def test_modules_that_are_found_in_other_ways_are_left_to_the_compiler(
    walk: Walk, clang: str, words: list[str]
) -> None:
    make(walk, clang)

    walked = walk.walk(clang, "-std=c++20", *words)

    assert walked.how in {Reason.MODULES.word, Reason.COMPILE_FAILED.word}


def test_gcc_finds_its_modules_by_itself_so_none_is_cached(walk: Walk) -> None:
    require_tool("g++", "g++")
    walk.put("base.cc", BASE.format(1))
    walk.put("user.cc", "import base;\nint u() { return b(); }\n")

    for source in ("base.cc", "user.cc"):
        argv = ["g++", "-std=c++20", "-fmodules-ts", "-c", source]
        assert [walk.walk(*argv).how for _ in "12"] == [Reason.MODULES.word] * 2
