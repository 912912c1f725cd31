"""Every reason for a miss is told by the step that missed."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import require_tool
from walk import UMASK, Walk
from zccache.common.asking import discard_report
from zccache.common.command.invocation import Invocation
from zccache.common.keys import context_key
from zccache.common.miss_reasons import Missed, MissReason
from zccache.common.pipeline import begin
from zccache.common.policy import policy_of
from zccache.common.request import Request, Run

# With debug information, so that other folders have no part in it.
ARGV = ("gcc", "-g", "-c", "a.c", "-o", "out/a.o")


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[Walk]:
    """Hand out a walk that has stored a compile with a warning."""
    require_tool("gcc", "gcc")
    walk = Walk(tmp_path / "src", tmp_path / "cache")
    walk.put("a.c", '#include "a.h"\nint f(void) { int unused; return A; }\n')
    walk.put("a.h", "#define A 1\n#warning here\n")
    (walk.folder / "out").mkdir()
    assert walk.walk(*ARGV).how == "stored"
    yield walk
    walk.close()


def missed(walk: Walk, *argv: str, colour: bool = False, **env: str) -> Missed:
    """Begin a command that misses, and return why it did."""
    cwd = os.path.realpath(walk.folder)
    whole = {**walk.env, **env}
    invocation = Invocation(argv[0], argv[1:], cwd, whole)
    answer = begin(Request(invocation, UMASK, wants_colour=colour, policy=policy_of(whole, cwd)), walk.rooms)
    assert isinstance(answer, Run)
    discard_report(answer.ticket)
    assert answer.ticket.parts is not None
    assert context_key(answer.ticket.parts) == answer.ticket.context
    assert answer.ticket.missed is not None
    return answer.ticket.missed


def test_a_command_that_is_not_stored(stored: Walk) -> None:
    assert missed(stored, *ARGV, "-O1") == Missed(MissReason.CONTEXT_NOT_FOUND)


def test_an_input_that_is_another(stored: Walk) -> None:
    header = stored.put("a.h", "#define A 2\n")

    assert missed(stored, *ARGV) == Missed(MissReason.INPUT_MISMATCH, os.path.realpath(header))


def test_of_several_records_the_newest_tells(stored: Walk) -> None:
    header = stored.put("a.h", "#define A 2\n")
    assert stored.walk(*ARGV).how == "stored"
    source = stored.put("a.c", "int f(void) { return 3; }\n")

    found = missed(stored, *ARGV)

    assert found == Missed(MissReason.INPUT_MISMATCH, os.path.realpath(source))
    assert header.exists()


def test_a_result_whose_bytes_are_gone(stored: Walk) -> None:
    shutil.rmtree(stored.root / "artifacts")
    (stored.root / "artifacts").mkdir()

    assert missed(stored, *ARGV) == Missed(MissReason.RESULT_GONE)


def test_a_result_that_cannot_be_put_in_its_place(stored: Walk) -> None:
    shutil.rmtree(stored.folder / "out")

    assert missed(stored, *ARGV) == Missed(MissReason.NOT_DELIVERABLE)


def test_messages_without_the_colours_that_are_shown(stored: Walk) -> None:
    assert missed(stored, *ARGV, colour=True) == Missed(MissReason.OTHER_STREAMS)


def test_a_result_that_is_to_be_made_anew(stored: Walk) -> None:
    assert missed(stored, *ARGV, ZCCACHE_RECACHE="1") == Missed(MissReason.RECACHE)
