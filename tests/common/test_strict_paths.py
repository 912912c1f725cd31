"""Strict paths: which spellings each mode forbids, for every flag, with which words; nothing runs then."""

import pytest

from tools import require_tool
from walk import Walk
from zccache.common.tools.path_flags import CL_FLAGS, GCC_FLAGS

EXPECTED_STYLE = "one separator style per path"
EXPECTED_SAME = "all checked paths to use the same separator style"
EXPECTED_NORMAL = "normalized path without /./ or /../ components"
EXPECTED_ABSOLUTE = "forward-slash absolute path"


def complaint(walk: Walk, mode: str, *argv: str) -> str:
    """Return what is said of a command; empty where it is compiled."""
    walk.env["ZCCACHE_STRICT_PATHS"] = mode
    walked = walk.walk(*argv)
    if walked.how != "fail":
        return ""
    assert walked.left.status == 1
    assert not walked.left.files
    return walked.left.stderr.decode()


@pytest.mark.parametrize(
    ("mode", "word", "expected"),
    [
        ("absolute", "-Iinc", EXPECTED_ABSOLUTE),
        ("1", "-Iinc", EXPECTED_ABSOLUTE),
        ("absolute", "-I/a\\b", EXPECTED_ABSOLUTE),
        ("absolute", "-I/a/../b", EXPECTED_NORMAL),
        ("absolute", "-I/a/.", EXPECTED_NORMAL),
        ("absolute", "-IC:/a/./b", EXPECTED_NORMAL),
        ("absolute", "-I/a/b", ""),
        ("absolute", "-IC:/a", ""),
        ("consistent", "-Ia/b\\c", EXPECTED_STYLE),
        ("consistent", "-Ia/b/../c", ""),
        ("consistent", "-Ia\\b", ""),
        ("off", "-Ia/b\\c", ""),
        ("0", "-Iinc", ""),
    ],
)
def test_a_path_is_refused_for_its_spelling(walk: Walk, mode: str, word: str, expected: str) -> None:
    require_tool("gcc", "gcc")

    said = complaint(walk, mode, "gcc", "-c", word, "a.c")

    lines = (
        f"zccache: -I flag `{word}` violates --strict-paths={'absolute' if mode == '1' else mode}"
        f" (expected {expected}).\n         Caller: gcc -c {word} a.c"
    )
    assert said == (lines if expected else "")


def test_paths_of_two_styles_are_refused_together(walk: Walk) -> None:
    require_tool("gcc", "gcc")

    said = complaint(walk, "consistent", "gcc", "-c", "-Ia/b", "-isystem", "c\\d", "a.c")

    assert said.startswith("zccache: -isystem flag `-isystem c\\d` violates --strict-paths=consistent")
    assert EXPECTED_SAME in said


@pytest.mark.parametrize("flag", GCC_FLAGS)
def test_every_flag_is_checked_glued_and_apart(walk: Walk, flag: str) -> None:
    require_tool("clang", "clang")

    for words in ((f"{flag}inc",), (flag, "inc")):
        assert f"{flag} flag `{' '.join(words)}`" in complaint(walk, "absolute", "clang", "-c", *words, "a.c")


def test_all_flags_are_those_that_are_promised() -> None:
    promised = "-I -isystem -iquote -idirafter -include -include-pch -imacros -F -iframework -imsvc /I"

    assert {*GCC_FLAGS, *CL_FLAGS} == {*promised.split(), "/imsvc"}


@pytest.mark.parametrize("words", [("/Iinc",), ("-imsvc", "inc"), ("-I", "inc")])
def test_the_flags_of_cl_are_checked(walk: Walk, words: tuple[str, ...]) -> None:
    require_tool("clang-cl-14", "clang-14")

    assert "`" + " ".join(words) + "`" in complaint(walk, "absolute", "clang-cl-14", "/c", *words, "a.c")
    assert complaint(walk, "absolute", "clang-cl-14", "/c", "/I/inc", "/Foa.obj", "a.c") == ""


def test_words_of_a_response_file_are_checked_too(walk: Walk) -> None:
    require_tool("gcc", "gcc")
    walk.put("words", "-Iinc")

    said = complaint(walk, "absolute", "gcc", "-c", "@words", "a.c")

    assert "`-Iinc`" in said
    assert said.endswith("Caller: gcc -c @words a.c")


def test_a_mode_that_is_none_stops_every_compile(walk: Walk) -> None:
    require_tool("gcc", "gcc")

    said = complaint(walk, "bogus", "gcc", "-c", "a.c")

    assert said == "zccache: invalid strict paths mode 'bogus'; expected off, consistent, or absolute"


def test_a_settings_file_can_ask_for_it(walk: Walk) -> None:
    require_tool("gcc", "gcc")
    walk.put("zccache.toml", 'strict_paths = "absolute"\n')

    assert walk.walk("gcc", "-c", "-Iinc", "a.c").how == "fail"
