"""Knows whether a file is still what it was: by its signature where that is proof, else by its content.

A signature (device, inode, size, mtime, ctime) proves that the bytes are those that were
hashed when the last change, by ctime, lies in an earlier tick of the file system's clock
than the hashing. Inside one tick two writes can leave the same signature, so such a
digest is used once and not remembered.
"""

import contextlib
import errno
import os
import signal
import stat
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from zccache.common.digests import Digest, Signature, digest_file, signature_of

if sys.platform == "linux":
    import fcntl

_MEMO_ENTRIES: Final = 200_000
_OTHER_TICK_NS: Final = 20_000_000
_STEP_NS: Final = 1_000_000
_SLEW: Final = 1000
"""A clock that is being corrected runs slower by less than one part in so many."""

if sys.platform == "linux":
    _CLOCK_REALTIME_COARSE: Final = 5

    def tick_ns() -> int:
        """Return the time that the kernel would stamp on a change made now.

        On Linux this is the very clock that stamps files: a change made after this call
        has a ctime that is not smaller.
        """
        return time.clock_gettime_ns(_CLOCK_REALTIME_COARSE)

else:

    def tick_ns() -> int:
        """Return a time that no change made from now on is stamped before."""
        return time.time_ns() - _OTHER_TICK_NS


def uptime_ns() -> int:
    """Return the time since the machine was started, sleep included where the system counts it."""
    return time.clock_gettime_ns(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def was_set_back(since_ns: int, since_uptime_ns: int) -> bool:
    """Whether the clock of file times has lost time since it stood at since_ns: then it proves nothing."""
    passed_ns = uptime_ns() - since_uptime_ns
    return time.time_ns() - since_ns < passed_ns - passed_ns // _SLEW - _STEP_NS


if sys.platform == "linux":

    def has_writer(fd: int) -> bool:
        """Whether somebody has the file open for writing: then the kernel refuses a read lease.

        Raises OSError where it cannot be told: the file is another's, its file system has no leases.
        """
        # Who opens it while we hold the lease waits, and we are told so by a signal. SIGIO would kill us.
        fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGURG)
        try:
            fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        except OSError as error:
            if error.errno == errno.EAGAIN:
                return True
            raise
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        return False

    def is_held(path: str) -> bool:
        """Whether a file is known to be open for writing; raise OSError when it cannot be opened."""
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            return has_writer(fd)
        except OSError:
            return False
        finally:
            os.close(fd)

else:

    def is_held(path: str) -> bool:  # noqa: ARG001 (nobody tells here)
        """Return False: it is not known."""
        return False


if os.name == "nt":

    def changed_ns(signature: Signature) -> int:
        """Return when the file last changed; Windows' ctime is the birth, so mtime counts too."""
        return max(signature.mtime_ns, signature.ctime_ns)

else:

    def changed_ns(signature: Signature) -> int:
        """Return when the file last changed: its ctime, which nobody can put back."""
        return signature.ctime_ns


class Known(NamedTuple):
    """A file, its digest and signature, and whether the one proves the other from now on."""

    path: str
    digest: Digest
    signature: Signature
    is_proof: bool


class FileDigests:
    """Digests of files, remembered by signature; safe to share between threads."""

    def __init__(self, hash_file: Callable[[str], tuple[Digest, Signature]] = digest_file) -> None:
        """Start with nothing remembered."""
        self._hash_file = hash_file
        self._known: dict[str, Known] = {}

    def known(self, path: str) -> Known | None:
        """Return what a regular file holds now, or None when there is none that can be read."""
        try:
            status = os.stat(path)
            if not stat.S_ISREG(status.st_mode):
                return None
            signature = signature_of(status)
            remembered = self._known.get(path)
            if remembered is not None and remembered.signature == signature:
                return remembered
            before_ns = tick_ns()
            held = is_held(path)
            digest, signature = self._hash_file(path)
            if signature_of(os.stat(path)) != signature:
                return Known(path, digest, signature, is_proof=False)
        except OSError:
            return None
        known = Known(path, digest, signature, changed_ns(signature) < before_ns and not held)
        if known.is_proof:
            if len(self._known) >= _MEMO_ENTRIES:
                self._known.clear()
            self._known[path] = known
        return known

    def read_all(self, paths: Iterable[str]) -> None:
        """Get to know files, two at a time: a compiler is made of some 100 MB."""
        waiting = deque(paths)

        def take() -> None:
            with contextlib.suppress(IndexError):
                while True:
                    self.known(waiting.popleft())

        helper = threading.Thread(target=take)
        helper.start()
        take()
        helper.join()

    def learn(self, path: str, signature: Signature, digest: Digest) -> None:
        """Take over a proof from the index, unless this file is known better already."""
        if path not in self._known:
            self._known[path] = Known(path, digest, signature, is_proof=True)


class Trails:
    """The ways to files since one moment; every folder on them is looked at once."""

    def __init__(self, since_ns: int) -> None:
        """Ask about changes from this tick on."""
        self._since_ns = since_ns
        self._old: dict[str, bool] = {}

    def is_old(self, path: str) -> bool:
        """Whether a file, and every link and folder on the way to it, was in its place before the moment.

        A folder that was moved into its place has a new ctime and its old mtime. One that
        was moved there and then written into looks like one that was only written into: that
        is not seen.
        """
        known = self._old.get(path)
        if known is None:
            # Set first: a link that leads back to itself ends here.
            self._old[path] = True
            parent = os.path.dirname(path)
            known = (parent == path or self.is_old(parent)) and self._stands(path, parent)
            self._old[path] = known
        return known

    def _stands(self, path: str, parent: str) -> bool:
        try:
            status = os.lstat(path)
            if stat.S_ISDIR(status.st_mode):
                return status.st_ctime_ns < self._since_ns or status.st_mtime_ns >= self._since_ns
            if changed_ns(signature_of(status)) >= self._since_ns:
                return False
            return not stat.S_ISLNK(status.st_mode) or self.is_old(os.path.join(parent, os.readlink(path)))
        except OSError:
            return False


def signature_at(path: str) -> Signature | None:
    """Return the signature of what path leads to, or None when nothing is there."""
    try:
        return signature_of(os.stat(path))
    except OSError:
        return None


def wait_for_next_tick(after_ns: int, *, limit_s: float = 0.05) -> int:
    """Return the tick once it is later than after_ns, waiting at most limit_s.

    A file written in the current tick could be written again in it without a trace; a
    compile that starts in the next one cannot be fooled so. One tick is 1 to 10 ms.
    """
    deadline = time.monotonic() + limit_s
    now_ns = tick_ns()
    while now_ns <= after_ns and time.monotonic() < deadline:
        time.sleep(0.001)
        now_ns = tick_ns()
    return now_ns
