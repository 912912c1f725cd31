"""A thread in one long sleep that nothing can end is held up; one that sleeps again and again is not."""

import os
import threading

import pytest

from zccache.daemon.disk_waits import HELD_UP_AFTER_S, DiskWaits, sleep_of


class Kernel:
    """Says which sleep each thread is in."""

    def __init__(self) -> None:
        self.sleeps: dict[int, int | None] = {}

    def sleep_of(self, thread: int) -> int | None:
        return self.sleeps[thread]


@pytest.mark.parametrize(
    ("second", "is_held_up"),
    [
        pytest.param(7, True, id="the same sleep"),
        pytest.param(8, False, id="another sleep"),
        pytest.param(None, False, id="awake"),
    ],
)
def test_only_one_and_the_same_sleep_counts(second: int | None, is_held_up: bool) -> None:
    """hazard 100"""
    kernel = Kernel()
    waits = DiskWaits(kernel.sleep_of)
    kernel.sleeps = {1: 7, 2: None}
    assert not waits.is_any_held_up([1, 2], 10.0)

    kernel.sleeps = {1: second, 2: None}

    assert waits.is_any_held_up([1, 2], 10.0 + HELD_UP_AFTER_S) is is_held_up
    kernel.sleeps = {1: None, 2: 3}
    assert not waits.is_any_held_up([1, 2], 11.0 + HELD_UP_AFTER_S)


def test_a_thread_that_waits_for_another_is_not_held_up() -> None:
    started, go = threading.Event(), threading.Event()
    numbers: list[int] = []

    def wait() -> None:
        numbers.append(threading.get_native_id())
        started.set()
        go.wait(10)

    thread = threading.Thread(target=wait)
    thread.start()
    started.wait(10)
    try:
        assert sleep_of(numbers[0]) is None
        assert sleep_of(os.getpid()) is None
        assert sleep_of(2**30) is None
    finally:
        go.set()
        thread.join()
