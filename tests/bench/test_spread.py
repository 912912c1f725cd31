"""Medians and quartiles."""

import pytest

from bench.spread import Spread, quantile


def test_the_middle_half_of_samples_is_found_in_any_order() -> None:
    spread = Spread.of([5.0, 1.0, 4.0, 2.0, 3.0])

    assert spread == Spread(count=5, median=3.0, low=2.0, high=4.0)


def test_an_even_number_of_samples_has_its_median_between_the_two_in_the_middle() -> None:
    assert Spread.of([1.0, 2.0, 4.0, 8.0]).median == 3.0


def test_one_sample_is_its_own_spread() -> None:
    assert Spread.of([7.0]) == Spread(count=1, median=7.0, low=7.0, high=7.0)


def test_an_outlier_does_not_move_the_median() -> None:
    assert Spread.of([1.0] * 9 + [1000.0]).median == 1.0


@pytest.mark.parametrize(("share", "value"), [(0.0, 10.0), (0.25, 12.5), (0.5, 15.0), (1.0, 20.0)])
def test_a_quantile_lies_between_its_neighbours(share: float, value: float) -> None:
    assert quantile([10.0, 20.0], share) == value


def test_no_samples_have_no_quantile() -> None:
    with pytest.raises(ValueError, match="at least one sample"):
        quantile([], 0.5)
