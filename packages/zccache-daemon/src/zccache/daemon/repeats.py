"""Knows how a hit is given again: it is remembered with all it rested on, which is proven to hold first."""

import os
from collections import Counter
from typing import Final

from zccache.common import stats
from zccache.common.errors import ArtifactDamaged, ZccacheError
from zccache.common.ledger import Ledger
from zccache.common.lookup import files_hold, first_changed_guard
from zccache.common.rooms import Rooms
from zccache.common.store.delivery import Method, deliver
from zccache.common.wire.messages import Begin
from zccache.daemon.fence import CHANGED_MEANWHILE, Fence
from zccache.daemon.handlers import Outside
from zccache.daemon.hot_hits import HotHit, HotHits
from zccache.daemon.watched import Uncovered

_OWN_OUTPUT: Final = "own_output"


class Repeats:
    """The hits that were given lately; `give_again` runs on the server's thread, `prove` on the pool."""

    def __init__(self, rooms: Rooms, ledger: Ledger, outside: Outside, fence: Fence | None) -> None:
        """Remember nothing yet; without a fence signatures decide."""
        self._rooms = rooms
        self._ledger = ledger
        self._outside = outside
        self._hot = HotHits()
        self._fence = fence
        self._uncovered: Counter[str] = Counter()

    def give_again(self, request_key: bytes, asked: Begin) -> tuple[HotHit, tuple[Method, ...]] | None:
        """Deliver what this request got last, if all it rested on still holds; None: nothing was changed."""
        hot = self._hot.get(request_key)
        if hot is None:
            return None
        if self._still_holds(hot):
            try:
                methods = deliver(
                    self._rooms.artifacts, hot.placements, umask=asked.umask, memo=self._rooms.blobs
                )
                return hot, methods
            except ArtifactDamaged:
                self._ledger.event(stats.DAMAGED_BLOBS)
            except ZccacheError:
                pass
        self._hot.drop(request_key)
        return None

    def has(self, request_key: bytes) -> bool:
        """Tell whether there is a hit to give again for a request."""
        return self._hot.get(request_key) is not None

    def keep(self, request_key: bytes, hot: HotHit) -> None:
        """Remember a hit under its request."""
        self._hot.put(request_key, hot)

    def prove(self, request_key: bytes) -> None:
        """Have the kernel watch what a hit rests on, if that is not done yet."""
        hot = self._hot.get(request_key)
        if hot is not None and hot.proof is None:
            self._prove(hot)

    def forget(self, source: str) -> None:
        """Forget the hits of a source, by its path: other results of it are stored now."""
        self._hot.forget(source)

    def forget_all(self) -> None:
        """Forget every hit: what is stored under their keys may be another now."""
        self._hot.clear()

    def describe(self) -> dict[str, object]:
        """Return what `status` tells of this memory."""
        folders, files = self._fence.watches if self._fence is not None else (0, 0)
        return {
            "is_open": self._fence is not None,
            "watched_folders": folders,
            "watched_files": files,
            "hot_hits": len(self._hot),
            "uncovered_by": dict(self._uncovered),
        }

    def _still_holds(self, hot: HotHit) -> bool:
        """Whether all that a hit rested on is as it was: by events, where they tell, else by signatures."""
        if hot.proof is not None and self._fence is not None and self._fence.holds(hot.proof):
            return True
        hot.proof = None
        if not files_hold(hot.facts):
            return False
        changed = first_changed_guard(hot.facts)
        if changed is not None:
            self._hot.note_busy(changed)
            return False
        if self._fence is not None and not hot.uncovered:
            self._outside.submit(lambda: self._prove(hot))
        return True

    def _prove(self, hot: HotHit) -> None:
        if self._fence is None:
            return
        if _must_be_gone(hot):
            hot.uncovered = _OWN_OUTPUT
            return
        try:
            hot.proof = self._fence.prove(hot.facts)
        except Uncovered as cause:
            if str(cause) != CHANGED_MEANWHILE:
                self._uncovered[str(cause)] += 1
                hot.uncovered = str(cause)


def _must_be_gone(hot: HotHit) -> bool:
    """Whether a hit rests on the absence of what it puts there, as that of an archive made anew does."""
    made = {placement.destination for placement in hot.placements}
    return any(os.path.join(guard.folder, way) in made for guard in hot.facts.guards for way in guard.ways)
