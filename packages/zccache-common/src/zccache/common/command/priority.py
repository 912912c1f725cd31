"""Knows the priorities at which a compiler can run, and which one a word means on a machine that busy."""

from typing import Final, NamedTuple

AUTO: Final = "auto"
LOW: Final = "low"
BUSY_SHARE: Final = 0.95
"""From this share of the processors' time on, auto is low."""


class Priority(NamedTuple):
    """How a compiler is started: what is added to its niceness, on Windows the class of its process."""

    nice: int
    windows_class: int


PRIORITIES: Final[dict[str, Priority]] = {
    "low": Priority(10, 0x4000),  # BELOW_NORMAL_PRIORITY_CLASS
    "normal": Priority(0, 0x20),  # NORMAL_PRIORITY_CLASS
    "idle": Priority(19, 0x40),  # IDLE_PRIORITY_CLASS
    "high": Priority(-5, 0x80),  # HIGH_PRIORITY_CLASS
}
WORDS: Final = (AUTO, *PRIORITIES)


def priority_of(word: str, busy_share: float) -> Priority:
    """Return what a word of WORDS, or any other, means; busy_share is that of all processors, 0 to 1.

    A word that is none of them means low: whoever sets one does not want to be disturbed.
    """
    if word == AUTO:
        word = LOW if busy_share >= BUSY_SHARE else "normal"
    return PRIORITIES.get(word, PRIORITIES[LOW])
