"""Misses of one command that run apart: each is its own command's, and all leave what bare leaves.

The walk carries them out backwards, so that whatever rests on their order shows.
"""

import pytest

from walk import Walk
from zccache.common.reasons import Reason


@pytest.fixture
def three(walk: Walk) -> Walk:
    walk.at_once = 8
    walk.write(
        h__h="#define H 1\n",
        a__c='#include "h.h"\n#warning a\nint a(void) { return H; }\n',
        b__c="#warning b\nint b(int x) { int unused = 1; return x; }\n",
        d__c='#include "h.h"\n#warning d\nint d(void) { return H + 1; }\n',
    )
    return walk


SOURCES = ("a.c", "b.c", "d.c")


def test_misses_run_apart_and_hit_together(three: Walk, cc: str) -> None:
    assert three.same(cc, "-c", "-Wall", *SOURCES) == "apart:stored apart:stored apart:stored"

    assert three.same(cc, "-c", "-Wall", *SOURCES) == "hit"


@pytest.mark.parametrize("known", SOURCES)
def test_what_was_compiled_alone_hits_among_them_and_prints_in_its_turn(
    three: Walk, cc: str, known: str
) -> None:
    three.same(cc, "-c", "-Wall", known)

    assert three.same(cc, "-c", "-Wall", *SOURCES) == "hit apart:stored apart:stored"
    assert three.same(cc, "-c", "-Wall", *SOURCES) == "hit"


def test_one_miss_alone_is_run_as_it_always_was(three: Walk, cc: str) -> None:
    three.same(cc, "-c", "-Wall", *SOURCES)
    three.write(b__c="int b;\n")

    assert three.same(cc, "-c", "-Wall", *SOURCES) == "hit stored hit"


def test_what_ran_apart_hits_alone(three: Walk, cc: str) -> None:
    three.same(cc, "-c", "-O1", *SOURCES)

    assert [three.same(cc, "-c", "-O1", source) for source in SOURCES] == ["hit"] * 3


def test_a_file_that_fails_spoils_no_neighbour(three: Walk, cc: str) -> None:
    three.write(b__c="int b(void) { return nowhere; }\n")

    failed = f"apart:{Reason.COMPILE_FAILED.word}"
    assert three.same(cc, "-c", *SOURCES) == f"apart:stored {failed} apart:stored"
    assert three.same(cc, "-c", *SOURCES) == f"hit {Reason.COMPILE_FAILED.word} hit"


@pytest.mark.parametrize("words", [["-MD"], ["-MMD", "-MP"], ["-g", "-O2", "-x", "c++"], ["@words"]])
def test_every_way_to_name_several_sources_runs_apart(three: Walk, cc: str, words: list[str]) -> None:
    three.put("words", "-DNAMED='a b'")

    assert three.same(cc, "-c", *words, *SOURCES) == "apart:stored apart:stored apart:stored"
    assert three.same(cc, "-c", *words, *SOURCES) == "hit"


def test_names_with_spaces_run_apart(three: Walk, cc: str) -> None:
    three.put("a b.c", "int s;\n")
    three.put("sub dir/d'.c", "int t;\n")

    assert three.same(cc, "-c", "a b.c", "sub dir/d'.c") == "apart:stored apart:stored"


def test_compiles_before_a_link_run_apart(three: Walk, cc: str) -> None:
    three.write(main__c="int a(void);\nint main(void) { return a(); }\n")
    command = (cc, "-Wall", "-g", *SOURCES, "main.c", "-o", "program")

    first = three.same(*command)

    assert first.split() == [*["apart:stored"] * 4, "stored"]
    assert three.same(*command) == "hit"
    three.write(h__h="#define H 3\n")
    assert three.same(*command) == "hit hit apart:stored apart:stored stored"


def test_a_compile_before_a_link_that_fails_leaves_no_link(three: Walk, cc: str) -> None:
    three.write(b__c="int b(void) { return nowhere; }\n")

    failed = f"apart:{Reason.COMPILE_FAILED.word}"
    assert three.same(cc, *SOURCES, "-o", "program") == f"apart:stored {failed} apart:stored"


def test_what_readonly_does_not_keep_runs_apart_too(three: Walk, cc: str) -> None:
    three.env["ZCCACHE_READONLY"] = "1"

    word = f"apart:{Reason.READ_ONLY.word}"
    assert three.same(cc, "-c", *SOURCES) == f"{word} {word} {word}"


def test_what_is_passed_on_keeps_its_turn_at_a_terminal(three: Walk) -> None:
    three.env["ZCCACHE_READONLY"] = "1"

    walked = three.walk("gcc", "-c", *SOURCES, colour=True)

    assert walked.how == " ".join([Reason.READ_ONLY.word] * 3)


def test_a_source_that_names_what_another_makes_waits_for_it(three: Walk, cc: str) -> None:
    three.write(b__c='__asm__(".incbin \\"a.o\\"");\n')

    for _ in range(3):
        assert "apart" not in three.same(cc, "-c", *SOURCES)
        three.write(a__c=f"int a(void) {{ return {_}; }}\n")


def test_a_source_that_reads_what_a_later_one_makes_reads_what_was_there(three: Walk, cc: str) -> None:
    three.write(a__c='__asm__(".incbin \\"d.o\\"");\n')
    three.put("d.o", "an older one")

    assert not three.same(cc, "-c", *SOURCES).startswith("apart")


def test_a_hit_that_rests_on_what_a_source_before_it_is_to_make_is_none(three: Walk) -> None:
    three.write(i__h='__asm__(".incbin \\"a.o\\"");\n', d__c='#include "i.h"\n')
    three.bare("gcc", "-c", "a.c")
    three.settle()
    hows = [three.same("gcc", "-c", "d.c") for _ in range(3)]
    three.write(a__c="int a(void) { return 7; }\n")

    assert hows[-1] == "hit"
    assert three.same("gcc", "-c", "a.c", "d.c").startswith("stored ")


def test_words_that_may_be_too_many_for_one_command_run_in_their_turn(three: Walk, cc: str) -> None:
    three.put("words", " ".join(f"-DA_LONG_NAME_OF_A_MACRO_{index}=1" for index in range(3200)))

    assert three.same(cc, "-c", "@words", *SOURCES) == "stored stored stored"
