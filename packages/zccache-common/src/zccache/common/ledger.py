"""Knows how the outcome of a walk is counted and written down: one place for the daemon and the cold walk.

Nothing is written before `flush`, so an answer never waits for its own book-keeping; a
daemon that is killed loses the counts of its last second.
"""

import contextlib
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import Final, NamedTuple

from zccache.common import stats
from zccache.common.errors import IndexUnavailable
from zccache.common.index.database import Index
from zccache.common.journal import Journal
from zccache.common.keys import Key
from zccache.common.layout import Layout
from zccache.common.reasons import Reason
from zccache.common.request import Finished, Hit, Pass, Recorded, Request, Ticket
from zccache.common.sessions import Event, Sessions, Told, session_of
from zccache.common.store.delivery import Method
from zccache.common.telling import (
    Known,
    known_of_pass,
    known_of_run,
    told_of_failure,
    told_of_hit,
    told_of_pass,
    told_of_run,
)

_MOST_PENDING: Final = 512
_DELIVERED: Final = {method: f"{stats.DELIVERED}.{method.value}" for method in Method}


def _nobody_waits() -> None:
    """Do nothing: what was noted is written when its process comes to it."""


class HitNote(NamedTuple):
    """What is to be written down of a hit whenever it is given, whose result it is, and of which source."""

    told: Told
    result: Key
    source: str


def note_of(request: Request, hit: Hit) -> HitNote:
    """Return what is to be noted whenever a hit of one step is given."""
    source = os.path.normpath(os.path.join(request.invocation.cwd, hit.source))
    return HitNote(told_of_hit(request, hit), hit.result, source)


class Ledger:
    """Counts and journal lines of one process on one cache root; safe from any thread.

    A request with ZCCACHE_READONLY leaves neither.
    """

    def __init__(self, index: Index, layout: Layout, urge: Callable[[], None] = _nobody_waits) -> None:
        """Write counts to the index and lines to the root's journal; urge asks for a flush soon."""
        self._index = index
        self._journal = Journal(layout)
        self._sessions = Sessions(index)
        self._urge = urge
        self._is_urged = False
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._events: list[Event] = []
        self._unheard: list[Event] = []
        self._known: list[Known] = []
        self._used: set[Key] = set()

    def hot_hit(
        self, notes: Iterable[HitNote], methods: tuple[Method, ...], session: str, took_ns: int
    ) -> None:
        """Note a hit that was given again; notes are what `hit` returned for the first one."""
        for note in notes:
            self._note(Event(note.told, session, took_ns, time.time_ns(), note.result, methods, is_fast=True))
            methods = ()

    def hit(self, request: Request, hit: Hit, took_ns: int) -> tuple[HitNote, ...]:
        """Note a hit, by its steps where it has several; return what to note when it is given again."""
        if request.policy.readonly:
            return ()
        if hit.steps:
            return tuple(chain.from_iterable(self.hit(step, found, took_ns) for step, found in hit.steps))
        note, session = note_of(request, hit), session_of(request.invocation.env)
        self._note(Event(note.told, session, took_ns, time.time_ns(), hit.result, hit.methods))
        return (note,)

    def passed(self, request: Request, passed: Pass, took_ns: int) -> None:
        """Note a command that was passed on, and why."""
        if not request.policy.readonly:
            self._tell(told_of_pass(request, passed), request, took_ns)
            self._known.append(known_of_pass(request, passed, time.time_ns() - took_ns))

    def failed(self, request: Request, took_ns: int) -> None:
        """Note a command that ended with a message of ours."""
        if not request.policy.readonly:
            self._tell(told_of_failure(request), request, took_ns)

    def ran(self, ticket: Ticket, finished: Finished, recorded: Recorded, took_ns: int) -> None:
        """Note a compile that was run, why nothing could serve it, and whether its result was kept."""
        self._tell(told_of_run(ticket, finished, recorded), ticket.job.request, took_ns)
        # Results are recorded behind the build's back: by their ends one could seem to follow the next.
        self._known.append(known_of_run(ticket, recorded, time.time_ns() - took_ns))

    def cold(self, reason: Reason) -> None:
        """Note a client that was sent to walk without the daemon."""
        self._count(stats.one_more(stats.COLD, reason.word))

    def sent_on(self, reason: Reason) -> None:
        """Note a client that was passed on before anything was found out for it."""
        with self._lock:
            self._counts.update(stats.one_more(stats.PASSED, reason.word))

    def event(self, counter: str, times: int = 1) -> None:
        """Count something that has no journal line."""
        if times:
            self._count({counter: times})

    def has_news(self) -> bool:
        """Whether there is anything to write down."""
        return bool(self._counts or self._events)

    def is_full(self) -> bool:
        """Whether so much has gathered that it should be written down now."""
        return len(self._events) >= _MOST_PENDING

    def flush(self) -> None:
        """Write everything down; what the index cannot take now is kept for the next time."""
        self._is_urged = False
        with self._lock:
            events, self._events = self._events, []
            unheard, self._unheard = self._unheard, []
            counts, self._counts = self._counts, Counter()
            known, self._known = self._known, []
            used, self._used = self._used, set()
        _add_up(events, counts)
        used |= {event.result for event in events if event.result is not None}
        unheard += (event for event in events if event.session)
        if events:
            self._journal.append_all(event.line() for event in events)
        try:
            if unheard:
                self._sessions.note(unheard)
                unheard = []
            if known:
                ran = [item.command for item in known if item.command is not None]
                self._index.add_misses(ran, [item.miss for item in known])
            if counts:
                self._index.add_counts(counts)
                counts = Counter()
            if used:
                self._index.touch(used, time.time_ns())
        except IndexUnavailable:
            with self._lock:
                self._unheard = unheard[-_MOST_PENDING:]
                self._counts.update(counts)
                self._used |= used

    def close(self) -> None:
        """Write everything down and close the journal."""
        with contextlib.suppress(IndexUnavailable):
            self.flush()
        self._journal.close()

    def _count(self, counts: Mapping[str, int]) -> None:
        with self._lock:
            self._counts.update(counts)

    def _tell(self, told: Told, request: Request, took_ns: int) -> None:
        self._note(Event(told, session_of(request.invocation.env), took_ns, time.time_ns()))

    def _note(self, event: Event) -> None:
        self._events.append(event)
        session = event.session
        if session and not self._is_urged and self._sessions.is_urgent(session):
            self._is_urged = True
            self._urge()


def _add_up(events: Iterable[Event], counts: Counter[str]) -> None:
    for event in events:
        event.add_to(counts)
        if event.result is not None:
            counts[stats.DELIVERED] += len(event.methods)
            for method in event.methods:
                counts[_DELIVERED[method]] += 1
