"""Laws that hold for every command line, whatever its words are."""

from hypothesis import given, settings
from hypothesis import strategies as st

from planning import planned
from zccache.common.command.invocation import Invocation
from zccache.common.command.plan import Dialect, Plan, Refusal
from zccache.common.tools.flags import ACCEPTED, Takes
from zccache.common.tools.gcc import GccLike
from zccache.common.tools.msvc import Cl, ClangCl
from zccache.common.tools.msvc_options import EXACT, GLUED
from zccache.common.tools.protocol import Tool
from zccache.common.tools.refused import REFUSED

SPELLINGS = sorted({spelling for group in (*ACCEPTED, *REFUSED) for spelling in group.spellings})
FORBIDDEN = [
    (spelling, group.option.takes)
    for group in REFUSED
    for spelling in group.spellings
    # What follows these two is another word of the same command to clang.
    if spelling != "--"
]
DIALECTS = (Dialect.GCC, Dialect.CLANG)
CL_SPELLINGS = sorted({*EXACT, *GLUED})
ALPHABET = st.characters(codec=None, exclude_categories=[])

some_word = st.one_of(
    st.sampled_from(SPELLINGS),
    st.sampled_from(SPELLINGS).flatmap(lambda spelling: st.text(ALPHABET, max_size=6).map(spelling.__add__)),
    st.sampled_from(["a.c", "b.cc", "x.o", "-", "", "d/x.i", "-c", "-S", "-o", "@r", "a.h"]),
    st.text(ALPHABET, max_size=12),
)
some_words = st.lists(some_word, max_size=12).map(tuple)
some_program = st.sampled_from(["gcc", "g++", "clang", "clang++-14"])


def plan_of(program: str, words: tuple[str, ...], dialect: Dialect) -> Plan | Refusal:
    return GccLike().plan(Invocation(program, words, "/src", {}), dialect=dialect)


@given(some_program, some_words, st.sampled_from(DIALECTS))
@settings(max_examples=400, deadline=None)
def test_a_plan_is_made_for_any_words_and_is_the_same_each_time(
    program: str, words: tuple[str, ...], dialect: Dialect
) -> None:
    first = plan_of(program, words, dialect)
    second = plan_of(program, words, dialect)

    assert first == second
    if isinstance(first, Plan):
        assert first.words == words
        assert first.unit.source in words


@given(some_program, some_words, st.sampled_from(DIALECTS), st.sampled_from(FORBIDDEN))
@settings(max_examples=400, deadline=None)
def test_no_command_with_a_refused_word_is_cached(
    program: str, words: tuple[str, ...], dialect: Dialect, forbidden: tuple[str, Takes]
) -> None:
    spelling, takes = forbidden
    refused = (spelling, "value") if takes in {Takes.NEXT, Takes.EITHER} else (spelling,)

    plan = plan_of(program, (*refused, *words), dialect)

    assert isinstance(plan, Refusal)


@given(st.permutations(["-c", "-O2", "-DX", "-Wall", "-Iinc", "-MD", "-g", "a.c"]))
@settings(max_examples=50, deadline=None)
def test_the_order_of_the_words_stays_in_the_key(words: list[str]) -> None:
    plan = planned("gcc " + " ".join(words))

    assert isinstance(plan, Plan)
    assert plan.words == tuple(words)
    assert [output.path for output in plan.unit.outputs] == ["a.o", "a.d"]


cl_word = st.one_of(
    st.builds(
        "{}{}{}".format, st.sampled_from("-/"), st.sampled_from(CL_SPELLINGS), st.text(ALPHABET, max_size=4)
    ),
    st.sampled_from(
        ["a.c", "b.cc", "/d/x.cpp", "-", "", "/c", "/Fod/", "@r", "-fmodules", "-m32", "/clang:-g"]
    ),
    some_word,
)


@given(
    st.sampled_from([(ClangCl(), Dialect.CLANG_CL), (Cl(), Dialect.MSVC)]),
    st.lists(cl_word, max_size=10).map(tuple),
)
@settings(max_examples=400, deadline=None)
def test_a_plan_for_cl_is_made_for_any_words_and_is_the_same_each_time(
    family: tuple[Tool, Dialect], words: tuple[str, ...]
) -> None:
    tool, dialect = family
    call = Invocation(tool.name, words, "/src", {})

    plan = tool.plan(call, dialect=dialect)

    assert plan == tool.plan(call, dialect=dialect)
    steps = tool.steps(call, dialect=dialect)
    assert isinstance(steps, Refusal) or len(steps) > 0
    if isinstance(plan, Plan):
        assert any(plan.unit.source in word for word in words)
