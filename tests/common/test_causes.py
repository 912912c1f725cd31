"""What differs between two commands, or between two runs of one, in words."""

import pytest

from results import an_input, digest_of, key_of
from zccache.common.causes import Kind, input_causes, is_place, part_causes
from zccache.common.digests import Digest, Signature
from zccache.common.includes.places import Places
from zccache.common.index.entries import Input, Record
from zccache.common.keys import Parts
from zccache.common.policy import ABSENT
from zccache.common.values import replace

BASE = Parts(
    digest_of("gcc"), ("gcc", "-c", "-O1", "-DA", "a.c"), {"LANG": "C"}, "/w", {"/l": digest_of("l")}
)


def words(*changed: str) -> Parts:
    return replace(BASE, words=("gcc", *changed))


@pytest.mark.parametrize(
    ("now", "kinds", "text"),
    [
        (BASE, [], ""),
        (words("-c", "-O2", "-DA", "a.c"), [Kind.FLAG_CHANGED], "-O2 took the place of -O1"),
        (words("-c", "-O1", "-DA", "-g", "a.c"), [Kind.FLAG_ADDED], "-g was added"),
        (words("-c", "-O1", "a.c"), [Kind.FLAG_REMOVED], "-DA was removed"),
        (words("-c", "-O1", "-DA", "-DA", "a.c"), [Kind.FLAG_ADDED], "-DA was added"),
        (words("-c", "-O1", "-DA", "b.c"), [Kind.FLAG_CHANGED], "b.c took the place of a.c"),
        (words("-O1", "-c", "-DA", "a.c"), [Kind.FLAG_ORDER], "the words are in another order, from -O1 on"),
        (
            words("-c", "-O1", "-DA", "a.c", "-DTOKEN=x"),
            [Kind.FLAG_ADDED],
            "-DTOKEN=<redacted> was added",
        ),
        (replace(BASE, words=("cc", *BASE.words[1:])), [Kind.PROGRAM_NAME], "was called cc, before gcc"),
        (replace(BASE, env={}), [Kind.ENVIRONMENT], "LANG is not set, it was 'C' before"),
        (replace(BASE, cwd="/v"), [Kind.WORKING_FOLDER], "the working folder is /v, it was /w"),
        (replace(BASE, toolchain=digest_of("clang")), [Kind.TOOLCHAIN], "the compiler is another"),
        (
            replace(BASE, read_files={}),
            [Kind.READ_FILE],
            "/l, which the command names, is not named any more",
        ),
        (replace(BASE, read_files={"/l": digest_of("k")}), [Kind.READ_FILE], "has changed"),
        (replace(BASE, extra=(b"namespace n",)), [Kind.NAMESPACE], "ZCCACHE_NAMESPACE is 'n', it was ''"),
        (
            replace(BASE, extra=(b"extra input /e", ABSENT)),
            [Kind.EXTRA_INPUT],
            "/e, which is declared or sought, ",
        ),
        (replace(BASE, extra=(b"deploy cp x",)), [Kind.LINK_DEPLOY], "CMD is 'cp x', it was ''"),
        (replace(BASE, extra=(b"one stream",)), [Kind.STREAMS], "error lead to one place now"),
        (replace(BASE, extra=(b"shared",)), [], ""),
        (
            replace(words("-c", "-O1", "-DA", "a.c", "-march=native"), extra=(digest_of("cpu"),)),
            [Kind.FLAG_ADDED],
            "-march=native was added",
        ),
        (words("-c", "-O1", "-DA", "a.c", "-o", "x.o"), [Kind.FLAG_ADDED], "-o x.o was added"),
        (
            replace(BASE, cwd="/v", env={"LANG": "de"}),
            [Kind.ENVIRONMENT, Kind.WORKING_FOLDER],
            "LANG is 'de', it was 'C' before",
        ),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, str) else "",
)
def test_parts(now: Parts, kinds: list[Kind], text: str) -> None:
    causes = part_causes(now, BASE)

    assert [cause.kind for cause in causes] == kinds
    assert text in " ".join(cause.text for cause in causes)


def test_another_processor_is_told_where_both_name_theirs() -> None:
    one, other = (replace(BASE, extra=(digest_of(name),)) for name in ("cpu", "other cpu"))

    assert [cause.kind for cause in part_causes(one, other)] == [Kind.PROCESSOR]


def test_a_value_is_compared_with_one_of_the_same_flag() -> None:
    causes = part_causes(words("a.o", "b.o", "-o", "two"), words("a.o", "-o", "one"))

    assert [cause.text for cause in causes] == ["-o two took the place of -o one", "b.o was added"]


def test_what_an_earlier_step_made_has_a_name_that_people_know() -> None:
    name = "zccache-scratch:/0-a.o"
    now, then = (replace(words(name, "-o", "app"), read_files={name: digest_of(it)}) for it in ("1", "2"))

    assert [cause.text for cause in part_causes(now, then)] == [
        "0-a.o, which this command compiles, has changed"
    ]


def test_a_word_with_a_value_is_shown_with_it() -> None:
    causes = part_causes(words("-include", "b.h"), words("-include", "a.h"))

    assert [cause.text for cause in causes] == ["-include b.h took the place of -include a.h"]


SOURCE, HEADER, OTHER = an_input("/w/a.c"), an_input("/w/a.h"), an_input("/w/b.h")
PLACES = Places({"/w": ("sub/x.h", "y.h")}, ()).encode()
BEFORE = Record(key_of("1"), (SOURCE, HEADER), PLACES)


def with_inputs(*inputs: Input) -> Record:
    return Record(key_of("2"), inputs, PLACES)


def changed(item: Input, size: int) -> Input:
    return item._replace(digest=Digest(b"\x01" * 32), signature=Signature(1, 1, size, 1, 1))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (with_inputs(SOURCE, HEADER), []),
        (
            with_inputs(SOURCE, changed(HEADER, 7)),
            [(Kind.INPUT_CHANGED, "the input /w/a.h has changed (10 -> 7 bytes)")],
        ),
        (
            with_inputs(changed(SOURCE, 10), HEADER),
            [(Kind.SOURCE_CHANGED, "the source /w/a.c has changed (other text, 10 bytes still)")],
        ),
        (with_inputs(SOURCE, HEADER, OTHER), [(Kind.INPUT_ADDED, "/w/b.h is read now, and was not before")]),
        (with_inputs(SOURCE), [(Kind.INPUT_REMOVED, "/w/a.h was read before, and is not now")]),
        (
            with_inputs(SOURCE, HEADER, an_input("/w/sub/x.h")),
            [(Kind.APPEARED, "/w/sub/x.h appeared where the compiler had looked in vain")],
        ),
    ],
    ids=["same", "header", "source", "added", "removed", "appeared"],
)
def test_inputs(now: Record, expected: list[tuple[Kind, str]]) -> None:
    causes = input_causes(now, BEFORE, "/w/a.c")

    assert [(cause.kind, cause.text) for cause in causes] == expected


def test_a_touched_input_is_no_difference() -> None:
    touched = HEADER._replace(signature=Signature(1, 2, 10, 99, 99))

    assert input_causes(with_inputs(SOURCE, touched), BEFORE, "/w/a.c") == []


def test_places_that_do_not_decode_are_none() -> None:
    assert is_place("/w/y.h", BEFORE)
    assert not is_place("/w/y.h", BEFORE._replace(places=b"?"))
