"""The threads that do what would hold up the loop."""

import threading

from waiting import wait_until
from zccache.daemon.pool import Pool


def test_work_is_done_by_no_more_threads_than_allowed() -> None:
    pool = Pool(2)
    gate, seen = threading.Event(), set[str]()

    def work() -> None:
        seen.add(threading.current_thread().name)
        gate.wait(10)

    for _ in range(6):
        pool.submit(work)
    assert wait_until(lambda: len(seen) == 2)
    assert pool.is_busy()
    gate.set()

    assert wait_until(lambda: not pool.is_busy())
    assert seen == {"pool-0", "pool-1"}
    pool.close(10)
    assert not [thread for thread in threading.enumerate() if thread.name in seen]


def test_an_exception_is_told_with_its_connection_and_the_thread_goes_on() -> None:
    pool = Pool(1)
    told: list[tuple[str, int | None]] = []
    done = threading.Event()
    pool.on_crash(lambda error, connection_id: told.append((str(error), connection_id)))

    def fail() -> None:
        raise RuntimeError("no")

    pool.submit(fail, 7)
    pool.submit(fail)
    pool.submit(done.set)

    assert done.wait(10)
    assert told == [("no", 7), ("no", None)]
    pool.close(10)


def test_a_pool_without_work_has_no_threads() -> None:
    pool = Pool(4)

    pool.close(0)

    assert not [thread for thread in threading.enumerate() if thread.name.startswith("pool-")]
