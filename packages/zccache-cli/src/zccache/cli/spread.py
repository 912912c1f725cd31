"""Several commands at a time, each in a child of its own, that print as if they came one after another."""

from __future__ import annotations

import os
import signal
import sys
import tempfile

from zccache.cli.jobserver import Jobserver
from zccache.cli.signals import ENDING, Forwarding
from zccache.cli.streams import write_all

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_PIECE_BYTES = 1 << 16
_PR_SET_PDEATHSIG = 1

Piece = tuple[list[bytes], bytes, bytes]


class NoChildren(Exception):
    """Not even one child could be started."""


class _Apart:
    """A command on its way: what it prints is kept until those before it have printed all of theirs."""

    __slots__ = ("argv", "kept", "pid", "status", "stderr", "stdout")

    def __init__(self, argv: list[bytes], stdout: bytes, stderr: bytes) -> None:
        self.argv = argv
        self.stdout = stdout
        self.stderr = stderr
        self.kept: list[int] = []
        self.pid = 0
        self.status: int | None = None

    def say(self) -> bool:
        """Print what comes before it, and what it has kept; return whether somebody reads us."""
        is_read = write_all(2, self.stderr) and write_all(1, self.stdout)
        self.stdout = self.stderr = b""
        for fd, kept_fd in zip((1, 2), self.kept, strict=False):
            os.lseek(kept_fd, 0, os.SEEK_SET)
            while is_read and (data := os.read(kept_fd, _PIECE_BYTES)):
                is_read = write_all(fd, data)
        self.close()
        return is_read

    def close(self) -> None:
        """Forget what it has kept."""
        for fd in self.kept:
            os.close(fd)
        self.kept = []


class Spreading:
    """All commands of one SPREAD; was_unread: somebody has closed our output."""

    def __init__(
        self, pieces: list[Piece], at_once: int, jobserver: Jobserver, *, is_one_place: bool
    ) -> None:
        self._commands = [_Apart(*piece) for piece in pieces]
        self._at_once = at_once
        self._jobserver = jobserver
        self._is_one_place = is_one_place
        self._started = self._told = 0
        self.was_unread = False

    def run(self, become: Callable[[list[bytes]], int]) -> int:
        """Run all and return the wait status that they come to; raise NoChildren.

        That is the worst, or that of the one which a signal killed, which ends them all.
        become is what a child does; it returns an exit status.
        """
        worst = killed = 0
        with Forwarding() as forwarding:
            try:
                while self._told < len(self._commands):
                    is_over = killed or forwarding.told_to_end
                    if not is_over and self._start_one(become, forwarding):
                        continue
                    self._jobserver.give_back(len(forwarding.pids))
                    if not forwarding.pids:
                        break
                    status = self._await_one(forwarding)
                    if os.WIFSIGNALED(status) and not killed:
                        killed = status
                        number = os.WTERMSIG(status)
                        forwarding.send(number if number in ENDING else signal.SIGTERM)
                    elif os.WIFEXITED(status):
                        worst = max(worst, status)
                    self._tell_in_order()
            finally:
                self._jobserver.close()
        if not (killed or forwarding.told_to_end) and self._told < len(self._commands):
            raise NoChildren
        return killed or forwarding.told_to_end or worst

    def _start_one(self, become: Callable[[list[bytes]], int], forwarding: Forwarding) -> bool:
        running = len(forwarding.pids)
        if self._started == len(self._commands) or running >= self._at_once:
            return False
        if not self._jobserver.may_run(running + 1):
            return False
        apart = self._commands[self._started]
        parent = os.getpid()
        try:
            if self._started == self._told:
                self._say(apart)
            else:
                apart.kept.append(_open_nameless())
                if not self._is_one_place:
                    apart.kept.append(_open_nameless())
            with forwarding.held_back():
                apart.pid = os.fork()
                if apart.pid == 0:
                    _be_apart(apart, become, forwarding, parent)
                forwarding.adopt(apart.pid)
        except OSError:
            apart.close()
            return False
        self._started += 1
        return True

    def _say(self, apart: _Apart) -> None:
        self.was_unread = not apart.say() or self.was_unread

    def _await_one(self, forwarding: Forwarding) -> int:
        """Wait until one of ours has ended and return its status; others may be there, of whom we became."""
        while True:
            pid, status = os.waitpid(-1, 0)
            apart = next((it for it in self._commands if it.pid == pid and it.status is None), None)
            if apart is not None:
                forwarding.release(pid)
                apart.status = status
                return status

    def _tell_in_order(self) -> None:
        while self._told < self._started and self._commands[self._told].status is not None:
            self._say(self._commands[self._told])
            self._told += 1


def _open_nameless() -> int:
    fd, path = tempfile.mkstemp(prefix="zccache-")
    os.unlink(path)
    return fd


def _be_apart(
    apart: _Apart, become: Callable[[list[bytes]], int], forwarding: Forwarding, parent: int
) -> None:
    """In the child: print where we are told to, end with our parent, be the command."""
    status = 127
    try:
        forwarding.forget()
        _end_with(parent)
        if apart.kept:
            os.dup2(apart.kept[0], 1)
            os.dup2(apart.kept[-1], 2)
        status = become(apart.argv)
    finally:
        os._exit(status)


def _end_with(parent: int) -> None:
    if sys.platform != "linux":
        return
    import ctypes

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(128 + signal.SIGTERM)
