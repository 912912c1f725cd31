"""Which parts of a run are asked for."""

import pytest

from bench.scenarios import NAMES, wanted


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ([], list(NAMES)),
        (["hit-c"], ["hit-c"]),
        (["hit"], ["hit-c", "hit-cxx"]),
        (["rate", "build-cxx"], ["rate", "build-cxx"]),
    ],
)
def test_a_word_means_the_scenario_of_that_name_or_all_that_begin_so(
    words: list[str], names: list[str]
) -> None:
    assert [scenario.name for scenario in wanted(words)] == names


def test_a_word_that_no_scenario_begins_with_is_refused() -> None:
    with pytest.raises(ValueError, match="'hot' is none of hit-c"):
        wanted(["hot"])
