"""Knows how what was just compiled is made ready, in quiet moments, to be given from memory.

A build that follows a build then finds hits that need no more than their proof. While
anything is under way the processors belong to the compilers, so it waits for a pause.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from zccache.common.errors import ZccacheError
from zccache.common.ledger import note_of
from zccache.common.pipeline import recall
from zccache.common.rooms import Rooms
from zccache.common.wire.messages import Begin, pack_hit
from zccache.daemon.hot_hits import HotHit
from zccache.daemon.incoming import environment_of
from zccache.daemon.known_grounds import KnownGrounds
from zccache.daemon.repeats import Repeats

_PAUSE_S: Final = 0.005
"""Between two jobs of a build less time passes than this; after its last job, more."""

_MOST_BYTES: Final = 16 << 20
"""All requests that wait may take this much; what comes then is made ready by its first hit."""


class _Recorded(NamedTuple):
    key: bytes
    begin: Begin


class Primer:
    """The requests that were recorded and not given yet; safe from any thread."""

    def __init__(
        self,
        rooms: Rooms,
        grounds: KnownGrounds,
        repeats: Repeats,
        *,
        is_any_under_way: Callable[[], bool],
        submit: Callable[[Callable[[], None]], None],
    ) -> None:
        """Do the work by submit, while nothing is under way."""
        self._rooms = rooms
        self._grounds = grounds
        self._repeats = repeats
        self._is_any_under_way = is_any_under_way
        self._submit = submit
        self._lock = threading.Lock()
        self._waiting: deque[_Recorded] = deque()
        self._bytes = 0
        self._arrivals = 0
        self._generation = 0
        self._is_at_work = False

    def note_arrival(self) -> None:
        """Give up for now: somebody waits for an answer."""
        self._arrivals += 1

    def add(self, key: bytes, begin: Begin) -> None:
        """Take down a request whose result has been recorded."""
        size = _bytes_of(begin)
        with self._lock:
            if self._bytes + size <= _MOST_BYTES:
                self._bytes += size
                self._waiting.append(_Recorded(key, begin))

    def forget_all(self) -> None:
        """Forget the requests that wait, and what is just being made ready."""
        with self._lock:
            self._generation += 1
            self._waiting.clear()
            self._bytes = 0

    def go_on(self) -> None:
        """Have the work done, if there is any and nobody does it, once nothing has come for a while."""
        with self._lock:
            if self._is_at_work or not self._waiting or self._is_any_under_way():
                return
            self._is_at_work = True
        self._submit(self._work)

    def _work(self) -> None:
        try:
            arrivals = self._arrivals
            time.sleep(_PAUSE_S)
            while self._arrivals == arrivals and not self._is_any_under_way():
                recorded = self._next()
                if recorded is None:
                    return
                self._prime(recorded)
        finally:
            self._is_at_work = False

    def _next(self) -> _Recorded | None:
        with self._lock:
            if not self._waiting:
                return None
            recorded = self._waiting.popleft()
            self._bytes -= _bytes_of(recorded.begin)
            return recorded

    def _prime(self, recorded: _Recorded) -> None:
        if self._repeats.has(recorded.key):
            return
        generation = self._generation
        environment = environment_of(recorded.begin.env_block)
        try:
            request = self._grounds.request_of(recorded.begin, environment)
            hit = recall(request, self._rooms)
        except (ZccacheError, OSError):
            # Whoever asks for it next is answered as if nothing had been tried.
            return
        if hit is None or hit.facts is None:
            return
        frame = pack_hit(hit.exit_status, hit.stdout, hit.stderr)
        notes = (note_of(request, hit),)
        with self._lock:
            if generation != self._generation:
                return
            self._repeats.keep(recorded.key, HotHit(frame, notes, hit.facts, hit.placements))
        self._repeats.prove(recorded.key)


def _bytes_of(begin: Begin) -> int:
    return len(begin.cwd) + len(begin.argv_block) + len(begin.env_block)
