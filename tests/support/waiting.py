"""Waiting for a condition, with a deadline."""

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], object], *, within_s: float = 10.0) -> bool:
    """Ask until the condition holds and return True, or return False when the time is over."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.01)
    return True
