"""A daemon that tells a front to ask for several commands at a time; each command is a line for the shell."""

import os
import threading
from collections.abc import Sequence
from pathlib import Path

from fake_daemon import TICKET, Call, busy, hit
from zccache.common.wire.messages import IS_APART, Begin, Finish
from zccache.common.wire.spreads import Piece, SpreadOrder, pack_spread

# Notes how many such lines run, and waits until so many have begun.
MEET = "echo > began.{name}; until [ $(ls began.* | wc -l) -ge {of} ]; do sleep 0.01; done"
# Fails where more than so many run at the same time; takes long enough for one too many to be seen.
CROWD = "echo > in.{name}; sleep 0.05; ls in.* | wc -l >> crowd; rm in.{name}"


class Spreading:
    """The script of a FakeDaemon: one SPREAD of lines, each of them asked for apart and run.

    told is what the front told of the end, apart what it asked for.
    """

    def __init__(
        self, *lines: str, at_once: int = 8, more_follows: bool = False, answer: bytes | None = None
    ) -> None:
        self.pieces: Sequence[Piece] = [Piece(("gcc", "-c", line)) for line in lines]
        self.told: Finish | None = None
        self.apart: list[Begin] = []
        self._at_once = at_once
        self._more_follows = more_follows
        self._answer = hit() if answer is None else answer
        self._lock = threading.Lock()

    def __call__(self, call: Call) -> None:
        """Answer one caller: the front of the whole command, or a child of it."""
        assert call.begin is not None
        # So many at a time may have to wait for each other's threads.
        call.say(busy())
        if call.begin.flags & IS_APART:
            with self._lock:
                self.apart.append(call.begin)
            call.run("/bin/sh", "-c", call.begin.argv[-1])
            return
        call.say(pack_spread(SpreadOrder(TICKET, self._at_once, self._more_follows, tuple(self.pieces))))
        self.told = call.read_finish()
        call.say(self._answer)


def is_gone(pid: int) -> bool:
    """Tell whether a process has ended, waited for or not."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (ProcessLookupError, FileNotFoundError):
        return True


class Tokens:
    """A jobserver's pipe with some tokens in it; flags is what make says of it, fds what it hands down."""

    def __init__(self, count: int) -> None:
        self.fds = os.pipe()
        self.flags = f" -j --jobserver-auth={self.fds[0]},{self.fds[1]}"
        os.write(self.fds[1], bytes(range(ord("a"), ord("a") + count)))

    def left(self) -> bytes:
        """Return the tokens that are there, in some order, sorted."""
        os.set_blocking(self.fds[0], False)
        return bytes(sorted(os.read(self.fds[0], 100)))

    def close(self) -> None:
        """Close both ends."""
        for fd in self.fds:
            os.close(fd)
