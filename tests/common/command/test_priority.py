"""The table of priorities: words, niceness, Windows' classes, and what auto means."""

import pytest

from zccache.common.command.priority import Priority, priority_of


@pytest.mark.parametrize(
    ("word", "busy_share", "expected"),
    [
        ("low", 0.0, Priority(10, 0x4000)),
        ("normal", 1.0, Priority(0, 0x20)),
        ("idle", 0.0, Priority(19, 0x40)),
        ("high", 1.0, Priority(-5, 0x80)),
        ("auto", 0.949, Priority(0, 0x20)),
        ("auto", 0.95, Priority(10, 0x4000)),
        ("quickly", 0.0, Priority(10, 0x4000)),
    ],
)
def test_a_word_means_a_priority(word: str, busy_share: float, expected: Priority) -> None:
    assert priority_of(word, busy_share) == expected
