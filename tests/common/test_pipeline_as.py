"""GNU as by itself: what its list names is an input, and a file that comes before is seen."""

import pytest

from tools import require_tool
from walk import TO_AND_FRO, Walk
from zccache.common.reasons import Reason

SOURCE = '.include "inc.s"\n.data\nblob: .incbin "blob.bin"\n'


@pytest.fixture
def asm(walk: Walk) -> Walk:
    require_tool("as", "binutils")
    walk.put("a.s", SOURCE)
    walk.put("blob.bin", b"one")
    walk.put("inc.s", ".text\n.globl f\nf: nop\n")
    return walk


@pytest.mark.parametrize(
    "words",
    [
        ["a.s", "-o", "a.o"],
        ["-oa.o", "-g", "--64", "-I.", "--defsym", "X=1", "--noexecstack", "-march=generic64", "a.s"],
        ["--MD", "a.d", "-alhn=a.lst", "-W", "a.s"],
        ["--gdwarf-5", "--debug-prefix-map", "/a=/b", "a.s", "b.s"],
    ],
)
def test_an_object_is_stored_and_hits(asm: Walk, words: list[str]) -> None:
    asm.put("b.s", ".globl g\ng: nop\n")

    assert asm.twice("as", *words) == ["stored", "hit"]


@pytest.mark.parametrize("name", ["a.s", "inc.s", "blob.bin", "b.s"])
def test_every_file_that_is_read_counts(asm: Walk, name: str) -> None:
    asm.put("b.s", ".globl g\ng: nop\n")
    before = (asm.folder / name).read_bytes()

    hows = asm.to_and_fro(
        ["as", "a.s", "b.s", "-o", "a.o"],
        lambda: asm.put(name, before + b"\n.byte 7\n"),
        lambda: asm.put(name, before),
    )

    assert hows == TO_AND_FRO


@pytest.mark.parametrize("newcomer", ["blob.bin", "first/blob.bin"])
def test_a_file_that_comes_before_another_is_seen(asm: Walk, newcomer: str) -> None:
    (asm.folder / "blob.bin").rename(asm.folder / "away")
    asm.put("second/blob.bin", b"two")
    asm.put("first/x", "")
    shadow = asm.folder / newcomer

    hows = asm.to_and_fro(
        ["as", "-Ifirst", "-I", "second", "a.s", "-o", "a.o"],
        lambda: asm.put(newcomer, b"three"),
        shadow.unlink,
    )

    assert hows == TO_AND_FRO


def test_a_blob_that_changes_meanwhile_is_not_recorded(asm: Walk) -> None:
    walked = asm.walk("as", "a.s", afterwards=lambda: asm.put("blob.bin", b"other"))

    assert walked.how == Reason.INPUT_CHANGED.word


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ([], Reason.STDIN_SOURCE),
        (["-", "-o", "a.o"], Reason.STDIN_SOURCE),
        (["--version"], Reason.NOT_A_COMPILE),
        (["-al", "a.s"], Reason.UNKNOWN_OPTION),
        (["--nothing", "a.s"], Reason.UNKNOWN_OPTION),
        (["a.s", "-o"], Reason.BAD_COMMAND_LINE),
        (["a.s", "-o", "a.s"], Reason.BAD_COMMAND_LINE),
        (["a.s", "-o", "a.o", "-o", "b.o"], Reason.BAD_COMMAND_LINE),
    ],
)
def test_what_is_not_known_is_left_to_the_assembler(asm: Walk, words: list[str], reason: Reason) -> None:
    assert asm.walk("as", *words).how == reason.word


def test_the_assembler_of_another_machine_is_one_too(walk: Walk) -> None:
    require_tool("avr-as", "binutils-avr")
    walk.put("a.s", ".text\nf: nop\n")

    assert walk.twice("avr-as", "-mmcu=atmega328p", "a.s", "-o", "a.o") == ["stored", "hit"]
