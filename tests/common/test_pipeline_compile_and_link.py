"""Compile and link in one command: the compiles are steps like any other, and so is the link behind them."""

import pytest

from tools import require_tool
from walk import Walk
from zccache.common.reasons import Reason


@pytest.fixture
def program(walk: Walk) -> Walk:
    walk.write(
        h__h="int util(int x);\n",
        main__c='#include <stdio.h>\n#include "h.h"\nint main(void) { return printf("%d", util(2)) < 0; }\n',
        util__c='#include "h.h"\nint util(int x) { return x * 21; }\n',
        more__c="int more(void) { return 1; }\n",
    )
    return walk


@pytest.mark.parametrize(
    "words",
    [
        ["main.c", "util.c", "-o", "app"],
        ["-O2", "-Wall", "-g", "-I.", "main.c", "util.c", "-o", "app", "-lm"],
        ["-o", "app", "-Wl,--as-needed", "main.c", "util.c", "-L.", "-lm", "-pthread"],
        ["-std=c11", "-DX=1", "main.c", "-x", "c", "util.c", "-o", "app"],
        ["main.c", "util.c"],
        ["-shared", "-fPIC", "util.c", "more.c", "-o", "libutil.so"],
        ["-static", "main.c", "util.c", "-o", "app"],
        ["@words", "-o", "app"],
    ],
    ids=" ".join,
)
def test_compile_and_link_is_stored_step_by_step_and_hits_as_one(
    program: Walk, cc: str, words: list[str]
) -> None:
    program.put("words", "main.c util.c -O1")

    assert program.same(cc, *words) == "stored stored stored"
    assert program.same(cc, *words) == "hit"


def test_a_changed_source_compiles_that_one_and_links_again(program: Walk, cc: str) -> None:
    command = (cc, "main.c", "util.c", "-o", "app")
    program.same(*command)
    program.write(util__c='#include "h.h"\nint util(int x) { return x * 22; }\n')

    assert program.same(*command) == "hit stored stored"
    assert program.same(*command) == "hit"


def test_a_source_that_makes_the_same_object_needs_no_link(program: Walk, cc: str) -> None:
    command = (cc, "main.c", "util.c", "-o", "app")
    program.same(*command)
    program.write(util__c='#include "h.h"\n/* a word */\nint util(int x) { return x * 21; }\n')

    assert program.same(*command) == "hit stored hit"


def test_objects_mixed_in_are_inputs_of_the_link(program: Walk, cc: str) -> None:
    program.write(util__c="int util(int x) { return x; }\n")
    program.walk(cc, "-c", "util.c")
    program.settle()
    command = (cc, "main.c", "util.o", "-o", "app")

    assert program.same(*command) == "stored stored"
    assert program.same(*command) == "hit"

    program.write(util__c="int util(int x) { return x + 1; }\n")
    program.walk(cc, "-c", "util.c")
    program.settle()
    assert program.same(*command) == "hit stored"


def test_a_source_that_fails_leaves_no_link(program: Walk, cc: str) -> None:
    program.write(util__c="int util(int x) { return nowhere; }\n")

    assert program.same(cc, "main.c", "util.c", "-o", "app") == f"stored {Reason.COMPILE_FAILED.word}"
    assert program.same(cc, "main.c", "util.c", "-o", "app") == f"hit {Reason.COMPILE_FAILED.word}"


def test_warnings_of_compiles_and_link_come_in_order(program: Walk, cc: str) -> None:
    program.write(util__c='#include "h.h"\n#warning here\nint util(int x) { int unused; return x; }\n')
    command = (cc, "-Wall", "main.c", "util.c", "-o", "app")

    assert program.same(*command) == "stored stored stored"
    assert program.same(*command) == "hit"


@pytest.mark.parametrize(
    "words",
    [
        ["-MD", "-o", "app"],
        ["-MMD", "-MP", "-o", "deep/app.elf"],
        ["-MD", "-MF", "x.d", "-o", "deep.er/app"],
        ["-MD", "-MT", "goal", "-MT", "other", "-o", "app"],
        ["-MMD", "-MQ", "$(goal)", "-MF", "deep/x.d", "-o", "a b.c.d"],
        ["-MD", "-o", "deep/.app"],
        ["-MD", "-flto", "-o", "app"],
    ],
    ids=" ".join,
)
def test_a_depfile_is_named_after_the_program(program: Walk, cc: str, words: list[str]) -> None:
    program.put("deep/x", "")
    program.put("deep.er/x", "")
    program.put("util.h", "#define TWICE 2\n")
    program.put("more.c", '#include "util.h"\nint main(void) { return TWICE - 2; }\n')
    command = (cc, "more.c", *_lto(cc, words))

    assert program.same(*command) == "stored stored"
    assert program.same(*command) == "hit"

    program.put("util.h", "#define TWICE (1 + 1)\n\n")
    # gcc's objects for link-time optimization are never the same twice.
    assert program.same(*command) == ("stored stored" if "-flto" in words and cc == "gcc" else "stored hit")


@pytest.mark.parametrize(
    "words",
    [
        ["-flto"],
        ["-flto", "-O2", "-g"],
        ["-flto", "-O1", "-ffunction-sections", "-Wl,--gc-sections"],
        ["-Wa,--noexecstack", "-Wp,-DX=1", "-Xassembler", "--noexecstack"],
    ],
    ids=" ".join,
)
def test_what_does_not_name_files_is_cached_step_by_step(program: Walk, cc: str, words: list[str]) -> None:
    program.write(util__c='#include "h.h"\nstatic int own;\nint util(int x) { return x * 21 + own++; }\n')
    command = (cc, *_lto(cc, words), "main.c", "util.c", "-o", "app")

    assert program.same(*command) == "stored stored stored"
    assert program.same(*command) == "hit"


def _lto(cc: str, words: list[str]) -> list[str]:
    """Return the words, with a linker that knows what clang makes for link-time optimization."""
    if cc == "clang" and "-flto" in words:
        require_tool("ld.lld", "lld")
        return [*words, "-fuse-ld=lld"]
    return words


@pytest.mark.parametrize(
    "words",
    [
        ["-MD", "main.c", "util.c", "-o", "app"],
        ["-MD", "-MF", "x.d", "main.c", "util.c", "-o", "app"],
        ["-MD", "main.c", "util.c"],
        ["-MMD", "more.c", "-shared"],
        ["--coverage", "main.c", "util.c", "-o", "app"],
        ["-fstack-usage", "main.c", "util.c", "-o", "app"],
        ["-save-temps", "main.c", "util.c", "-o", "app"],
        ["-g", "-gsplit-dwarf", "main.c", "util.c", "-o", "app"],
        ["-Wp,-MD,x.d", "more.c", "-shared", "-o", "app"],
    ],
    ids=" ".join,
)
def test_what_names_files_after_the_program_is_left_to_the_compiler(
    program: Walk, cc: str, words: list[str]
) -> None:
    for _ in range(2):
        left, bare = program.walk(cc, *words), program.bare(cc, *words)
        # clang may be here without its profile library.
        assert left.left.status == bare.status
        assert left.how == Reason.COMPILE_AND_LINK.word


@pytest.mark.parametrize("output", ["util.c", "./util.c", "link", "more.o"])
def test_a_link_over_one_of_its_own_inputs_is_left_to_the_compiler(
    program: Walk, cc: str, output: str
) -> None:
    program.bare(cc, "-c", "more.c")
    program.same(cc, "main.c", "util.c", "more.o", "-o", "app")

    def given() -> None:
        (program.folder / "link").unlink(missing_ok=True)
        (program.folder / "link").symlink_to("util.c")

    words = ("main.c", "util.c", "more.o", "-o", output)
    assert program.same(cc, *words, given=given) == Reason.BAD_COMMAND_LINE.word
