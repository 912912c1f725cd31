"""Knows how the outcome of a walk is counted and written down: one place for the daemon and the cold walk.

Nothing is written before `flush`, so an answer never waits for its own book-keeping; a
daemon that is killed loses the counts of its last second.
"""

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Iterable
from itertools import chain
from typing import Final, NamedTuple

from zccache.common import stats
from zccache.common.errors import IndexUnavailable
from zccache.common.index.database import Index
from zccache.common.journal import Journal, JournalRecord, Line, body_of
from zccache.common.keys import Key
from zccache.common.layout import Layout
from zccache.common.reasons import Reason
from zccache.common.request import Finished, Hit, NotStored, Pass, Recorded, Request, Ticket
from zccache.common.store.delivery import Method
from zccache.common.tools.environment import NAMES

_MOST_PENDING: Final = 512
_KEPT_ENV: Final = frozenset(NAMES)
_DELIVERED: Final = {method: f"{stats.DELIVERED}.{method.value}" for method in Method}


class HitNote(NamedTuple):
    """What is to be written down of a hit whenever it is given: its line's body, whose result, time saved."""

    body: bytes
    result: Key
    saved_ns: int


class Ledger:
    """Counts and journal lines of one process on one cache root; safe from any thread.

    A request with ZCCACHE_READONLY leaves neither.
    """

    def __init__(self, index: Index, layout: Layout) -> None:
        """Write counts to the index and lines to the root's journal."""
        self._index = index
        self._journal = Journal(layout)
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._lines: list[Line] = []
        self._used: set[Key] = set()

    def hot_hit(self, notes: Iterable[HitNote], methods: tuple[Method, ...], took_ns: int) -> None:
        """Note a hit that was given again; notes are what `hit` returned for the first one."""
        for body, result, saved_ns in notes:
            self._count_hit(result, methods, saved_ns, took_ns)
            self._lines.append(Line(body, took_ns, time.time_ns()))
            methods = ()

    def hit(self, request: Request, hit: Hit, took_ns: int) -> tuple[HitNote, ...]:
        """Note a hit, by its steps where it has several; return what to note when it is given again."""
        if request.policy.readonly:
            return ()
        if hit.steps:
            return tuple(chain.from_iterable(self.hit(step, found, took_ns) for step, found in hit.steps))
        self._count_hit(hit.result, hit.methods, hit.saved_ns, took_ns)
        body = self._tell("hit", hit.program, request, hit.exit_status, took_ns)
        return (HitNote(body, hit.result, hit.saved_ns),)

    def passed(self, request: Request, passed: Pass, took_ns: int) -> None:
        """Note a command that was passed on, and why."""
        if request.policy.readonly:
            return
        self._count(stats.one_more(stats.PASSED, passed.reason.word))
        self._tell("miss", passed.program, request, 0, took_ns, passed.reason.word)

    def failed(self, request: Request, took_ns: int) -> None:
        """Note a command that ended with a message of ours."""
        if request.policy.readonly:
            return
        self._count({stats.ERRORS: 1})
        self._tell("error", request.invocation.program, request, -1, took_ns)

    def ran(self, ticket: Ticket, finished: Finished, recorded: Recorded, took_ns: int) -> None:
        """Note a compile that was run, and whether its result was kept."""
        reason = recorded.reason.word if isinstance(recorded, NotStored) else ""
        self._count({stats.MISSES: 1})
        if reason:
            self._count(stats.one_more(stats.NOT_RECORDED, reason))
        exit_code = -finished.status if finished.by_signal else finished.status
        job = ticket.job
        self._tell("miss", job.program, job.request, exit_code, took_ns, reason)

    def cold(self, reason: Reason) -> None:
        """Note a client that was sent to walk without the daemon."""
        self._count(stats.one_more(stats.COLD, reason.word))

    def event(self, counter: str, times: int = 1) -> None:
        """Count something that has no journal line."""
        if times:
            self._count({counter: times})

    def has_news(self) -> bool:
        """Whether there is anything to write down."""
        return bool(self._counts or self._lines)

    def is_full(self) -> bool:
        """Whether so much has gathered that it should be written down now."""
        return len(self._lines) >= _MOST_PENDING

    def flush(self) -> None:
        """Write everything down; what the index cannot take now is kept for the next time."""
        with self._lock:
            lines, self._lines = self._lines, []
            counts, self._counts = self._counts, Counter()
            used, self._used = self._used, set()
        if lines:
            self._journal.append_all(lines)
        try:
            if counts:
                self._index.add_counts(counts)
            if used:
                self._index.touch(used, time.time_ns())
        except IndexUnavailable:
            with self._lock:
                self._counts.update(counts)
                self._used |= used

    def close(self) -> None:
        """Write everything down and close the journal."""
        with contextlib.suppress(IndexUnavailable):
            self.flush()
        self._journal.close()

    def _count_hit(self, result: Key, methods: tuple[Method, ...], saved_ns: int, took_ns: int) -> None:
        self._used.add(result)
        counts = {
            stats.HITS: 1,
            stats.TIME_SAVED_NS: max(0, saved_ns - took_ns),
            stats.DELIVERED: len(methods),
        }
        for method in methods:
            counts[_DELIVERED[method]] = counts.get(_DELIVERED[method], 0) + 1
        self._count(counts)

    def _tell(
        self, outcome: str, program: str, request: Request, exit_code: int, took_ns: int, reason: str = ""
    ) -> bytes:
        invocation = request.invocation
        env = tuple((name, value) for name, value in invocation.env.items() if name in _KEPT_ENV)
        body = body_of(
            JournalRecord(outcome, program, invocation.args, invocation.cwd, env, exit_code, took_ns, reason)
        )
        self._lines.append(Line(body, took_ns, time.time_ns()))
        return body

    def _count(self, counts: dict[str, int]) -> None:
        with self._lock:
            for name, count in counts.items():
                self._counts[name] += count
