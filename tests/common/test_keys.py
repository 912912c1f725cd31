"""The keys: what they tell apart, and what they do not."""

import pytest

from zccache.common.digests import Digest, digest_bytes
from zccache.common.keys import Key, Parts, context_key, parts_key, result_key

TOOL = digest_bytes(b"a compiler")
CONTEXT = Key(b"c" * 32)


def key(**changes: object) -> Key:
    parts: dict[str, object] = {
        "toolchain": TOOL,
        "words": ("gcc", "-c", "a.c"),
        "env": {"LANG": "C"},
        "cwd": "/project",
        "read_files": {"/list": digest_bytes(b"1")},
        "extra": (b"cpu",),
    }
    return context_key(Parts(**(parts | changes)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {"toolchain": digest_bytes(b"another")},
        {"words": ("gcc", "a.c", "-c")},
        {"words": ("gcc", "-ca.c")},
        {"words": ("gcc", "-c", "a.c", "")},
        {"env": {}},
        {"env": {"LANG": "de"}},
        {"env": {"LANG": "C", "CPATH": ""}},
        {"cwd": "/project2"},
        {"read_files": {}},
        {"read_files": {"/list": digest_bytes(b"2")}},
        {"read_files": {"/list2": digest_bytes(b"1")}},
        {"extra": ()},
    ],
    ids=str,
)
def test_every_part_of_a_context_tells_commands_apart(change: dict[str, object]) -> None:
    """hazard 104"""
    assert key(**change) != key()


def test_the_order_of_the_environment_does_not_matter() -> None:
    one = key(env={"A": "1", "B": "2"})

    assert key(env={"B": "2", "A": "1"}) == one


def test_words_that_are_not_utf8_have_keys_of_their_own() -> None:
    assert key(words=("gcc", "\udcff.c")) != key(words=("gcc", "\udcfe.c"))


def test_parts_never_run_together() -> None:
    """hazard 104"""
    assert parts_key("ab", "c") != parts_key("a", "bc")
    assert parts_key("a", "") != parts_key("a")


def test_a_result_depends_on_each_input_and_not_on_their_order() -> None:
    """hazard 104"""
    one, two = digest_bytes(b"1"), digest_bytes(b"2")
    base = result_key(CONTEXT, {"/a.h": one, "/b.h": two})

    assert result_key(CONTEXT, {"/b.h": two, "/a.h": one}) == base
    assert result_key(CONTEXT, {"/a.h": two, "/b.h": one}) != base
    assert result_key(CONTEXT, {"/a.h": one}) != base
    assert result_key(Key(b"d" * 32), {"/a.h": one, "/b.h": two}) != base


def test_the_key_format_does_not_drift() -> None:
    # Another value here orphans every cache in the world: then FORMAT must say so too.
    assert parts_key("a", b"b").hex() == GOLDEN_PARTS
    assert result_key(CONTEXT, {"/a.h": Digest(b"x" * 32)}).hex() == GOLDEN_RESULT
    assert key(toolchain=Digest(b"t" * 32), read_files={}).hex() == GOLDEN_CONTEXT


GOLDEN_PARTS = "22f31a132be807224deef05f9824c4508614b9571007e29a42bc36f3f3abe2c6"
GOLDEN_RESULT = "bedb650fe227bc036cb8a29555f6ba73f850325d30743692614306b1c8fff1ab"
GOLDEN_CONTEXT = "aba9d88814742eeaf36bc682d8f299266f33c5110f99529319a1b530bcc786c8"
