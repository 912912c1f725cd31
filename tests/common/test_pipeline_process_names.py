"""Names that are another file for every process, and variables that make the loader talk."""

import pytest

from walk import Walk
from zccache.common.reasons import Reason

OWN = Reason.NAME_OF_PROCESS.word


@pytest.mark.parametrize("word", ["-I/proc/self/cwd/inc", "-include/dev/fd/9", "-MF/proc/thread-self/fd/9"])
def test_a_word_that_names_what_another_process_has_elsewhere_is_passed_on(
    walk: Walk, cc: str, word: str
) -> None:
    """hazard 144"""
    assert walk.walk(cc, "-c", "-MD", word, "a.c").how == OWN


@pytest.mark.parametrize("name", ["CPATH", "C_INCLUDE_PATH"])
def test_a_search_path_in_the_environment_that_does_so_is_passed_on(walk: Walk, cc: str, name: str) -> None:
    """hazard 144"""
    walk.env[name] = "/usr/none:/proc/self/cwd/inc"

    assert walk.same(cc, "-c", "a.c") == "environment_output"


def test_a_header_that_is_named_so_is_not_kept(walk: Walk, cc: str) -> None:
    """hazard 144"""
    walk.put("h.h", "int h;\n")
    walk.put("a.c", '#include "/proc/self/cwd/h.h"\n')

    assert walk.twice(cc, "-c", "a.c") == [OWN] * 2


def test_a_map_that_only_writes_such_a_name_is_no_such_word(walk: Walk, cc: str) -> None:
    command = [cc, "-g", "-ffile-prefix-map=/proc/self/cwd=.", "-c", "a.c"]

    assert walk.twice(*command) == ["stored", "hit"]


def test_a_working_folder_that_is_called_so_is_written_down(walk: Walk, cc: str) -> None:
    """hazard 42: so do builds that want the same object whatever the folder."""
    walk.env["PWD"] = "/proc/self/cwd"
    hows = walk.twice(cc, "-g", "-c", "a.c")

    del walk.env["PWD"]

    assert [*hows, walk.same(cc, "-g", "-c", "a.c")] == ["stored", "hit", "stored"]


def test_what_the_loader_prints_for_one_who_asked_is_not_given_to_others(walk: Walk, cc: str) -> None:
    walk.env["LD_DEBUG"] = "statistics"
    how = walk.walk(cc, "-c", "a.c").how

    del walk.env["LD_DEBUG"]

    assert how == "environment_output"
    assert walk.twice(cc, "-c", "a.c") == ["stored", "hit"]
