"""Sources for the assembler: kept like any other, with all that they include by one way or the other."""

import pytest

from tools import require_tool
from walk import TO_AND_FRO, Walk

TEXT = """\
#include "h.h"
# don't "close this
    .macro put value
    .byte \\value
    .endm
    .globl f
f:
    .byte H
"""
PLAIN = "    .globl f\nf:\n    .byte 1\n"
FORMS = [
    "-c",
    "-c -g",
    "-c -O2 -Wall -fPIC -MD",
    "-c -MMD -MF out/x.d -o out/x.o",
    "-c -Wp,-MMD,x.d -DX=1 -pipe",
]


@pytest.fixture
def sources(walk: Walk) -> Walk:
    """Hand out a walk with a text for each way to the assembler, and a header."""
    (walk.folder / "out").mkdir()
    walk.put("h.h", "#define H 1\n")
    walk.put("p.S", TEXT.replace(".macro", "#").replace(".endm", "#").replace(".byte \\value", ""))
    walk.put("m.S", TEXT + "    put H\n")
    walk.put("a.s", PLAIN)
    return walk


@pytest.mark.parametrize("words", FORMS)
def test_a_text_with_directives_is_kept_with_its_headers(sources: Walk, cc: str, words: str) -> None:
    hows = sources.to_and_fro(
        [cc, *words.split(), "p.S"],
        lambda: sources.put("h.h", "#define H 2\n"),
        lambda: sources.put("h.h", "#define H 1\n"),
    )

    assert hows == TO_AND_FRO


@pytest.mark.parametrize("words", ["-c", "-c -g -o out/x.o", "-c -O2 -fPIC -MD", "-x assembler -c"])
def test_pure_assembler_is_kept(sources: Walk, cc: str, words: str) -> None:
    hows = sources.to_and_fro(
        [cc, *words.split(), "a.s"],
        lambda: sources.put("a.s", PLAIN.replace("1", "2")),
        lambda: sources.put("a.s", PLAIN),
    )

    assert hows == TO_AND_FRO


def test_macros_of_the_assembler_are_clear_to_gnu_as_alone(sources: Walk, cc: str) -> None:
    """hazard 7: clang does not tell what they make it read."""
    expected = ["stored", "hit"] if cc == "gcc" else ["assembler_include"] * 2

    assert sources.twice(cc, "-c", "m.S") == expected


@pytest.mark.parametrize("name", ["a.s", "p.S"])
@pytest.mark.parametrize(
    "line", ['.incbin "x.bin"', '.include "x.bin"', '.macro m a\n.\\a "x.bin"\n.endm\nm incbin']
)
def test_what_gnu_as_reads_is_an_input_at_once(sources: Walk, name: str, line: str) -> None:
    """hazard 6, hazard 7"""
    require_tool("gcc", "gcc")
    sources.put(name, PLAIN + line + "\n")
    (sources.folder / "first").mkdir()
    sources.put("second/x.bin", ".byte 1\n")
    argv = ["gcc", "-c", "-Ifirst", "-Isecond", name]

    hows = sources.to_and_fro(
        argv,
        lambda: sources.put("second/x.bin", ".byte 2\n"),
        lambda: sources.put("second/x.bin", ".byte 1\n"),
    )

    assert hows == TO_AND_FRO
    sources.put("first/x.bin", ".byte 3\n")
    assert sources.twice(*argv) == ["stored", "hit"]


@pytest.mark.parametrize("name", ["a.s", "p.S"])
@pytest.mark.parametrize("line", ['.incbin "x.bin"', '.INCLUDE "x.bin"'])
def test_what_clang_reads_for_the_assembler_is_not_told(sources: Walk, name: str, line: str) -> None:
    """hazard 6, hazard 7"""
    require_tool("clang", "clang")
    sources.put("x.bin", ".byte 1\n")
    sources.put(name, f"{PLAIN}{line}\n")

    assert sources.twice("clang", "-c", name) == ["assembler_include"] * 2


def test_a_file_that_looks_like_the_compilers_own_is_an_input(sources: Walk) -> None:
    """hazard 6: gcc hands its text to the assembler under such a name."""
    require_tool("gcc", "gcc")
    sources.put("in/ccAbC123.s", ".byte 1\n")
    sources.put("a.s", PLAIN + '.include "in/ccAbC123.s"\n')

    hows = sources.to_and_fro(
        ["gcc", "-c", "a.s"],
        lambda: sources.put("in/ccAbC123.s", ".byte 2\n"),
        lambda: sources.put("in/ccAbC123.s", ".byte 1\n"),
    )

    assert hows == TO_AND_FRO


@pytest.mark.parametrize(
    "text", ["    no such instruction\n", '    .include "nowhere"\n', '    .error "no"\n']
)
def test_an_error_of_the_assembler_is_not_kept(sources: Walk, cc: str, text: str) -> None:
    """hazard 90"""
    sources.put("a.s", text)

    def old() -> None:
        (sources.folder / "a.o").write_text("old")

    assert sources.same(cc, "-c", "a.s", given=old) == "compile_failed"


def test_a_warning_of_the_assembler_comes_back(sources: Walk, cc: str) -> None:
    """hazard 93"""
    sources.put("a.s", '    .warning "mind the gap"\n')

    assert sources.twice(cc, "-c", "-DUNUSED", "a.s") == ["stored", "hit"]
    assert sources.walk(cc, "-c", "-DUNUSED", "a.s", colour=True).left.status == 0


def test_a_clock_in_a_text_with_directives_is_not_kept(sources: Walk, cc: str) -> None:
    """hazard 33"""
    sources.put("p.S", "# isn't it\n    .ascii __TIME__ # isn't it\n")

    assert sources.walk(cc, "-c", "p.S").how == "time_macro"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("-S p.S -o x.s", "unsupported_language"),
        ("-c -save-temps p.S", "unmodelled_output"),
        ("-c --coverage a.s", "unmodelled_output"),
        ("-c -g -gsplit-dwarf p.S", "unmodelled_output"),
    ],
)
def test_what_is_not_known_of_assembler_is_passed_on(sources: Walk, cc: str, words: str, reason: str) -> None:
    assert sources.same(cc, *words.split()) == reason
