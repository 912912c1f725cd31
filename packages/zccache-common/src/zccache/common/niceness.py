"""Knows how nice a compiler is to be: by what was asked for, and by how busy the machine is just now."""

import os
import sys
import time
from collections.abc import Callable
from typing import Final, NamedTuple

from zccache.common.command.priority import AUTO, WORDS, priority_of

_WINDOW_NS: Final = 250_000_000
_FEWEST_TICKS: Final = 4


class Ticks(NamedTuple):
    """The time of all processors since the start, in ticks: how much of it they worked, and all of it."""

    busy: int
    total: int


def read_ticks() -> Ticks | None:
    """Return the processors' time, or None where the system does not tell (it does on Linux)."""
    try:
        with open("/proc/stat", "rb") as file:
            user, nice, system, idle, waiting, *others = map(int, file.readline().split()[1:9])
    except (OSError, ValueError):
        return None
    busy = user + nice + system + sum(others)
    return Ticks(busy, busy + idle + waiting)


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


class Niceness:
    """Chooses for one compile after another; looks at the machine a few times a second at most."""

    def __init__(
        self,
        default: str = AUTO,
        warn: Callable[[str], object] = lambda message: None,  # noqa: ARG005 (nobody listens)
        *,
        ticks: Callable[[], Ticks | None] = read_ticks,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Take default for clients that ask for nothing; warn is told of words that mean nothing."""
        self._default = default
        self._warn = warn
        self._ticks = ticks
        self._clock_ns = clock_ns
        self._share = 0.0
        self._warned: set[str] = set()
        self._before = ticks()
        self._since_ns = clock_ns()

    def for_word(self, word: str) -> int:
        """Return what to add to the niceness of a compiler whose client asks for word, or for nothing."""
        chosen = word or self._default
        if chosen not in WORDS and chosen not in self._warned:
            self._warned.add(chosen)
            allowed = ", ".join(WORDS)
            self._warn(f"ZCCACHE_COMPILE_PRIORITY: {chosen!r} is none of {allowed}; low is used")
        return priority_of(chosen, self._busy_share() if chosen == AUTO else 0.0).nice

    def _busy_share(self) -> float:
        """Return the share of their time that the processors worked, lately."""
        now_ns = self._clock_ns()
        before = self._before
        # The first one to ask gets what there is.
        if now_ns - self._since_ns < _WINDOW_NS and self._share:
            return self._share
        ticks = self._ticks()
        if ticks is None or before is None:
            return os.getloadavg()[0] / (os.cpu_count() or 1)
        if ticks.total - before.total >= _FEWEST_TICKS:
            self._share = (ticks.busy - before.busy) / (ticks.total - before.total)
            self._before, self._since_ns = ticks, now_ns
        return self._share
