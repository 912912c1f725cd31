"""Knows the two locks of a cache root: who may start a daemon, and who is the daemon.

Both are flock(2) on a file that stays: the kernel frees them when their holder dies, however
it dies, and the native front contends for the same ones.
"""

import fcntl
import os
from typing import TYPE_CHECKING, NamedTuple

from zccache.common.layout import Layout

if TYPE_CHECKING:
    from filelock import BaseFileLock


class Holder(NamedTuple):
    """Who wrote a daemon lock's text: pid, the kernel's start time of that process (0 unknown), version."""

    pid: int
    started: int
    version: str


def start_lock(layout: Layout, *, timeout_s: float) -> "BaseFileLock":
    """Return the lock of whoever starts a daemon; entering it raises filelock.Timeout after timeout_s."""
    from filelock import FileLock

    return FileLock(layout.start_lock, timeout=timeout_s, mode=0o600)


class DaemonLock:
    """The lock that one daemon holds for its life.

    Taken by fcntl, not by filelock: importing filelock 4.2 costs 48 ms of CPU where a whole
    `python -c pass` costs 12, and a daemon must be ready within four of those.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._fd = -1

    def try_acquire(self, version: str) -> bool:
        """Take the lock and write who holds it, or return False when another holds it."""
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # The file may have been deleted between open and flock: such a lock guards no name.
            if not os.path.samestat(os.fstat(fd), os.stat(self._path)):
                raise FileNotFoundError
        except (BlockingIOError, FileNotFoundError):
            os.close(fd)
            return False
        text = f"{os.getpid()} {process_start(os.getpid())} {version}\n".encode()
        os.pwrite(fd, text, 0)
        os.ftruncate(fd, len(text))
        self._fd = fd
        return True

    def release(self) -> None:
        """Let the lock go; the file and its text stay."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def is_held(path: str) -> bool:
    """Tell whether a living process holds the lock."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(fd)


def read_holder(path: str) -> Holder | None:
    """Return who last wrote a daemon lock's text, living or not; None where there is no such text."""
    try:
        with open(path, encoding="utf-8") as file:
            pid, started, version = file.read(200).split()
        return Holder(int(pid), int(started), version)
    except (OSError, ValueError):
        return None


def is_running(holder: Holder) -> bool:
    """Tell whether the process is still that one: not a zombie, and not another with a recycled pid."""
    started = process_start(holder.pid)
    return started > 0 and holder.started in {0, started}


def process_start(pid: int) -> int:
    """Return when a process started, in the kernel's own unit; 0 for none and for a zombie."""
    if os.path.exists("/proc/self/stat"):
        fields = _state(pid)
        return 0 if fields[:1] in ([], [b"Z"], [b"X"]) else int(fields[19])
    return _process_start_by_ps(pid)


def has_ended(pid: int) -> bool:
    """Tell whether a process is known to have ended; a zombie has.

    A /proc may be missing, or be that of another namespace of pids: that it shows nothing proves nothing.
    """
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return _state(pid)[:1] in ([b"Z"], [b"X"])


def _state(pid: int) -> list[bytes]:
    """Return what /proc tells of a process from its state on; nothing where it tells nothing."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            # The name in brackets may hold anything, brackets and blanks too.
            return file.read().rpartition(b") ")[2].split()
    except OSError:
        return []


def _process_start_by_ps(pid: int) -> int:
    import subprocess
    import time

    command = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
    try:
        done = subprocess.run(command, env={"LC_ALL": "C"}, capture_output=True, text=True, check=False)
    except OSError:
        return 0
    state, _, started = done.stdout.strip().partition(" ")
    if not state or state.startswith("Z"):
        return 0
    return int(time.mktime(time.strptime(started.strip())))
