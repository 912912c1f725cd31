"""The jobserver of a make above us: a token for each job beside make's own one; never waited for."""

from __future__ import annotations

import os
import stat
import sys

_OPTIONS = ("--jobserver-auth=", "--jobserver-fds=")


class Jobserver:
    """Tokens taken and given back, byte by byte; where make names none, every job may run."""

    __slots__ = ("_from", "_held", "_is_there", "_to")

    def __init__(self, makeflags: str) -> None:
        """Open what the last such word of MAKEFLAGS names; where that cannot be, there is no token."""
        self._held: list[bytes] = []
        self._from = self._to = -1
        # Behind "--" stand variables.
        words = makeflags.partition(" -- ")[0].split()
        values = [word.partition("=")[2] for word in words if word.startswith(_OPTIONS)]
        self._is_there = bool(values)
        if not values:
            return
        try:
            paths = _fifo(values[-1]) if values[-1].startswith("fifo:") else _ends(values[-1])
            # The reader first: a fifo that nobody reads cannot be opened for writing alone.
            self._from = os.open(paths[0], os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            self._to = os.open(paths[1], os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except (OSError, ValueError):
            return

    def may_run(self, jobs: int) -> bool:
        """Tell whether so many jobs may run, taking a token where one is missing."""
        if not self._is_there or jobs <= len(self._held) + 1:
            return True
        if self._to < 0:
            return False
        try:
            token = os.read(self._from, 1)
        except OSError:
            return False
        if token:
            self._held.append(token)
        return bool(token)

    def give_back(self, jobs: int) -> None:
        """Keep the tokens of so many jobs."""
        while self._held and len(self._held) + 1 > jobs:
            os.write(self._to, self._held.pop())

    def close(self) -> None:
        """Give everything back."""
        self.give_back(0)
        for fd in (self._from, self._to):
            if fd >= 0:
                os.close(fd)


def _fifo(value: str) -> tuple[str, str]:
    path = value.removeprefix("fifo:")
    if not stat.S_ISFIFO(os.stat(path).st_mode):
        raise ValueError(path)
    return path, path


def _ends(value: str) -> tuple[str, str]:
    """Return where both ends of a pipe can be opened anew, so that no end but ours becomes non-blocking.

    make names them also where it has closed them: the numbers must be those of one pipe.
    """
    numbers = [int(number) for number in value.split(",")]
    ends = [os.fstat(number) for number in numbers]
    if sys.platform != "linux" or len(ends) != 2 or not os.path.samestat(*ends):
        raise ValueError(value)
    if not stat.S_ISFIFO(ends[0].st_mode):
        raise ValueError(value)
    return f"/proc/self/fd/{numbers[0]}", f"/proc/self/fd/{numbers[1]}"
