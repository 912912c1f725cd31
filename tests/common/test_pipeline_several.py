"""Commands of several sources: each is a step with its own key, the whole is as with the bare compiler."""

import pytest

from walk import Walk
from zccache.common.reasons import Reason


@pytest.fixture
def three(walk: Walk) -> Walk:
    walk.write(
        h__h="#define H 1\n",
        a__c='#include "h.h"\nint a(void) { return H; }\n',
        b__c="int b(int x) { int unused = 1; return x; }\n",
        d__c='#include "h.h"\nint d(void) { return H + 1; }\n',
    )
    return walk


def test_several_sources_are_stored_singly_and_hit_together(three: Walk, cc: str) -> None:
    assert three.same(cc, "-c", "-Wall", "a.c", "b.c", "d.c") == "stored stored stored"

    assert three.same(cc, "-c", "-Wall", "a.c", "b.c", "d.c") == "hit"


def test_several_sources_share_entries_with_single_ones(three: Walk, cc: str) -> None:
    assert three.same(cc, "-c", "-Wall", "b.c") == "stored"

    assert three.same(cc, "-c", "-Wall", "a.c", "b.c", "d.c") == "stored hit stored"
    assert three.same(cc, "-c", "-Wall", "d.c") == "hit"


def test_only_what_changed_is_compiled_again(three: Walk, cc: str) -> None:
    three.same(cc, "-c", "-Wall", "a.c", "b.c", "d.c")
    three.write(h__h="#define H 2\n")

    assert three.same(cc, "-c", "-Wall", "a.c", "b.c", "d.c") == "stored hit stored"
    assert three.same(cc, "-c", "-Wall", "a.c", "b.c", "d.c") == "hit"


def test_a_file_that_fails_does_not_spoil_its_neighbours(three: Walk, cc: str) -> None:
    three.write(b__c="int b(void) { return nowhere; }\n")

    failed = Reason.COMPILE_FAILED.word
    assert three.same(cc, "-c", "a.c", "b.c", "d.c") == f"stored {failed} stored"
    assert three.same(cc, "-c", "a.c", "b.c", "d.c") == f"hit {failed} hit"


def test_a_missing_source_among_several_fails_as_bare(three: Walk, cc: str) -> None:
    assert three.same(cc, "-c", "a.c", "none.c", "d.c") == Reason.SOURCE_NOT_A_FILE.word


@pytest.mark.parametrize(
    "words",
    [
        ["-S", "a.c", "d.c"],
        ["-c", "-MD", "a.c", "d.c"],
        ["-c", "-MMD", "-MP", "a.c", "d.c"],
        ["-c", "-g", "-O2", "-x", "c", "a.c", "-x", "c++", "d.c"],
        ["-c", "@words", "a.c"],
    ],
)
def test_every_way_to_name_several_sources_hits(three: Walk, cc: str, words: list[str]) -> None:
    three.put("words", "-O1 d.c")

    assert three.same(cc, *words) == "stored stored"
    assert three.same(cc, *words) == "hit"


@pytest.mark.parametrize(
    "words",
    [
        ["-c", "a.c", "d.c", "-o", "x.o"],
        ["-c", "-MD", "-MF", "x.d", "a.c", "d.c"],
        ["-c", "a.c", "x.o"],
        ["-c", "a.c", "a.c"],
        ["-c", "-MD", "-MT", "x", "a.c", "d.c"],
    ],
)
def test_what_is_no_list_of_commands_is_left_to_the_compiler(three: Walk, cc: str, words: list[str]) -> None:
    three.put("x.o", "")

    assert "hit" not in (three.same(cc, *words), three.same(cc, *words))


def test_several_sources_changed_in_their_response_file_are_not_stored(three: Walk, cc: str) -> None:
    three.put("words", "a.c b.c")

    walked = three.walk(cc, "-c", "@words", afterwards=lambda: three.put("words", "a.c d.c"))

    assert "stored" not in walked.how


def test_two_sources_of_one_object_are_left_to_the_compiler(three: Walk, cc: str) -> None:
    three.put("sub/a.c", "int other;\n")
    assert three.same(cc, "-c", "sub/a.c") == "stored"

    assert three.same(cc, "-c", "a.c", "sub/a.c") == Reason.SEVERAL_SOURCES.word


def test_a_hit_that_rests_on_what_a_source_before_it_is_to_make_is_none(three: Walk, cc: str) -> None:
    three.write(b__c='__asm__(".incbin \\"a.o\\"");\n')
    three.bare(cc, "-c", "a.c")
    three.settle()
    # gcc is asked for the assembler's inputs once a run has shown that there are some.
    hows = [three.same(cc, "-c", "b.c") for _ in range(3)]
    three.write(a__c="int a(void) { return 7; }\n")

    assert hows[-1] == ("hit" if cc == "gcc" else Reason.ASSEMBLER_INCLUDE.word)
    assert three.same(cc, "-c", "a.c", "b.c").startswith("stored ")
