"""The Python front's own packing is the packing of zccache.common.wire."""

import os
import struct

import pytest

from zccache.cli import request
from zccache.common.errors import WireBroken
from zccache.common.version import pack_version
from zccache.common.wire.frames import HEADER, MAX_BODY_BYTES, PROTOCOL, Kind
from zccache.common.wire.messages import (
    Begin,
    Finish,
    RunOrder,
    pack_begin,
    pack_block,
    pack_fail,
    pack_finish,
    pack_hit,
    pack_pass,
    pack_run,
    pack_word,
    unpack_run,
)
from zccache.common.wire.spreads import Piece, SpreadOrder, pack_spread

SPREAD = pack_spread(
    SpreadOrder(7, 2, True, (Piece(("gcc", "a b.c"), b"o", b"ee"), Piece(("gcc", "")), Piece((), b"", b"l")))
)[HEADER.size :]
ORDER = pack_run(RunOrder(7, 5, "/usr/bin/gcc", ("gcc", "-c", "ä b.c"), ("A=1=2", "B")))[HEADER.size :]


def test_kinds_and_limits_are_those_of_the_wire() -> None:
    for kind in Kind:
        if kind not in {Kind.CONTROL, Kind.CONTROLLED}:
            assert getattr(request, kind.name) == kind
    assert (request.PROTOCOL, request.MAX_BODY_BYTES) == (PROTOCOL, MAX_BODY_BYTES)


def test_begin_is_packed_as_on_the_wire() -> None:
    cwd = os.getcwd()
    here = os.stat(cwd)
    words = ["gcc", "-c", os.fsdecode(b"\xff.c"), ""]
    env = {b"A": b"1", b"B": b"", b"\xfe": b"x=y"}

    packed = request.begin(words, env, cwd, version=pack_version(), umask=0o27, flags=6, outlook=9)

    assert packed == pack_begin(
        Begin(
            pack_version(),
            0o27,
            6,
            9,
            here.st_dev,
            here.st_ino,
            os.fsencode(cwd),
            pack_block(words),
            b"A=1\0B=\0\xfe=x=y\0",
        )
    )


def test_finish_is_packed_as_on_the_wire() -> None:
    packed = request.finish(
        1 << 63, how=1, value=11, duration_ns=5, incomplete=True, stdout=b"out", stderr=b"err\0"
    )

    assert packed == pack_finish(Finish(1 << 63, 1, 11, 5, 1, b"out", b"err\0"))


def test_every_answer_is_read_as_it_was_packed() -> None:
    order = request.Order(ORDER)

    assert request.hit(pack_hit(3, b"out", b"err")[HEADER.size :]) == (3, b"out", b"err")
    assert (order.ticket, order.nice, order.program) == (7, 5, b"/usr/bin/gcc")
    assert order.argv == [b"gcc", b"-c", "ä b.c".encode()]
    assert order.changes == [b"A=1=2", b"B"]
    assert request.passed(pack_pass("/bin/x", "why")[HEADER.size :]) == ("/bin/x", "why")
    assert request.failed(pack_fail(4, "no\n")[HEADER.size :]) == (4, b"no\n")
    assert request.word(pack_word(Kind.COLD, "told")[HEADER.size :]) == "told"


@pytest.mark.parametrize("length", range(len(ORDER)))
def test_an_order_cut_anywhere_is_broken_for_both(length: int) -> None:
    with pytest.raises(request.NoAnswer, match="broken"):
        request.Order(ORDER[:length])
    with pytest.raises(WireBroken):
        unpack_run(ORDER[:length])


@pytest.mark.parametrize(
    ("read", "frame"),
    [
        (request.hit, pack_hit(3, b"out", b"err")),
        (request.passed, pack_pass("/bin/x", "why")),
        (request.failed, pack_fail(4, "no")),
    ],
    ids=["hit", "pass", "fail"],
)
def test_an_answer_cut_anywhere_is_broken(read: object, frame: bytes) -> None:
    assert callable(read)
    body = frame[HEADER.size :]
    for length in range(len(body)):
        with pytest.raises(request.NoAnswer, match="broken"):
            read(body[:length])


@pytest.mark.parametrize(
    "order",
    [
        RunOrder(1, 0, "gcc", ("gcc",), ()),
        RunOrder(1, 0, "/a\0b", ("gcc",), ()),
        RunOrder(1, 0, "/gcc", (), ()),
    ],
    ids=["relative", "with a NUL", "without words"],
)
def test_an_order_that_cannot_be_run_is_broken(order: RunOrder) -> None:
    with pytest.raises(request.NoAnswer, match="broken"):
        request.Order(pack_run(order)[HEADER.size :])


def test_a_count_that_lies_is_broken() -> None:
    ticket, nice, argc, *rest = struct.unpack_from("<Qi5I", ORDER)
    lying = struct.pack("<Qi5I", ticket, nice, argc + 1, *rest) + ORDER[struct.calcsize("<Qi5I") :]

    with pytest.raises(request.NoAnswer, match="broken"):
        request.Order(lying)


def test_a_spread_is_unpacked_as_on_the_wire() -> None:
    spread = request.Spread(SPREAD)

    assert (spread.ticket, spread.at_once, spread.more_follows) == (7, 2, True)
    assert spread.pieces == [
        ([b"gcc", b"a b.c"], b"o", b"ee"),
        ([b"gcc", b""], b"", b""),
        ([], b"", b"l"),
    ]


def test_a_spread_cut_at_any_length_or_with_a_tail_is_broken() -> None:
    for body in (*(SPREAD[:length] for length in range(len(SPREAD))), SPREAD + b"\0"):
        with pytest.raises(request.NoAnswer, match="broken"):
            request.Spread(body)


@pytest.mark.parametrize(
    "order",
    [
        SpreadOrder(1, 0, False, (Piece(("gcc",)),)),
        SpreadOrder(1, 2, False, (Piece((), b"o"), Piece(("gcc",)))),
    ],
)
def test_a_spread_that_cannot_be_carried_out_is_broken(order: SpreadOrder) -> None:
    with pytest.raises(request.NoAnswer, match="broken"):
        request.Spread(pack_spread(order)[HEADER.size :])
