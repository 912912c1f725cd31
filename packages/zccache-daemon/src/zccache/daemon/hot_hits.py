"""Knows the hits that were made lately and what each rested on, so that the same request costs a few stats.

A memory, never a source of truth: an entry is used only while every fact in it holds.
"""

import os
import threading
from collections import OrderedDict
from typing import Final

from zccache.common.ledger import HitNote
from zccache.common.request import Facts, Guard
from zccache.common.store.delivery import Placement
from zccache.common.values import dataclass, replace
from zccache.daemon.watched import Proof

_LIMIT_REFERENCES: Final = 2_000_000
"""All entries together may refer to this many files and names: some 30 MB."""

_FEW_NAMES: Final = 4
"""So many names cost less than finding out that things come and go in their folder."""


@dataclass(eq=False, slots=True)
class HotHit:
    """A hit that can be given again: the frame to send, the files to deliver, the facts to check first.

    With a proof the fence can tell that the facts hold; uncovered says why there is none.
    """

    frame: bytes
    notes: tuple[HitNote, ...]
    facts: Facts
    placements: tuple[Placement, ...]
    proof: Proof | None = None
    uncovered: str = ""

    @property
    def weight(self) -> int:
        """How much memory this entry takes, in files and names (16 bytes of text count as one)."""
        guards = self.facts.guards
        names = sum(len(guard.names or ()) + len(guard.ways) for guard in guards)
        texts = len(self.frame) + sum(len(note.told.body) + len(note.told.text) for note in self.notes)
        return len(self.facts.files) + len(guards) + names + texts // 16


class HotHits:
    """The hits by request, the least recently used dropped first; safe from any thread."""

    def __init__(self, limit_references: int = _LIMIT_REFERENCES) -> None:
        """Keep entries while all of them together refer to no more than the limit."""
        self._limit = limit_references
        self._weight = 0
        self._busy: set[str] = set()
        self._hits: OrderedDict[bytes, HotHit] = OrderedDict()
        self._lock = threading.RLock()

    def get(self, request_key: bytes) -> HotHit | None:
        """Return the hit that this request had last, or None."""
        with self._lock:
            found = self._hits.get(request_key)
            if found is not None:
                self._hits.move_to_end(request_key)
            return found

    def note_busy(self, guard: Guard) -> None:
        """Learn that things come and go in a guard's folder: its names are kept from now on."""
        self._busy.add(guard.folder)

    def put(self, request_key: bytes, hit: HotHit) -> None:
        """Remember a hit."""
        # Where it puts its outputs, there things come and go.
        self._busy.update(os.path.dirname(placement.destination) for placement in hit.placements)
        guards = tuple(
            replace(guard, names=None, ways=frozenset()) if self._is_quiet(guard) else guard
            for guard in hit.facts.guards
        )
        hit.facts = replace(hit.facts, guards=guards)
        with self._lock:
            self.drop(request_key)
            self._hits[request_key] = hit
            self._weight += hit.weight
            while self._weight > self._limit and self._hits:
                _, oldest = self._hits.popitem(last=False)
                self._weight -= oldest.weight

    def drop(self, request_key: bytes) -> None:
        """Forget the hit of a request."""
        with self._lock:
            dropped = self._hits.pop(request_key, None)
            if dropped is not None:
                self._weight -= dropped.weight

    def forget(self, source: str) -> None:
        """Forget the hits of a source, by its path, alone or among others."""
        with self._lock:
            keys = [
                key for key, hit in self._hits.items() if any(note.source == source for note in hit.notes)
            ]
            for key in keys:
                self.drop(key)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._hits.clear()
            self._weight = 0

    def __len__(self) -> int:
        return len(self._hits)

    def _is_quiet(self, guard: Guard) -> bool:
        """Whether the folder's signature is to decide alone: then many names need not be kept."""
        many = guard.names is not None and len(guard.names) > _FEW_NAMES
        return many and guard.signature is not None and guard.folder not in self._busy
