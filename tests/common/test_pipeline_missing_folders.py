"""Warnings of folders that are missing: they come and go with the folders."""

import pytest

from tools import require_tool
from walk import TO_AND_FRO, Walk
from zccache.common.reasons import Reason

_WORD = "-Wmissing-include-dirs"


@pytest.fixture(params=["gcc", "clang", "clang-19"])
def compiler(request: pytest.FixtureRequest, walk: Walk) -> str:
    """Name a compiler, and write a source with two folders of headers, of which it needs one."""
    require_tool(request.param, request.param)
    walk.put("needed/x.h", "#define X 1\n")
    walk.put("a.c", "#include <x.h>\nint x = X;\n")
    return str(request.param)


@pytest.mark.parametrize("word", [_WORD, "-Werror=missing-include-dirs", "-Weverything"])
@pytest.mark.parametrize("folder", ["other", "deep/other", "./other/"])
def test_a_folder_that_appears_takes_its_warning_away(
    walk: Walk, compiler: str, word: str, folder: str
) -> None:
    if compiler == "gcc" and word == "-Weverything":
        word = _WORD
    walk.put("deep/x", "")
    there = walk.folder / folder

    def come() -> None:
        there.mkdir()
        walk.settle()

    command = [compiler, "-c", word, f"-I{folder}", "-isystem", "needed", "a.c"]
    if word.startswith("-Werror") and compiler != "clang":
        come()
        assert walk.twice(*command) == ["stored", "hit"]
        there.rmdir()
        assert walk.same(*command) == Reason.COMPILE_FAILED.word
        return
    assert walk.to_and_fro(command, come, there.rmdir) == TO_AND_FRO


def test_a_folder_that_goes_brings_its_warning(walk: Walk, compiler: str) -> None:
    other = walk.folder / "other"
    other.mkdir()
    walk.settle()
    command = [compiler, "-c", _WORD, "-iquote", "other", "-idirafter", "needed", "-MD", "a.c"]

    assert walk.to_and_fro(command, other.rmdir, other.mkdir) == TO_AND_FRO


def test_a_file_in_the_place_of_a_folder_is_told_of(walk: Walk, compiler: str) -> None:
    other = walk.folder / "other"
    command = [compiler, "-c", _WORD, "-Iother", "-Ineeded", "a.c"]

    assert walk.twice(*command) == ["stored", "hit"]

    other.write_text("")
    walk.settle()
    assert walk.twice(*command) == ["stored", "hit"]

    other.unlink()
    assert walk.same(*command) == "hit"


def test_a_folder_that_comes_while_the_compiler_runs_is_seen(walk: Walk, compiler: str) -> None:
    command = (compiler, "-c", _WORD, "-Iother", "-Ineeded", "a.c")

    walked = walk.walk(*command, afterwards=(walk.folder / "other").mkdir)

    assert walked.how == Reason.INPUT_CHANGED.word
    assert walk.twice(*command) == ["stored", "hit"]


def test_a_folder_named_from_the_root_of_the_system_is_left_to_the_compiler(walk: Walk) -> None:
    require_tool("gcc", "gcc")

    assert walk.same("gcc", "-c", _WORD, "-I=other", "a.c") == Reason.UNSEEN_INPUT.word
    assert walk.same("gcc", "-c", _WORD, "-iprefix", "o", "-iwithprefix", "ther", "a.c") == (
        Reason.UNSEEN_INPUT.word
    )
