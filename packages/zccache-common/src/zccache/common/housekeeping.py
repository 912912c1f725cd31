"""Knows what can be asked of a cache as a whole: how it stands, to be emptied, to be kept below its limit."""

import os
import time
from collections.abc import Mapping

from zccache.common import stats
from zccache.common.index.database import Index
from zccache.common.layout import Layout
from zccache.common.rooms import Rooms
from zccache.common.settings import Settings
from zccache.common.store.artifacts import Artifacts
from zccache.common.store.eviction import Trimmed, trim


def read_snapshot(index: Index, settings: Settings) -> stats.Snapshot:
    """Return what `status` tells; raise IndexUnavailable."""
    totals = index.totals()
    return stats.Snapshot(
        index.counts(), totals.entries, totals.artifacts, totals.bytes, settings.max_size_bytes
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


def answer_control(request: Mapping[str, object], rooms: Rooms, settings: Settings) -> dict[str, object]:
    """Return the answer to a CONTROL question: status, zero or clear; others get an error."""
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
        case unknown:
            return {"error": f"unknown command {unknown!r}"}
