"""The bodies of the frames: round trips, golden bytes, and what is cut or padded."""

from collections.abc import Callable

import pytest

from zccache.common.errors import WireBroken
from zccache.common.wire.frames import HEADER, MAX_BODY_BYTES, Kind, pack_frame, parse_header
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
    split_block,
    unpack_begin,
    unpack_fail,
    unpack_finish,
    unpack_hit,
    unpack_pass,
    unpack_run,
    unpack_word,
)
from zccache.common.wire.spreads import Piece, SpreadOrder, pack_spread, unpack_spread

BEGIN = Begin(
    front_version=0x000100,
    umask=0o022,
    flags=5,
    outlook=4026531841,
    cwd_dev=2049,
    cwd_ino=77,
    cwd=b"/project",
    argv_block=pack_block(("gcc", "-c", "\udcff.c", "")),
    env_block=pack_block(("LANG=C", "EMPTY=")),
)
FINISH = Finish(ticket=9, how=1, value=11, duration_ns=123456789, flags=1, stdout=b"out", stderr=b"err")
RUN = RunOrder(ticket=9, nice=-5, program="/usr/bin/gcc", argv=("gcc", "-c", ""), env_changes=("A=b", "C"))

ONE_STREAM = RUN._replace(one_stream=True, more_follows=True, stdout=b"out", stderr=b"err")

SPREAD = SpreadOrder(
    ticket=9,
    at_once=3,
    more_follows=True,
    pieces=(
        Piece(("gcc", "-c", "a b.c", "")),
        Piece(("gcc", "\udcff.c"), b"out", b"err"),
        Piece((), b"", b"last"),
    ),
)

CASES: dict[str, tuple[bytes, Callable[[bytes], object], object]] = {
    "begin": (pack_begin(BEGIN), unpack_begin, BEGIN),
    "finish": (pack_finish(FINISH), unpack_finish, FINISH),
    "hit": (pack_hit(3, b"o", b"ee"), unpack_hit, (3, b"o", b"ee")),
    "run": (pack_run(RUN), unpack_run, RUN),
    "run as one stream": (pack_run(ONE_STREAM), unpack_run, ONE_STREAM),
    "spread": (pack_spread(SPREAD), unpack_spread, SPREAD),
    "pass": (pack_pass("/usr/bin/gcc", "no_source"), unpack_pass, ("/usr/bin/gcc", "no_source")),
    "fail": (pack_fail(127, "zccache: 'a\udcffb'"), unpack_fail, (127, "zccache: 'a\udcffb'")),
    "word": (pack_word(Kind.COLD, "drained"), unpack_word, "drained"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_packed_comes_back(case: str) -> None:
    frame, unpack, value = CASES[case]

    header = parse_header(frame)

    assert header.body_bytes == len(frame) - HEADER.size
    assert unpack(frame[HEADER.size :]) == value


@pytest.mark.parametrize("case", CASES)
def test_a_body_cut_at_any_length_is_refused(case: str) -> None:
    frame, unpack, _ = CASES[case]
    body = frame[HEADER.size :]

    for length in range(len(body)):
        with pytest.raises(WireBroken):
            unpack(body[:length])


@pytest.mark.parametrize("case", CASES)
def test_a_body_with_a_tail_is_refused(case: str) -> None:
    frame, unpack, _ = CASES[case]

    with pytest.raises(WireBroken):
        unpack(frame[HEADER.size :] + b"\0")


def test_the_bytes_on_the_wire_do_not_drift() -> None:
    assert (
        pack_hit(1, b"o", b"e").hex(" ")
        == "0e 00 00 00 5a 43 01 81 01 00 00 00 01 00 00 00 01 00 00 00 6f 65"
    )
    assert pack_spread(SpreadOrder(7, 2, False, (Piece(("a",), b"o", b"e"),))).hex(" ") == (
        "28 00 00 00 5a 43 01 8b 07 00 00 00 00 00 00 00 02 00 00 00 00 00 00 00 01 00 00 00"
        " 01 00 00 00 02 00 00 00 01 00 00 00 01 00 00 00 61 00 6f 65"
    )
    assert pack_frame(Kind.RESTART).hex(" ") == "00 00 00 00 5a 43 01 88"
    assert pack_word(Kind.COLD, "x").hex(" ") == "05 00 00 00 5a 43 01 86 01 00 00 00 78"


def test_a_foreign_mark_is_refused() -> None:
    with pytest.raises(WireBroken, match="not ours"):
        parse_header(b"GET / HT")


def test_a_frame_over_the_limit_is_refused() -> None:
    with pytest.raises(WireBroken, match="over the limit"):
        parse_header(HEADER.pack(MAX_BODY_BYTES + 1, b"ZC", 1, Kind.BEGIN))


def test_an_empty_block_has_no_words_and_an_open_one_is_refused() -> None:
    assert split_block(b"") == ()
    with pytest.raises(WireBroken, match="not ended"):
        split_block(b"word")
