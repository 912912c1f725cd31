"""Headers that are read once: times and links tell which files are the same one, not content alone."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from walk import TO_AND_FRO, Walk
from zccache.common.reasons import Reason

NEVER = [Reason.ONCE_OR_TWICE.word] * 2
ONCE = "#pragma once\n#ifdef SEEN\nint twice;\n#endif\n#define SEEN\n"
OTHER = "#pragma once\n#define OTHER\n"
SOURCE = '#include "one/h.h"\n#include "two/h.h"\n#ifdef OTHER\nint other;\n#endif\n'


@pytest.fixture
def doubles(walk: Walk) -> tuple[Path, Path]:
    """Two headers of one content, with one time of writing, as a checkout makes them."""
    walk.put("a.c", SOURCE)
    paths = walk.put("one/h.h", ONCE), walk.put("two/h.h", ONCE)
    for path in paths:
        os.utime(path, (1000, 1000))
    walk.settle()
    return paths


def touch(path: Path) -> None:
    os.utime(path, (2000, 2000))


def edit(path: Path) -> None:
    path.write_text(OTHER)


@pytest.mark.parametrize("report", ["-c", "-c -MD", "-c -MMD"])
@pytest.mark.parametrize("change", [touch, edit])
def test_of_two_that_hold_the_same_nothing_is_kept(
    walk: Walk, cc: str, doubles: tuple[Path, Path], change: Callable[[Path], None], report: str
) -> None:
    """hazard 143: gcc reads the second one only where its time is another, and its depfile does not tell."""
    command = [cc, *report.split(), "a.c"]

    assert walk.twice(*command) == NEVER

    change(doubles[1])
    walk.settle()
    assert walk.twice(*command) == ["stored", "hit"] if change is edit else NEVER


def test_an_import_makes_any_header_one_of_these(walk: Walk, cc: str, doubles: tuple[Path, Path]) -> None:
    """hazard 143"""
    walk.put("a.c", SOURCE.replace("#include", "#import"))
    for path in doubles:
        path.write_text(ONCE.replace("#pragma once\n", ""))
        os.utime(path, (1000, 1000))
    walk.settle()

    assert walk.twice(cc, "-c", "a.c") == NEVER


@pytest.mark.parametrize("joins", [os.link, os.symlink])
def test_two_names_of_one_file_count_while_they_are_one(
    walk: Walk, cc: str, doubles: tuple[Path, Path], joins: Callable[[Path, Path], None]
) -> None:
    """hazard 143"""
    one, two = doubles
    two.unlink()
    joins(one, two)
    walk.settle()
    command = [cc, "-c", "a.c"]

    assert walk.twice(*command) == ["stored", "hit"]

    two.unlink()
    two.write_text(ONCE)
    walk.settle()
    assert walk.same(*command) == NEVER[0]


def test_same_content_without_once_is_no_matter(walk: Walk, cc: str) -> None:
    walk.put("a.c", SOURCE)
    walk.put("one/h.h", "int same;\n")
    two = walk.put("two/h.h", "int same;\n")

    hows = walk.to_and_fro(
        [cc, "-c", "a.c"], lambda: two.write_text(OTHER), lambda: two.write_text("int same;\n")
    )

    assert hows == TO_AND_FRO
