"""Numbers as people read them."""

import pytest

from zccache.cli.amounts import count, parse_age, share, size, span


@pytest.mark.parametrize(
    ("size_bytes", "shown"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (38_500, "37.6 KiB"),
        (10 << 30, "10.0 GiB"),
        (3 << 40, "3.0 TiB"),
    ],
)
def test_a_size_is_shown_in_its_largest_unit(size_bytes: int, shown: str) -> None:
    assert size(size_bytes) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.039, "39 ms"),
        (2.44, "2.4 s"),
        (185, "3 min 5 s"),
        (3600, "1 h 0 min"),
        (7384, "2 h 3 min"),
        (90_000, "1 d 1 h"),
    ],
)
def test_a_span_is_shown_in_its_two_largest_units(seconds: float, shown: str) -> None:
    assert span(seconds) == shown


def test_one_thing_is_no_plural_and_nothing_has_no_share() -> None:
    assert (count(1, "result"), count(0, "result"), count(2, "result")) == (
        "1 result",
        "0 results",
        "2 results",
    )
    assert (share(2, 3), share(0, 0)) == ("66.7 %", "-")


@pytest.mark.parametrize(
    ("text", "seconds"), [("45s", 45), ("90m", 5400), ("1.5h", 5400), ("30D", 2_592_000), ("2w", 1_209_600)]
)
def test_an_age_is_read_with_its_unit(text: str, seconds: float) -> None:
    assert parse_age(text) == seconds


@pytest.mark.parametrize("text", ["", "30", "d", "-1d", "infd", "nand", "3 fortnights"])
def test_what_is_no_age_is_not_read(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_age(text)
