"""Signals of a front: those that come go to its compiler, and it dies as its compiler died."""

from __future__ import annotations

import contextlib
import os
import signal
from types import FrameType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

_FORWARDED = (
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGTSTP,
    signal.SIGCONT,
)
SIGPIPE = 13
"""By its number, since Python knows none on Windows."""

_NEVER_CAUGHT = frozenset({signal.SIGKILL, signal.SIGSTOP})


ENDING = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT})


class Forwarding:
    """A block in which signals go to our children, and the end of one (SIGCHLD) makes wake_fd readable.

    told_to_end is the last signal that was to end us, or 0.
    """

    def __init__(self) -> None:
        self.pids: set[int] = set()
        self.told_to_end = 0
        self._early: list[int] = []
        self._mask: set[int] = set()
        self.wake_fd, self._woken_fd = os.pipe()
        os.set_blocking(self.wake_fd, False)
        os.set_blocking(self._woken_fd, False)

    def __enter__(self) -> Self:
        signal.set_wakeup_fd(self._woken_fd, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _note)
        for number in _FORWARDED:
            # What was ignored when we were started (nohup) stays ignored, by the compiler too.
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._forward)
        return self

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, *_FORWARDED):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, signal.SIG_DFL)
        os.close(self.wake_fd)
        os.close(self._woken_fd)

    def adopt(self, pid: int) -> None:
        """Name a child; it gets what came before one was there."""
        self.pids.add(pid)
        for number in self._early:
            os.kill(pid, number)
        self._early = []

    def release(self, pid: int) -> None:
        """Forget a child: it has been waited for, its pid may be another's."""
        self.pids.discard(pid)

    def send(self, number: int) -> None:
        """Send a signal to all children."""
        for pid in self.pids:
            os.kill(pid, number)

    @contextlib.contextmanager
    def held_back(self) -> Iterator[None]:
        """Hold signals back while a child is started: it and we are to know of each other."""
        self._mask = signal.pthread_sigmask(signal.SIG_BLOCK, _FORWARDED)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)

    def forget(self) -> None:
        """In a child: be as if there had been no such block, with signals as before it."""
        self.pids = set()
        self.__exit__()
        signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)

    def _forward(self, number: int, _frame: FrameType | None) -> None:
        if number in ENDING:
            self.told_to_end = number
        if self.pids:
            self.send(number)
        else:
            self._early.append(number)
        if number == signal.SIGTSTP:
            self._stop()

    def _stop(self) -> None:
        """Stop as we would without a handler, until we are told to go on."""
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, self._forward)


def _note(_number: int, _frame: FrameType | None) -> None:
    """Let the signal wake the loop; there is nothing else to do."""


def restore_defaults() -> None:
    """Undo what Python ignores for itself, before this process becomes another program."""
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)


def die_by(number: int) -> int:
    """End this process by a signal; return a shell's status for one that does not kill."""
    import resource

    # The compiler has dumped its core already; ours would take its place.
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    if number not in _NEVER_CAUGHT:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
    os.kill(os.getpid(), number)
    return 128 + number
