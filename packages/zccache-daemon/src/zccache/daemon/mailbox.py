"""Knows how other threads and signal handlers reach the server's loop: a queue, and a byte that wakes it."""

import contextlib
import socket
from collections import deque
from collections.abc import Iterator


class Mailbox:
    """Answers on their way to the loop's thread; post and wake are safe from everywhere."""

    def __init__(self) -> None:
        self.reader, self._writer = socket.socketpair()
        self.reader.setblocking(False)
        self._writer.setblocking(False)
        self._is_woken = False
        self._answers: deque[tuple[int, bytes]] = deque()

    def post(self, connection_id: int, frame: bytes) -> None:
        """Hand in an answer and wake the loop."""
        self._answers.append((connection_id, frame))
        self.wake()

    def wake(self) -> None:
        """Make the reader readable."""
        if not self._is_woken:
            self._is_woken = True
            # Full means that the loop wakes anyway; closed, that it is over.
            with contextlib.suppress(OSError):
                self._writer.send(b"!")

    def collect(self) -> Iterator[tuple[int, bytes]]:
        """Yield what has been handed in; for the loop's thread, once a turn."""
        if self._is_woken:
            # Cleared before the queue is read: an answer that comes later wakes us again.
            self._is_woken = False
            with contextlib.suppress(BlockingIOError):
                self.reader.recv(64)
        while self._answers:
            yield self._answers.popleft()

    def close(self) -> None:
        """Close both ends; what is posted from now on is lost."""
        self.reader.close()
        self._writer.close()
