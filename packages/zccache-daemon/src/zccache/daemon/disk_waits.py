"""Knows whether a thread of this process waits for a disk that does not answer.

The kernel tells of each thread whether it sleeps so that nothing can wake it, and how
often it has gone to sleep: an equal count at two looks is one and the same sleep.
Elsewhere than on Linux nobody is ever held up.
"""

import re
from collections.abc import Callable, Iterable
from typing import Final

HELD_UP_AFTER_S: Final = 0.5
_LOOK_EVERY_S: Final = 0.1
_SLEEP: Final = re.compile(rb"^State:\tD.*^voluntary_ctxt_switches:\t(\d+)", re.MULTILINE | re.DOTALL)


def sleep_of(thread: int) -> int | None:
    """Return the number of the uninterruptible sleep that a thread of ours is in, or None."""
    try:
        with open(f"/proc/self/task/{thread}/status", "rb") as file:
            found = _SLEEP.search(file.read())
    except OSError:
        return None
    return int(found[1]) if found is not None else None


class DiskWaits:
    """Remembers since when threads are in the sleep in which they were last seen; for one thread's use."""

    def __init__(self, sleep_of: Callable[[int], int | None] = sleep_of) -> None:
        self._sleep_of = sleep_of
        self._since: dict[tuple[int, int], float] = {}
        self._looked_s = -1.0

    def is_any_held_up(self, threads: Iterable[int], now_s: float) -> bool:
        """Tell whether one of the threads has been in the same sleep for too long."""
        if now_s - self._looked_s >= _LOOK_EVERY_S:
            self._looked_s = now_s
            sleeps = ((thread, self._sleep_of(thread)) for thread in threads)
            asleep = [(thread, number) for thread, number in sleeps if number is not None]
            self._since = {sleep: self._since.get(sleep, now_s) for sleep in asleep}
        return any(now_s - since_s >= HELD_UP_AFTER_S for since_s in self._since.values())
