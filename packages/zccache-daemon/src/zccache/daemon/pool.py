"""Knows a few threads that do what would hold up the server's loop.

Not concurrent.futures, whose import costs more than a whole interpreter.
"""

import threading
import time
from collections.abc import Callable
from queue import SimpleQueue

from zccache.daemon.disk_waits import DiskWaits

Work = Callable[[], None]
Crashed = Callable[[BaseException, int | None], None]


class Pool:
    """At most `size` threads, started when first needed; work is taken in the order it came."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._queue: SimpleQueue[tuple[Work, int | None] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._in_flight = 0
        self._at_work: set[int] = set()
        self._waits = DiskWaits()
        self._crashed: Crashed | None = None

    def on_crash(self, crashed: Crashed) -> None:
        """Say who is told of an exception, with the connection id that the work was submitted for."""
        self._crashed = crashed

    def submit(self, work: Work, connection_id: int | None = None) -> None:
        """Have the work done by one of the threads."""
        with self._lock:
            self._in_flight += 1
            if self._in_flight > len(self._threads) < self._size:
                # A daemon thread: an answer that hangs must not keep the process alive past its drain.
                thread = threading.Thread(target=self._run, name=f"pool-{len(self._threads)}", daemon=True)
                self._threads.append(thread)
                thread.start()
        self._queue.put((work, connection_id))

    def is_busy(self) -> bool:
        """Tell whether any work is waiting or under way."""
        return self._in_flight > 0

    def is_held_up(self) -> bool:
        """Tell whether a disk holds up any work; for the server's thread."""
        return bool(self._at_work) and self._waits.is_any_held_up(tuple(self._at_work), time.monotonic())

    def close(self, timeout_s: float) -> None:
        """Let the threads end after the work that is queued; wait that long for all of them."""
        deadline = time.monotonic() + timeout_s
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self) -> None:
        while self._do_next():
            pass

    def _do_next(self) -> bool:
        # A frame of its own: while a thread waits for work it holds nothing of the last one.
        item = self._queue.get()
        if item is None:
            return False
        work, connection_id = item
        thread = threading.get_native_id()
        self._at_work.add(thread)
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - a thread's top: the pool goes on
            if self._crashed is not None:
                self._crashed(error, connection_id)
        finally:
            self._at_work.discard(thread)
            with self._lock:
                self._in_flight -= 1
        return True
