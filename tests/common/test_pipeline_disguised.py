"""Directives in disguise: line ends, quotes, escapes, pasted words behind which a compiler finds a file."""

import subprocess

import pytest

from tools import require_tool
from walk import TO_AND_FRO, Walk
from zccache.common.reasons import Reason

NEVER = {
    reason: [reason.word] * 5
    for reason in (Reason.OPAQUE_HAS_INCLUDE, Reason.TIME_MACRO, Reason.UNEXPLAINED_INPUT)
}


def to_and_fro_with_first(walk: Walk, cc: str, source: str | bytes, name: str = "i1/h.h") -> list[str]:
    """Compile with a header in i2 that one in i1 comes to shadow."""
    (walk.folder / "i1").mkdir()
    walk.put("i2/h.h", "int second;\n")
    walk.put("a.c", source)
    command = [cc, "-c", "-Ii1", "-Ii2", "a.c"]
    return walk.to_and_fro(command, lambda: walk.put(name, "int first;\n"), (walk.folder / name).unlink)


@pytest.mark.parametrize(
    "source",
    [
        b"// of a Macintosh\r#define H <h.h>\rint a;\r#include H\r",
        b"#inc\\\rlude <h.h>\rint a;\r",
        b"#define H <h.h>\r#if __has_include(H) // or not\r#include H\r#endif\r",
        b"#define H <h.h>\n#if 0\ndon't /* do this\n#endif\n#include H\n/* not */\n",
        b'#define H <h.h>\n#warning a "/* in vain\n#include H\n/* not */\n',
    ],
    ids=["lone CR", "CR joined", "CR asked", "apostrophe", "quote"],
)
def test_a_directive_is_found_behind_odd_line_ends_and_quotes(walk: Walk, cc: str, source: bytes) -> None:
    """hazard 1"""
    assert to_and_fro_with_first(walk, cc, source) == TO_AND_FRO


def test_an_include_that_is_not_seen_leaves_its_header_unexplained(walk: Walk) -> None:
    """hazard 1: clang takes a no-break space for a blank, with a warning."""
    require_tool("clang", "clang")

    hows = to_and_fro_with_first(walk, "clang", "#\u00a0include\u2003<h.h>\nint a;\n")

    assert hows == NEVER[Reason.UNEXPLAINED_INPUT]


def test_a_header_of_a_framework_within_a_framework_is_unexplained(walk: Walk) -> None:
    """hazard 1: clang seeks it last of all, in the framework of the includer."""
    require_tool("clang", "clang")
    (walk.folder / "i1").mkdir()
    walk.put("F/A.framework/Headers/a.h", "#include <Sub/x.h>\n")
    walk.put("F/A.framework/Frameworks/Sub.framework/Headers/x.h", "int second;\n")
    walk.put("a.c", "#include <A/a.h>\n")

    assert walk.twice("clang", "-c", "-Ii1", "-FF", "a.c") == ["unexplained_input"] * 2

    walk.put("i1/Sub/x.h", "int first;\n")
    assert walk.same("clang", "-c", "-Ii1", "-FF", "a.c") == "stored"


@pytest.mark.parametrize(
    "source",
    [
        "#define C(a, b) a##b\n#if C(__has_, include)(<h.h>)\nint yes;\n#endif\n",
        "#define C(a, b) a##b\n#if C(__has_inc, lude)(<h.h>)\nint yes;\n#endif\n",
        "#define C(a, b) a##b\n#if C(_, _has_include)(<h.h>)\nint yes;\n#endif\n",
        "#define W include\n#define C(a, b) D(a, b)\n#define D(a, b) a##b\n#if C(__has_, W)(<h.h>)\n#endif\n",
    ],
)
def test_a_question_that_is_pasted_together_is_opaque(walk: Walk, cc: str, source: str) -> None:
    """hazard 3"""
    assert to_and_fro_with_first(walk, cc, source) == NEVER[Reason.OPAQUE_HAS_INCLUDE]


def test_halves_of_questions_about_other_things_are_none(walk: Walk, cc: str) -> None:
    walk.put("a.c", "#define HAS(T) struct __has_##T { int include; }\nHAS(type);\n/* has_include */\n")

    assert walk.twice(cc, "-c", "a.c") == ["stored", "hit"]


@pytest.mark.parametrize(
    "source",
    [
        '#pragma GCC/* this */dependency "i2/h.h"\nint a;\n',
        '#define D dependency\n#define P_(x) _Pragma(#x)\n#define P(x) P_(x)\nP(GCC D "i2/h.h")\nint a;\n',
    ],
)
def test_a_pragma_that_compares_times_is_found_in_every_form(walk: Walk, cc: str, source: str) -> None:
    assert to_and_fro_with_first(walk, cc, source, "i1/none.h") == NEVER[Reason.TIME_MACRO]


@pytest.mark.parametrize(
    "letters", [".\\151ncbin", '.in\\x63" "bin', '" S(.in) S(cbin) "', '" S(.inc) S(bin) "']
)
def test_an_assembler_directive_in_escapes_and_pieces_is_found(walk: Walk, letters: str) -> None:
    """hazard 6"""
    require_tool("clang", "clang")
    walk.put("data", "one")
    walk.put("a.c", f'#define S(x) #x\nasm(".data\\n{letters} \\"data\\"\\n");\n')

    assert walk.twice("clang", "-c", "a.c") == ["assembler_include"] * 2
    assert walk.same("gcc", "-c", "a.c") == "assembler_include"
    walk.put("data", "two")
    assert walk.twice("gcc", "-c", "a.c") == ["stored", "hit"]


def test_a_precompiled_header_that_a_pragma_names_is_not_trusted(walk: Walk) -> None:
    """hazard 21"""
    walk.put("p.h", "int a = 1;\n")
    subprocess.run(["gcc", "p.h"], cwd=walk.folder, check=True)
    walk.put("a.i", '#pragma GCC pch_preprocess "p.h.gch"\nint b;\n')

    assert walk.twice("gcc", "-c", "a.i") == ["precompiled_header"] * 2


def test_a_line_marker_with_a_computed_name_is_an_unseen_file(walk: Walk) -> None:
    """hazard 18"""
    walk.put("other.txt", "/* one */\n")
    walk.put("a.c", '#define F "other.txt"\n# 1 F\nint g(void) { int unused; return 0; }\n')

    assert walk.twice("gcc", "-Wall", "-c", "a.c") == ["unseen_input"] * 2


def test_what_looks_like_one_in_assembler_is_a_comment(walk: Walk) -> None:
    walk.put("a.S", "# 16 rounds\n nop\n")

    assert walk.twice("gcc", "-c", "a.S") == ["stored", "hit"]


def test_a_folder_of_the_search_path_that_goes_is_seen_where_it_is_told(
    walk: Walk, newest_clang: str
) -> None:
    (walk.folder / "unused").mkdir()
    command = [newest_clang, "-Weverything", "-c", "-Iunused", "a.c"]

    hows = walk.to_and_fro(command, (walk.folder / "unused").rmdir, (walk.folder / "unused").mkdir)

    assert hows == TO_AND_FRO


@pytest.fixture
def newest_clang() -> str:
    return require_tool("clang-19", "clang-19")
