"""Signals of a front: those that come go to its compiler, and it dies as its compiler died."""

from __future__ import annotations

import os
import signal
from types import FrameType

TYPE_CHECKING = False
if TYPE_CHECKING:
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
_NEVER_CAUGHT = frozenset({signal.SIGKILL, signal.SIGSTOP})


class Forwarding:
    """A block in which signals go to a child, and its end (SIGCHLD) makes wake_fd readable."""

    def __init__(self) -> None:
        self._pid = 0
        self._early: list[int] = []
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
        """Name the child; it gets what came before it was there."""
        self._pid = pid
        for number in self._early:
            os.kill(pid, number)

    def release(self) -> None:
        """Forget the child: it has been waited for, its pid may be another's."""
        self._pid = 0

    def _forward(self, number: int, _frame: FrameType | None) -> None:
        if self._pid:
            os.kill(self._pid, number)
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
