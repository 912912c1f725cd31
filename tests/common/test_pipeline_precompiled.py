"""Precompiled headers: made and used through the cache as without it, and every input of both told."""

import pytest

from tools import require_tool
from walk import Walk

NO_TIMES = ["-Xclang", "-fno-pch-timestamp"]
USE = {"gcc": ["-include", "all.h"], "clang": ["-include-pch", "all.h.pch"]}
MAKE = {"gcc": ["-o", "all.h.gch"], "clang": [*NO_TIMES, "-o", "all.h.pch"]}


@pytest.fixture
def project(walk: Walk) -> Walk:
    """Hand out a walk with a header that includes another, and a source that needs both."""
    walk.put("in.h", "static inline int in(int x) { return x + 1; }\n")
    walk.put("all.h", '#include "in.h"\n#define TWO 2\n')
    walk.put("a.c", "int f(void) { return in(TWO); }\n")
    return walk


def make(project: Walk, cc: str, *more: str) -> str:
    """Make the precompiled header through the cache; gcc's never has the same bytes twice."""
    walked = project.walk(cc, *more, "all.h", *MAKE[cc])
    assert walked.left.status == 0, walked.left.stderr
    project.settle()
    return walked.how


def test_the_second_making_is_a_hit_that_can_be_used(project: Walk, cc: str) -> None:
    assert make(project, cc) == "stored"
    header = project.folder / MAKE[cc][-1]
    kept = header.read_bytes()
    bare = project.bare(cc, "-c", *USE[cc], "a.c").files
    header.unlink()

    assert make(project, cc) == "hit"

    assert header.read_bytes() == kept
    (project.folder / "a.o").unlink()
    assert project.bare(cc, "-c", *USE[cc], "a.c").files == bare


def test_clangs_precompiled_header_is_the_same_to_the_byte(project: Walk) -> None:
    require_tool("clang", "clang")
    argv = ["clang", "all.h", "-MD", *MAKE["clang"]]

    assert project.twice(*argv) == ["stored", "hit"]

    assert project.to_and_fro(
        argv,
        lambda: project.put("in.h", "static inline int in(int x) { return x + 3; }\n"),
        lambda: project.put("in.h", "static inline int in(int x) { return x + 1; }\n"),
    ) == ["hit", "hit", "stored", "hit", "hit"]


def test_a_header_inside_that_changed_is_made_anew(project: Walk, cc: str) -> None:
    assert [make(project, cc), make(project, cc)] == ["stored", "hit"]

    project.put("in.h", "static inline int in(int x) { return x + 7; }\n")

    assert [make(project, cc), make(project, cc)] == ["stored", "hit"]


@pytest.mark.parametrize("words", [["all.h"], ["-c", "all.h"], ["-x", "c-header", "all.h", "-c"]])
def test_it_lies_where_the_compiler_puts_it(project: Walk, cc: str, words: list[str]) -> None:
    argv = [cc, *words, *(NO_TIMES if cc == "clang" else [])]
    bare = project.bare(*argv)
    for name in bare.files:
        (project.folder / name).unlink()

    hows = []
    for _ in range(2):
        walked = project.walk(*argv)
        hows.append(walked.how)
        assert walked.left.files.keys() == bare.files.keys() == {"all.h.gch"}
        assert walked.left.files["all.h.gch"] is not None
        (project.folder / "all.h.gch").unlink()

    assert hows == ["stored", "hit"]


@pytest.mark.parametrize("cc", ["gcc"])
def test_gcc_writes_into_one_that_is_there(project: Walk, cc: str) -> None:
    require_tool(cc, cc)
    make(project, cc)
    header = project.folder / "all.h.gch"
    header.chmod(0o755)
    (project.folder / "other").hardlink_to(header)
    before = header.stat()

    assert make(project, cc) == "hit"

    after = header.stat()
    assert (after.st_ino, after.st_mode) == (before.st_ino, before.st_mode)


def test_one_with_times_in_it_is_not_kept(project: Walk) -> None:
    """hazard 21"""
    require_tool("clang", "clang")

    assert project.twice("clang", "all.h", "-o", "all.h.pch") == ["precompiled_header"] * 2


@pytest.mark.parametrize("more", [[], ["-MD"], ["-MMD"], ["-O2", "-g"]])
def test_a_source_that_uses_one_is_cached(project: Walk, cc: str, more: list[str]) -> None:
    """hazard 20"""
    options = [word for word in more if not word.startswith("-M")]
    make(project, cc, *options)

    assert project.twice(cc, "-c", *more, *USE[cc], "a.c") == ["stored", "hit"]


@pytest.mark.parametrize("source", ['#include "all.h"\n', '#define H "all.h"\n#include H\n'])
def test_gcc_finds_one_by_an_include(project: Walk, source: str) -> None:
    """hazard 20"""
    require_tool("gcc", "gcc")
    make(project, "gcc")
    project.put("a.c", source + "int f(void) { return in(TWO); }\n")
    assert project.twice("gcc", "-c", "a.c") == ["stored", "hit"]

    project.put("in.h", "static inline int in(int x) { return x + 7; }\n")
    # The header is stale: gcc takes it all the same.
    assert project.same("gcc", "-c", "a.c") == "precompiled_header"
    make(project, "gcc")

    assert project.twice("gcc", "-c", "a.c") == ["stored", "hit"]


def test_another_precompiled_header_is_another_object(project: Walk, cc: str) -> None:
    """hazard 20, hazard 21"""
    argv = [cc, "-c", *USE[cc], "a.c"]

    def with_text(text: str) -> None:
        project.put("in.h", text)
        make(project, cc)

    with_text("static inline int in(int x) { return x + 1; }\n")
    assert project.to_and_fro(
        argv,
        lambda: with_text("static inline int in(int x) { return x + 9; }\n"),
        lambda: with_text("static inline int in(int x) { return x + 1; }\n"),
    ) == ["stored", "hit", "stored", "hit", "hit"]


def test_clang_finds_one_beside_a_forced_header(project: Walk) -> None:
    require_tool("clang", "clang")
    make(project, "clang")
    argv = ["clang", "-c", "-include", "all.h", "a.c"]
    assert project.twice(*argv) == ["stored", "hit"]

    (project.folder / "all.h.pch").unlink()

    assert project.twice(*argv) == ["stored", "hit"]


def test_clang_is_told_of_one_the_way_cmake_does(walk: Walk) -> None:
    require_tool("clang++", "clang")
    walk.put("all.hxx", "#pragma clang system_header\n#define TWO 2\n")
    walk.put("all.hxx.cxx", "")
    walk.put("a.cc", "int f() { return TWO; }\n")
    make = ["-Xclang", "-emit-pch", "-Xclang", "-include", "-Xclang", "all.hxx", "-x", "c++-header"]
    argv = ["clang++", *NO_TIMES, *make, "-fpch-instantiate-templates", "-o", "all.pch", "-c", "all.hxx.cxx"]
    assert walk.twice(*argv) == ["stored", "hit"]
    assert walk.walk(*argv).how == "hit"
    walk.settle()

    use = ["-Xclang", "-include-pch", "-Xclang", "all.pch", "-Xclang", "-include", "-Xclang", "all.hxx"]

    assert walk.twice("clang++", *use, "-c", "a.cc") == ["stored", "hit"]


def test_one_of_unknown_content_is_not_trusted(project: Walk, cc: str) -> None:
    """hazard 22, hazard 36"""
    assert project.bare(cc, "all.h", *MAKE[cc]).status == 0
    project.settle()

    assert project.twice(cc, "-c", *USE[cc], "a.c") == ["precompiled_header"] * 2


def test_a_clock_inside_is_seen(project: Walk, cc: str) -> None:
    """hazard 36"""
    project.put("in.h", "#define NOW __TIME__\n#define in(x) x\n")
    assert make(project, cc) == "time_macro"

    assert project.walk(cc, "-c", *USE[cc], "a.c").how == "precompiled_header"


@pytest.mark.parametrize("way", ["folder", "shadow", "shadowing header"])
def test_one_that_comes_before_it_is_seen(project: Walk, way: str) -> None:
    """hazard 1, hazard 21"""
    require_tool("gcc", "gcc")
    make(project, "gcc")
    (project.folder / "first").mkdir()
    (project.folder / "src").mkdir()
    project.put("src/a.c", '#include "all.h"\nint f(void) { return in(TWO); }\n')
    argv = ["gcc", "-c", "-Ifirst", "-I.", "src/a.c"]
    assert project.twice(*argv) == ["stored", "hit"]

    match way:
        case "folder":
            (project.folder / "all.h.gch").rename(project.folder / "moved")
            (project.folder / "all.h.gch").mkdir()
            (project.folder / "moved").rename(project.folder / "all.h.gch/one")
        case "shadow":
            project.put("other.h", "#define TWO 4\n#define in(x) x\n")
            assert project.bare("gcc", "other.h", "-o", "first/all.h.gch").status == 0
        case _:
            project.put("first/all.h", "#define TWO 4\n#define in(x) x\n")
    project.settle()

    expected = "stored" if way == "shadowing header" else "precompiled_header"
    assert project.same(*argv) == expected


def test_a_warning_quotes_todays_text(project: Walk, cc: str) -> None:
    old = "__attribute__((deprecated)) int in(int);"
    project.put("in.h", f"{old} // first\n")
    make(project, cc)
    assert project.twice(cc, "-c", *USE[cc], "a.c") == ["stored", "hit"]

    project.put("in.h", f"{old} // other\n")

    assert project.same(cc, "-c", *USE[cc], "a.c") == "precompiled_header"


def test_one_that_does_not_fit_is_passed_over_as_by_gcc(project: Walk) -> None:
    """hazard 23"""
    require_tool("gcc", "gcc")
    make(project, "gcc")
    argv = ["gcc", "-c", "-DTWO=2", "-O1", *USE["gcc"], "a.c", "-Winvalid-pch"]
    assert project.twice(*argv) == ["stored", "hit"]

    project.put("in.h", "static inline int in(int x) { return x + 7; }\n")

    assert project.same(*argv) == "precompiled_header"


def test_once_only_headers_inside_are_inputs(project: Walk) -> None:
    """hazard 22"""
    require_tool("gcc", "gcc")
    project.put("in.h", "#pragma once\nstatic inline int in(int x) { return x + 1; }\n")
    make(project, "gcc")
    project.put("a.c", '#include "all.h"\n#include "in.h"\nint f(void) { return in(TWO); }\n')
    assert project.twice("gcc", "-c", "a.c") == ["stored", "hit"]

    project.put("in.h", "#pragma once\n#define in(x) 4\n")

    assert project.same("gcc", "-c", "a.c") == "precompiled_header"
