"""Knows what can be asked of a cache as a whole: how it stands, to be emptied, to be kept below its limit."""

import os
import threading
import time
from collections.abc import Mapping
from typing import Final

from zccache.common import stats
from zccache.common.index.database import Index
from zccache.common.layout import Layout
from zccache.common.rooms import Rooms
from zccache.common.sessions import answer_session
from zccache.common.settings import Settings
from zccache.common.store import eviction
from zccache.common.store.artifacts import Artifacts
from zccache.common.store.eviction import Trimmed, evict, trim

_STEPS: Final = 50
"""The limit is looked at again after each fiftieth of it that was stored."""

_OVERHEAD_BYTES: Final = 16 << 10
"""What a result takes beyond the bytes of its outputs: its rows, and the rest of each last block."""


def read_snapshot(index: Index, settings: Settings) -> stats.Snapshot:
    """Return what `status` tells; raise IndexUnavailable."""
    totals = index.totals()
    return stats.Snapshot(
        index.counts(),
        totals.entries,
        totals.artifacts,
        totals.bytes,
        settings.max_size_bytes,
        index.sessions(),
    )


def empty_cache(index: Index, artifacts: Artifacts) -> stats.Snapshot:
    """Forget every result, remove every blob, and return how it stood before.

    The index goes first: a compile that runs meanwhile misses, and stores anew.
    """
    totals = index.totals()
    before = stats.Snapshot({}, totals.entries, totals.artifacts, totals.bytes, limit_bytes=0)
    index.clear()
    index.zero()
    for digest, _ in artifacts.digests():
        artifacts.remove(digest)
    return before


def keep_below_limit(layout: Layout, index: Index, artifacts: Artifacts, settings: Settings) -> Trimmed:
    """Remove the least recently used results while the cache is over its limit, and old litter."""
    trimmed = trim(layout, index, artifacts, limit_bytes=settings.max_size_bytes, now_ns=time.time_ns())
    if trimmed.entries:
        index.add_counts({stats.EVICTED: trimmed.entries})
    return trimmed


def make_room(layout: Layout, index: Index, artifacts: Artifacts, settings: Settings) -> Trimmed:
    """Do for the limit what can be done while a compile waits: remove a few results, look for no litter."""
    trimmed = eviction.make_room(layout, index, artifacts, limit_bytes=settings.max_size_bytes)
    if trimmed.entries:
        index.add_counts({stats.EVICTED: trimmed.entries})
    return trimmed


def shrink_cache(index: Index, artifacts: Artifacts, *, to_bytes: int, unused_s: float) -> None:
    """Remove what was not used for unused_s seconds, and then the least recently used above to_bytes."""
    # Nothing was used before 1970, whatever age is asked for.
    before_ns = max(0, time.time_ns() - int(unused_s * 1e9))
    old = evict(index, artifacts, before_ns=before_ns) if unused_s >= 0 else None
    more = evict(index, artifacts, to_bytes=to_bytes) if to_bytes >= 0 else None
    index.shrink()
    removed = sum(trimmed.entries for trimmed in (old, more) if trimmed is not None)
    if removed:
        index.add_counts({stats.EVICTED: removed})


class Intake:
    """How much has come in since the cache was last held against its limit; safe from any thread."""

    def __init__(self, limit_bytes: int) -> None:
        """limit_bytes 0 is no limit."""
        self._step = -(-limit_bytes // _STEPS)
        self._left = self._step
        self._lock = threading.Lock()

    def note_stored(self, size_bytes: int) -> bool:
        """Take down a stored result; tell whether it is time to look at the limit, once each time."""
        if not self._step:
            return False
        with self._lock:
            self._left -= size_bytes + _OVERHEAD_BYTES
            if self._left > 0:
                return False
            self._left = self._step
        return True


def answer_control(request: Mapping[str, object], rooms: Rooms, settings: Settings) -> dict[str, object]:
    """Return the answer to a CONTROL question: status, zero, clear, trim or one on sessions; else an error.

    trim has to_bytes and unused_s, each -1 where it does not matter.
    """
    match request.get("command"):
        case "status":
            return {"pid": os.getpid(), "snapshot": read_snapshot(rooms.index, settings).to_json()}
        case "zero":
            rooms.index.zero()
            return {"pid": os.getpid()}
        case "clear":
            before = empty_cache(rooms.index, rooms.artifacts)
            rooms.blobs.clear()
            return {"pid": os.getpid(), "snapshot": before.to_json()}
        case "trim":
            to_bytes, unused_s = int(str(request["to_bytes"])), float(str(request["unused_s"]))
            shrink_cache(rooms.index, rooms.artifacts, to_bytes=to_bytes, unused_s=unused_s)
            return {"pid": os.getpid(), "snapshot": read_snapshot(rooms.index, settings).to_json()}
        case "session_start" | "session_stats" | "session_end":
            return {"pid": os.getpid(), **answer_session(request, rooms.index)}
        case unknown:
            return {"error": f"unknown command {unknown!r}"}
