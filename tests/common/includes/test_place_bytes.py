import pytest

from zccache.common.errors import BadBytes
from zccache.common.includes.places import Places
from zccache.common.values import replace

PLACES = Places(
    empty={"/a": ("b/c.h", "x.h"), "/d": ("nowhere/", "x.h"), "/e": ()},
    existing=("/f/g.h",),
    twins=(("/h", "/i"),),
)
GOLDEN = (
    b"\x01"
    b"\x03\0\0\0\x12\0\0\0b/c.h\0nowhere/\0x.h"
    b"\x03\0\0\0\x08\0\0\0/a\0/d\0/e"
    b"\x01\0\0\0\x06\0\0\0/f/g.h"
    b"\x02\0\0\0\x05\0\0\0/h\0/i"
    b"\x02\0\0\0\x00\0\x02\0"
    b"\x02\0\0\0\x01\0\x02\0"
    b"\x00\0\0\0"
)
LISTED = replace(PLACES, listed=(("/j", "0123abcd"),))
GOLDEN_LISTED = b"\x02" + GOLDEN[1:] + b"\x02\0\0\0\x0b\0\0\0/j\x000123abcd"


def test_the_bytes_are_the_documented_ones() -> None:
    assert PLACES.encode() == GOLDEN
    assert LISTED.encode() == GOLDEN_LISTED


def test_bytes_come_back_as_the_same_places() -> None:
    many = Places(
        empty={f"/folder{n}": tuple(sorted(f"name{m}.h" for m in range(n, 300, n))) for n in range(1, 40)},
        existing=("/\udcff.h",),
        twins=(("/a b", "/c\nd"), ("", "/")),
    )

    assert Places.decode(GOLDEN) == PLACES
    assert Places.decode(GOLDEN_LISTED) == LISTED
    assert Places.decode(many.encode()) == many
    assert Places.decode(Places({}, ()).encode()) == Places({}, ())


@pytest.mark.parametrize("length", range(len(GOLDEN_LISTED)))
def test_bytes_cut_short_are_refused(length: int) -> None:
    with pytest.raises(BadBytes):
        Places.decode(GOLDEN_LISTED[:length])
    with pytest.raises(BadBytes):
        Places.decode(GOLDEN[: min(length, len(GOLDEN) - 1)])


@pytest.mark.parametrize(
    "data",
    [
        GOLDEN + b"\0",
        b"\x02" + GOLDEN[1:],
        GOLDEN.replace(b"\x01\0\x02", b"\x01\0\x03"),
        GOLDEN.replace(b"/h\0/i", b"/h/i_"),
        b"\x03" + GOLDEN[1:],
        b"\x01" + GOLDEN_LISTED[1:],
        GOLDEN_LISTED.replace(b"/j\0", b"/j_"),
    ],
)
def test_bytes_that_contradict_themselves_are_refused(data: bytes) -> None:
    with pytest.raises(BadBytes):
        Places.decode(data)


def test_more_names_than_two_bytes_can_count_come_back() -> None:
    many = Places(
        empty={"/a": tuple(sorted(f"{n}.h" for n in range(65_537))), "/b": ("65536.h",)}, existing=()
    )

    assert Places.decode(many.encode()) == many
