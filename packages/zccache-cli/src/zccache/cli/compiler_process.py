"""One run of a compiler as our child: stdin, descriptors, limits, umask are those of a bare compile."""

from __future__ import annotations

import os
import select
import signal
import time

from zccache.cli.signals import SIGPIPE, Forwarding, die_by
from zccache.cli.streams import Stream

EXITED = 0
KILLED = 1


class Ended:
    """How the compiler ended, how long it took, and what it printed."""

    __slots__ = ("duration_ns", "how", "incomplete", "stderr", "stdout", "value", "was_unread")

    def __init__(self, status: int, duration_ns: int, stdout: Stream, stderr: Stream) -> None:
        self.how = KILLED if os.WIFSIGNALED(status) else EXITED
        self.value = os.WTERMSIG(status) if self.how == KILLED else os.WEXITSTATUS(status)
        self.duration_ns = duration_ns
        self.stdout = bytes(stdout.kept)
        self.stderr = bytes(stderr.kept)
        self.incomplete = stdout.incomplete or stderr.incomplete
        self.was_unread = stdout.is_unread or stderr.is_unread

    @property
    def has_failed(self) -> bool:
        """Tell whether the compiler exited with a status of its own that is not 0."""
        return self.how == EXITED and self.value != 0

    def end_alike(self) -> int:
        """Return the compiler's exit status, or die by the signal that it died by."""
        if self.how == EXITED and (self.value or not self.was_unread):
            return self.value
        # Where nobody read its output any more, a bare compiler would have met the broken pipe itself.
        return die_by(self.value if self.how == KILLED else SIGPIPE)


def run(
    program: bytes, argv: list[bytes], env: dict[bytes, bytes], nice: int, *, one_stream: bool = False
) -> Ended:
    """Run a program to its end; raise OSError when it cannot be started.

    one_stream: what it writes to standard error comes to our standard output too, in its order.
    """
    streams = (Stream(1), Stream(2))
    started_ns = time.monotonic_ns()
    with Forwarding() as forwarding:
        try:
            pid = _spawn(program, argv, env, (streams[0], streams[0] if one_stream else streams[1]))
        except OSError:
            for stream in streams:
                stream.close()
            raise
        finally:
            for stream in streams:
                stream.close_write_end()
        forwarding.adopt(pid)
        if nice:
            _be_nice(pid, nice)
        status = _carry(pid, forwarding, streams)
    return Ended(status, time.monotonic_ns() - started_ns, *streams)


def _spawn(program: bytes, argv: list[bytes], env: dict[bytes, bytes], streams: tuple[Stream, Stream]) -> int:
    return os.posix_spawn(
        program,
        argv,
        env,
        file_actions=[(os.POSIX_SPAWN_DUP2, stream.write_fd, fd) for fd, stream in enumerate(streams, 1)],
        # Python ignores these two for itself; a compiler must die of them.
        setsigdef=[signal.SIGPIPE, signal.SIGXFSZ],
    )


def _be_nice(pid: int, increment: int) -> None:
    try:
        os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, 0) + increment)
    except OSError:
        return


def _carry(pid: int, forwarding: Forwarding, streams: tuple[Stream, Stream]) -> int:
    """Pass on until the compiler has ended, then what is left in the pipes; return its wait status."""
    poll = select.poll()
    by_fd = {stream.read_fd: stream for stream in streams}
    for fd in (forwarding.wake_fd, *by_fd):
        poll.register(fd, select.POLLIN)
    ended = 0
    status = 0
    while not ended:
        for fd, _ in poll.poll():
            if fd == forwarding.wake_fd:
                os.read(fd, 512)
            else:
                by_fd[fd].pass_on()
                if by_fd[fd].read_fd < 0:
                    poll.unregister(fd)
        ended, status = os.waitpid(pid, os.WNOHANG)
    forwarding.release(pid)
    for stream in streams:
        stream.drain()
    return status
