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
from zccache.common.command.plan import SCRATCH
from zccache.common.errors import IndexUnavailable
from zccache.common.index.commands import Command, Miss
from zccache.common.index.database import Index
from zccache.common.journal import Journal, JournalRecord, body_of, without_secrets
from zccache.common.keys import Key
from zccache.common.layout import Layout
from zccache.common.reasons import Reason
from zccache.common.request import Finished, Hit, NotStored, Pass, Recorded, Request, Ticket
from zccache.common.sessions import Event, Sessions, Told, session_of
from zccache.common.store.delivery import Method
from zccache.common.tools.environment import NAMES

MISSED: Final = "missed"
"""Counter of sessions: misses, by the word of a MissReason."""

_MOST_PENDING: Final = 512
_MOST_NAMES: Final = 64
_KEPT_ENV: Final = frozenset(NAMES)
_DELIVERED: Final = {method: f"{stats.DELIVERED}.{method.value}" for method in Method}
_NO_CONTEXT: Final = Key(b"")


def _nobody_waits() -> None:
    """Do nothing: what was noted is written when its process comes to it."""


class HitNote(NamedTuple):
    """What is to be written down of a hit whenever it is given, and whose result it is."""

    told: Told
    result: Key


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
        self._commands: list[Command] = []
        self._misses: list[Miss] = []
        self._used: set[Key] = set()

    def hot_hit(
        self, notes: Iterable[HitNote], methods: tuple[Method, ...], session: str, took_ns: int
    ) -> None:
        """Note a hit that was given again; notes are what `hit` returned for the first one."""
        for told, result in notes:
            self._count_hit(result, methods, told.saved_ns, took_ns)
            self._note(told, session, took_ns, is_fast=True)
            methods = ()

    def hit(self, request: Request, hit: Hit, took_ns: int) -> tuple[HitNote, ...]:
        """Note a hit, by its steps where it has several; return what to note when it is given again."""
        if request.policy.readonly:
            return ()
        if hit.steps:
            return tuple(chain.from_iterable(self.hit(step, found, took_ns) for step, found in hit.steps))
        self._count_hit(hit.result, hit.methods, hit.saved_ns, took_ns)
        if hit.is_equivalent:
            self._count({stats.EQUIVALENT: 1})
        body = _body("hit", hit.program, request, hit.exit_status)
        text = _from_to(hit.source, [placement.destination for placement in hit.placements], request)
        counts, kind = {stats.HITS: 1}, "HIT"
        if hit.is_equivalent:
            counts, kind = counts | {stats.EQUIVALENT: 1}, "HIT_WORKTREE"
        told = Told(counts, body, kind, text, hit.saved_ns)
        self._note(told, session_of(request.invocation.env), took_ns)
        return (HitNote(told, hit.result),)

    def passed(self, request: Request, passed: Pass, took_ns: int) -> None:
        """Note a command that was passed on, and why."""
        if request.policy.readonly:
            return
        word, invocation = passed.reason.word, request.invocation
        counts = stats.one_more(stats.PASSED, word)
        self._count(counts)
        body = _body("miss", passed.program, request, 0, reason=word)
        words = " ".join(without_secrets((invocation.program, *invocation.args)))
        self._note(
            Told(counts, body, "", f"non-cacheable: {word}: {words}"), session_of(invocation.env), took_ns
        )
        named = [word for word in invocation.args if not word.startswith("-")][:_MOST_NAMES]
        self._miss(_NO_CONTEXT, request, named, took_ns, refused=word, detail=passed.detail)

    def failed(self, request: Request, took_ns: int) -> None:
        """Note a command that ended with a message of ours."""
        if request.policy.readonly:
            return
        counts = {stats.ERRORS: 1}
        self._count(counts)
        body = _body("error", request.invocation.program, request, -1)
        told = Told(counts, body, "ERROR", request.invocation.program)
        self._note(told, session_of(request.invocation.env), took_ns)

    def ran(self, ticket: Ticket, finished: Finished, recorded: Recorded, took_ns: int) -> None:
        """Note a compile that was run, why nothing could serve it, and whether its result was kept."""
        job, missed = ticket.job, ticket.missed
        refused = recorded.reason.word if isinstance(recorded, NotStored) else ""
        detail = recorded.detail if isinstance(recorded, NotStored) else ""
        counts = {stats.MISSES: 1} | (stats.one_more(stats.NOT_RECORDED, refused) if refused else {})
        self._count(counts)
        exit_code = -finished.status if finished.by_signal else finished.status
        why, path = ("", "") if missed is None else (missed.reason.word, missed.path)
        key = ticket.context.hex()
        not_shared = ticket.unshared if job.request.policy.remap else ""
        body = _body(
            "miss",
            job.program,
            job.request,
            exit_code,
            reason=refused,
            miss_reason=why,
            context_key=key,
            not_shared=not_shared,
        )
        outputs = [output.path for output in job.unit.outputs]
        text = (
            f"{_from_to(job.unit.source, outputs, job.request)} ({_because(why, path, refused, not_shared)})"
        )
        told = Told(counts | ({f"{MISSED}.{why}": 1} if why else {}), body, "MISS", text)
        self._note(told, session_of(job.request.invocation.env), took_ns)
        names = [job.locate(name) for name in (job.unit.source, *outputs)]
        at_ns = self._miss(
            ticket.context, job.request, names, took_ns, why=why, path=path, refused=refused, detail=detail
        )
        if ticket.parts is not None:
            source = os.path.normpath(names[0])
            stored_ns = 0 if refused else at_ns
            self._commands.append(Command(ticket.context, job.program, source, ticket.parts, stored_ns))

    def cold(self, reason: Reason) -> None:
        """Note a client that was sent to walk without the daemon."""
        self._count(stats.one_more(stats.COLD, reason.word))

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
            commands, self._commands = self._commands, []
            misses, self._misses = self._misses, []
            used, self._used = self._used, set()
        unheard += (event for event in events if event.session)
        if events:
            self._journal.append_all(event.line() for event in events)
        try:
            if unheard:
                self._sessions.note(unheard)
                unheard = []
            if misses:
                self._index.add_misses(commands, misses)
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

    def _note(self, told: Told, session: str, took_ns: int, *, is_fast: bool = False) -> None:
        self._events.append(Event(told, session, took_ns, time.time_ns(), is_fast))
        if session and not self._is_urged and self._sessions.is_urgent(session):
            self._is_urged = True
            self._urge()

    def _miss(self, context: Key, request: Request, names: Iterable[str], took_ns: int, **more: str) -> int:
        """Keep what a miss can be explained by, and return when it began."""
        # Results are recorded behind the build's back: by its end one could seem to follow the next.
        cwd, at_ns = request.invocation.cwd, time.time_ns() - took_ns
        paths = tuple(os.path.normpath(os.path.join(cwd, name)) for name in names)
        self._misses.append(Miss(at_ns, context, paths, **more))
        return at_ns

    def _count(self, counts: Mapping[str, int]) -> None:
        with self._lock:
            for name, count in counts.items():
                self._counts[name] += count


def _body(
    outcome: str,
    program: str,
    request: Request,
    exit_code: int,
    *,
    reason: str = "",
    miss_reason: str = "",
    context_key: str = "",
    not_shared: str = "",
) -> bytes:
    invocation = request.invocation
    return body_of(
        JournalRecord(
            outcome=outcome,
            compiler=program,
            args=invocation.args,
            cwd=invocation.cwd,
            env=tuple((name, value) for name, value in invocation.env.items() if name in _KEPT_ENV),
            exit_code=exit_code,
            reason=reason,
            miss_reason=miss_reason,
            context_key=context_key,
            not_shared=not_shared,
        )
    )


def _because(why: str, path: str, refused: str, not_shared: str) -> str:
    """Return why a command missed and was not kept, in the log's words."""
    reason = f"reason: {why or refused}" + (f": {path}" if path else "")
    reason += f"; not kept: {refused}" if why and refused else ""
    return f"{reason}; not shared: {not_shared}" if not_shared else reason


def _from_to(source: str, outputs: Iterable[str], request: Request) -> str:
    """Return `source -> output`, names as the user would write them."""
    below = f"{request.invocation.cwd}/"
    first = next(iter(outputs), "")
    names = (source, first.removeprefix(below))
    return " -> ".join(name.removeprefix(SCRATCH) for name in names)
