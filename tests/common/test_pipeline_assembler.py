"""What inline assembler reads: cached where GNU as lists it, from the second compile on; else passed on."""

import pytest

from tools import require_tool
from walk import Walk

LITERAL = '__asm__(".data\\nblob: .incbin \\"blob.bin\\"\\n.text");\nint f(void) { return 1; }\n'
BY_MACRO = (
    '__asm__(".macro take a b\\n.\\\\a\\\\()bin \\"\\\\b\\"\\n.endm\\n.data\\ntake inc blob.bin\\n.text");\n'
    "int f(void) { return 1; }\n"
)
INCLUDE = '__asm__(".data\\n.include \\"blob.bin\\"\\n.text");\nint f(void) { return 1; }\n'
BYTES = (b".byte 1\n", b".byte 2\n")


@pytest.fixture
def gcc() -> str:
    """Name a compiler with GNU as."""
    return require_tool("gcc", "gcc")


@pytest.mark.parametrize("source", [LITERAL, BY_MACRO, INCLUDE])
@pytest.mark.parametrize("words", [[], ["-g", "-O2", "-pipe"], ["-MD"], ["-MMD"], ["-save-temps"]])
def test_what_gnu_as_reads_is_an_input(walk: Walk, gcc: str, source: str, words: list[str]) -> None:
    """hazard 6, hazard 7"""
    walk.put("blob.bin", BYTES[0])
    walk.put("a.c", source)
    argv = ["gcc", "-c", *words, "a.c"]
    assert walk.same(*argv) == "assembler_include"

    hows = walk.to_and_fro(
        argv, lambda: walk.put("blob.bin", BYTES[1]), lambda: walk.put("blob.bin", BYTES[0])
    )

    assert hows == ["stored", "hit", "stored", "hit", "hit"]


@pytest.mark.parametrize("newcomer", ["blob.bin", "first/blob.bin"])
def test_a_file_that_comes_before_what_as_read_is_seen(walk: Walk, gcc: str, newcomer: str) -> None:
    """hazard 1, hazard 6"""
    walk.put("second/blob.bin", BYTES[0])
    walk.put("first/other", "")
    walk.put("a.c", LITERAL)
    argv = ["gcc", "-c", "-Ifirst", "-I", "second", "a.c"]
    assert walk.same(*argv) == "assembler_include"

    assert walk.to_and_fro(argv, lambda: walk.put(newcomer, BYTES[1]), (walk.folder / newcomer).unlink) == [
        "stored",
        "hit",
        "stored",
        "hit",
        "hit",
    ]


def test_a_blob_that_reads_like_a_source_is_none(walk: Walk, gcc: str) -> None:
    walk.put("blob.bin", b'__TIME__ #include "nowhere.h"\n')
    walk.put("a.c", LITERAL)
    assert walk.same("gcc", "-c", "a.c") == "assembler_include"

    assert walk.twice("gcc", "-c", "a.c") == ["stored", "hit"]


def test_a_blob_that_changes_meanwhile_is_not_recorded(walk: Walk, gcc: str) -> None:
    """hazard 14"""
    walk.put("blob.bin", BYTES[0])
    walk.put("a.c", LITERAL)
    assert walk.same("gcc", "-c", "a.c") == "assembler_include"

    walked = walk.walk("gcc", "-c", "a.c", afterwards=lambda: walk.put("blob.bin", BYTES[1]))

    assert walked.how == "input_changed"


def test_clangs_own_assembler_is_not_asked(walk: Walk) -> None:
    """hazard 6"""
    require_tool("clang", "clang")
    walk.put("blob.bin", BYTES[0])
    walk.put("a.c", LITERAL)

    assert [walk.same("clang", "-c", "a.c") for _ in range(3)] == ["assembler_include"] * 3


def test_without_an_assembler_run_nothing_is_asked(walk: Walk, gcc: str) -> None:
    walk.put("blob.bin", BYTES[0])
    walk.put("a.c", LITERAL)

    assert [walk.same("gcc", "-S", "a.c") for _ in range(3)] == ["assembler_include"] * 3


def test_an_assembler_of_another_kind_is_not_asked(walk: Walk, gcc: str) -> None:
    real = require_tool("as", "binutils")
    walk.put(
        "tools/as",
        f'#!/bin/sh\nfor word; do [ "$word" != --MD ] || exit 9; done\nexec {real} "$@"\n',
    )
    (walk.folder / "tools/as").chmod(0o755)
    walk.env["COMPILER_PATH"] = str(walk.folder / "tools")
    walk.put("blob.bin", BYTES[0])
    walk.put("a.c", LITERAL)

    hows = [walk.same("gcc", "-c", "a.c") for _ in range(3)]

    assert hows == ["assembler_include"] * 3


def test_no_list_of_the_assembler_is_left(walk: Walk, gcc: str) -> None:
    walk.put("blob.bin", BYTES[0])
    walk.put("a.c", LITERAL)

    assert [walk.same("gcc", "-c", "a.c") for _ in range(2)] == ["assembler_include", "stored"]

    assert list((walk.root / "tmp").iterdir()) == []
