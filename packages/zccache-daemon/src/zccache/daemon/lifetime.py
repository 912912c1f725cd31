"""Knows when a daemon may start and when it must end: lock, socket, idle time, the root it serves.

Must never learn what a request is. One daemon a root: whoever holds the lock may replace the
socket, nobody else; so a socket that a dead daemon left needs no guess about who it belonged to.
"""

import contextlib
import os
import signal
import socket
import time
from collections.abc import Callable
from typing import ClassVar, Final

from zccache.common.errors import DaemonSilent, DaemonUnreachable, RootUnusable, WireBroken, ZccacheError
from zccache.common.layout import Layout
from zccache.common.locks import DaemonLock, is_running, read_holder
from zccache.common.version import VERSION
from zccache.common.wire.control import ask
from zccache.common.wire.endpoint import Endpoint, bind, bind_port
from zccache.common.wire.loopback import Token

PREDECESSOR_S: Final = 5.0
_POLL_S: Final = 0.05
_PING_S: Final = 1.0
# For a holder that has kept a front waiting for 600 ms already; and for the end of one that was killed.
_SECOND_CHANCE_S: Final = 0.5
_KILLED_WITHIN_S: Final = 1.0

_Identity = tuple[int, int]


class AlreadyRunning(ZccacheError):
    """Another daemon answers for this root or endpoint: all is well, and there is nothing to do."""

    exit_status: ClassVar[int] = 0

    def __init__(self, endpoint: Endpoint, pid: object) -> None:
        """Name where it answers and its pid."""
        super().__init__(f"already running at {endpoint} (pid {pid})")


class LockHeld(ZccacheError):
    """Another process holds the root's lock and answers nothing."""

    exit_status: ClassVar[int] = 75

    def __init__(self, path: str) -> None:
        """Name the lock, and who wrote its text."""
        holder = read_holder(path)
        who = f"pid {holder.pid}" if holder else "a process"
        super().__init__(f"{path} is held by {who}, which answers no ping; end that process")


class PortTaken(ZccacheError):
    """The port of a TCP endpoint cannot be had."""

    exit_status: ClassVar[int] = 69

    def __init__(self, endpoint: Endpoint, why: str) -> None:
        """Name the endpoint and the cause."""
        super().__init__(f"cannot listen at {endpoint}: {why}; choose another port in ZCCACHE_ENDPOINT")


class Claim:
    """The right to be the daemon of one root at one endpoint, held until release()."""

    def __init__(self, layout: Layout, endpoint: Endpoint) -> None:
        self._layout = layout
        self._endpoint = endpoint
        self._locks = {layout.daemon_lock: DaemonLock(layout.daemon_lock)}
        if endpoint.path != layout.daemon_socket:
            # Two roots may name one endpoint; the second lock decides between them.
            lock = f"{endpoint.path}.lock"
            self._locks[lock] = DaemonLock(lock)
        self._root: _Identity | None = None
        self._published: _Identity | None = None
        self.displaced = 0
        """The pid of the holder that was killed, as it answered nothing; 0: none."""

    def take(self, wait_s: float = PREDECESSOR_S) -> None:
        """Take the locks; a predecessor that drains is waited for.

        One that a front has put aside, as it got no answer, and that does not answer us either, is
        killed. Raises AlreadyRunning where a daemon answers, LockHeld when wait_s was not enough.
        """
        folder = os.path.dirname(self._endpoint.path)
        try:
            os.makedirs(folder, mode=0o700, exist_ok=True)
        except OSError as error:
            raise RootUnusable(folder, error.strerror or str(error)) from error
        deadline = time.monotonic() + wait_s
        for path, lock in self._locks.items():
            while not lock.try_acquire(VERSION):
                self._meet_the_holder()
                if not self.displaced and self._is_silent():
                    self._displace(path)
                    deadline = time.monotonic() + _KILLED_WITHIN_S
                if time.monotonic() > deadline:
                    self.release()
                    raise LockHeld(path)
                time.sleep(_POLL_S)
        self._forget_what_was_put_aside()
        self._root = _identity(self._layout.root)

    def listen(self, backlog: int) -> tuple[socket.socket, Token | None]:
        """Return a listening socket that nobody can find yet, and what its callers must know."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._unpublished)
        token = None
        if self._endpoint.port:
            listener = self._bind_port()
            token = Token.write(self._unpublished)
        else:
            listener = bind(self._unpublished)
        listener.listen(backlog)
        return listener, token

    def publish(self) -> None:
        """Put the socket, or the token, into its place, over whatever a dead daemon left there."""
        self._published = _identity(self._unpublished)
        os.rename(self._unpublished, self._endpoint.path)

    def is_ours(self) -> bool:
        """Tell whether the root is still the folder, and the socket the socket, that we took.

        What a front has put aside is put back: that we are asked shows that we are well.
        """
        aside = self._endpoint.put_aside.path
        if self._published is not None and _identity(aside) == self._published:
            with contextlib.suppress(OSError):
                os.rename(aside, self._endpoint.path)
        return (
            _identity(self._layout.root) == self._root is not None
            and _identity(self._endpoint.path) == self._published is not None
        )

    def retire(self) -> None:
        """Remove the socket, unless another daemon has put its own there."""
        for path in (self._endpoint.path, self._endpoint.put_aside.path):
            if self._published is not None and _identity(path) == self._published:
                with contextlib.suppress(OSError):
                    os.unlink(path)
        self._published = None

    def release(self) -> None:
        """Remove the socket and let the locks go."""
        self.retire()
        for lock in self._locks.values():
            lock.release()

    @property
    def _unpublished(self) -> str:
        return f"{self._endpoint.path}.new"

    def _forget_what_was_put_aside(self) -> None:
        # It was our predecessor's; who waits for the lock now must not take us for silent.
        with contextlib.suppress(OSError):
            os.unlink(self._endpoint.put_aside.path)

    def _bind_port(self) -> socket.socket:
        try:
            return bind_port(self._endpoint)
        except OSError as error:
            raise PortTaken(self._endpoint, error.strerror or str(error)) from error

    def _is_silent(self) -> bool:
        """Tell whether the holder was put aside, and is there but does not answer a ping."""
        aside = self._endpoint.put_aside
        if _identity(aside.path) is None:
            return False
        try:
            ask(aside, {"command": "ping"}, timeout_s=_SECOND_CHANCE_S)
        except (WireBroken, DaemonSilent):
            return True
        except DaemonUnreachable:
            # It is gone already.
            return False
        return False

    def _displace(self, path: str) -> None:
        holder = read_holder(path)
        if holder is not None and holder.pid != os.getpid() and is_running(holder):
            with contextlib.suppress(OSError):
                os.kill(holder.pid, signal.SIGKILL)
                self.displaced = holder.pid

    def _meet_the_holder(self) -> None:
        """Raise AlreadyRunning if a daemon answers; one that starts or drains does not."""
        try:
            answer = ask(self._endpoint, {"command": "ping"}, timeout_s=_PING_S)
        except (DaemonUnreachable, WireBroken):
            return
        if answer.get("is_stopping"):
            return
        self.release()
        raise AlreadyRunning(self._endpoint, answer.get("pid"))


class Lifetime:
    """Decides, once a second, whether the daemon goes on."""

    def __init__(
        self,
        claim: Claim,
        idle_timeout_s: float,
        clock: Callable[[], float] = time.monotonic,
        program: str = __file__,
    ) -> None:
        """Take what it judges by; program is one of its own files."""
        self._claim = claim
        self._program, self._began_as = program, _identity(program)
        self._idle_timeout_s = idle_timeout_s
        self._clock = clock
        self._last_work = clock()

    def reason_to_stop(self, *, is_working: bool) -> str | None:
        """Return why the daemon should end now, or None; idle_timeout_s = 0 means never for idleness."""
        now = self._clock()
        if is_working:
            self._last_work = now
        if not self._claim.is_ours():
            return "the cache root or the socket is gone or replaced"
        # What it has yet to import would be missing, or of another version.
        if _identity(self._program) != self._began_as:
            return "its own program is gone or replaced"
        if 0 < self._idle_timeout_s <= now - self._last_work:
            return f"idle for {now - self._last_work:.0f} s"
        return None

    def retire(self) -> None:
        """Make the endpoint unreachable for new fronts."""
        self._claim.retire()


def _identity(path: str) -> _Identity | None:
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino
