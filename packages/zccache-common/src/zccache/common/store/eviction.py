"""Knows how the cache is kept below its limit and how litter goes; what an entry is, it never learns.

Index rows go first, then the blobs that no row holds: a crash in between leaves orphans,
which a later sweep finds, never a row without its bytes. A reader that has a blob open
keeps it; one that comes too late has a miss.
"""

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from typing import Final, NamedTuple, Protocol

from zccache.common.digests import Digest
from zccache.common.layout import Layout
from zccache.common.store.artifacts import Artifacts

_TARGET_PERCENT: Final = 90
_NEAR_PERCENT: Final = 97
"""More comes in until the next look, and the index's log (some MB) counts nowhere."""

_AT_ONCE: Final = 64
_ORPHAN_AGE_NS: Final = 3_600 * 10**9
_LITTER_AGE_NS: Final = 86_400 * 10**9
# Files that are not complete, reports, what steps hand on: the pid of their maker first.
_OUR_LITTER: Final = re.compile(r"(?:doctor-)?\d+-[0-9a-f]+(?:-\d+)?(?:\.\w+)*")
_END_OF_TIME_NS: Final = (1 << 63) - 1


class Trimmed(NamedTuple):
    """What a trim removed."""

    entries: int
    bytes: int


class _Totals(Protocol):
    @property
    def entries(self) -> int: ...
    @property
    def bytes(self) -> int: ...


class _Evicted(Protocol):
    @property
    def entries(self) -> int: ...
    @property
    def blobs(self) -> list[Digest]: ...


class Holders(Protocol):
    """What eviction asks of the index."""

    def totals(self) -> _Totals:
        """Return how much there is, in O(1)."""
        ...

    def evict_least_used(self, count: int, *, before_ns: int) -> _Evicted:
        """Remove the entries whose last use is longest ago; name the blobs that nothing holds any more."""
        ...

    def held(self, digests: list[Digest]) -> set[Digest]:
        """Return those that an entry holds."""
        ...

    def shrink(self) -> None:
        """Give unused pages back."""
        ...


def trim(layout: Layout, index: Holders, artifacts: Artifacts, *, limit_bytes: int, now_ns: int) -> Trimmed:
    """Remove litter, and, near the limit, entries until nine tenths of it; limit_bytes 0 is no limit.

    Raises IndexUnavailable and StoreUnavailable. Below the limit it costs a few page reads
    and one look into tmp/. Only one process trims at a time; another finds nothing to do.
    """
    sweep_litter(layout, now_ns=now_ns)
    if limit_bytes <= 0 or index.totals().bytes <= limit_bytes * _NEAR_PERCENT // 100:
        return Trimmed(0, 0)
    with _turn(layout) as is_ours:
        if not is_ours:
            return Trimmed(0, 0)
        trimmed = evict(index, artifacts, to_bytes=limit_bytes * _TARGET_PERCENT // 100)
        sweep_orphans(index, artifacts, now_ns=now_ns)
        index.shrink()
    return trimmed


def make_room(layout: Layout, index: Holders, artifacts: Artifacts, *, limit_bytes: int) -> Trimmed:
    """Remove some entries where the cache is above its limit, so few that a compile can wait for it."""
    if limit_bytes <= 0 or index.totals().bytes <= limit_bytes:
        return Trimmed(0, 0)
    with _turn(layout) as is_ours:
        return evict(index, artifacts, to_bytes=limit_bytes, most=_AT_ONCE) if is_ours else Trimmed(0, 0)


def evict(
    index: Holders,
    artifacts: Artifacts,
    *,
    to_bytes: int = 0,
    before_ns: int = _END_OF_TIME_NS,
    most: int = _END_OF_TIME_NS,
) -> Trimmed:
    """Remove entries, least recently used first, while the cache holds more than to_bytes.

    Only those that were last used before before_ns, and at most so many.
    """
    before = index.totals().bytes
    entries = 0
    while entries < most and (found := index.totals()).bytes > to_bytes:
        # About as many as it takes, were all of one size.
        enough = (found.bytes - to_bytes) * found.entries // found.bytes + 1
        evicted = index.evict_least_used(min(_AT_ONCE, enough, most - entries), before_ns=before_ns)
        if not evicted.entries:
            break
        entries += evicted.entries
        # Asked again: since the rows went, another process may have stored the same content.
        for digest in set(evicted.blobs) - index.held(evicted.blobs):
            artifacts.remove(digest)
    return Trimmed(entries, max(0, before - index.totals().bytes))


def sweep_orphans(index: Holders, artifacts: Artifacts, *, now_ns: int) -> int:
    """Remove blobs that no entry holds and that are older than an hour; return how many.

    It looks at every blob: for the background. A younger one may await its index row.
    """
    removed = 0
    batch: dict[Digest, os.DirEntry[str]] = {}
    for digest, entry in artifacts.digests():
        batch[digest] = entry
        if len(batch) == 1000:
            removed += _remove_orphans(index, artifacts, batch, now_ns)
            batch = {}
    return removed + _remove_orphans(index, artifacts, batch, now_ns)


def _remove_orphans(
    index: Holders, artifacts: Artifacts, found: dict[Digest, os.DirEntry[str]], now_ns: int
) -> int:
    removed = 0
    for digest in set(found) - index.held(list(found)):
        with contextlib.suppress(FileNotFoundError):
            if now_ns - found[digest].stat(follow_symlinks=False).st_mtime_ns > _ORPHAN_AGE_NS:
                artifacts.remove(digest)
                removed += 1
    return removed


def sweep_litter(layout: Layout, *, now_ns: int) -> int:
    """Remove what a killed process of ours left below tmp/ more than a day ago; return how many."""
    removed = 0
    with contextlib.suppress(OSError), os.scandir(layout.tmp) as found:
        for entry in found:
            if not _OUR_LITTER.fullmatch(entry.name):
                continue
            with contextlib.suppress(OSError):
                if now_ns - entry.stat(follow_symlinks=False).st_mtime_ns <= _LITTER_AGE_NS:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path)
                else:
                    os.unlink(entry.path)
                removed += 1
    return removed


@contextlib.contextmanager
def _turn(layout: Layout) -> Iterator[bool]:
    """Yield whether nobody else trims just now, and keep others from it."""
    try:
        import fcntl
    except ImportError:
        yield True
        return
    fd = os.open(layout.trim_lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        is_ours = True
    except BlockingIOError:
        is_ours = False
    try:
        yield is_ours
    finally:
        os.close(fd)
