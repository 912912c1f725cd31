"""Knows sessions: which one a command belongs to, what each has seen, and the journal and log of its own.

A session lives in the index, so daemons and cold walks add to the same one, and it ends
when somebody says so, or when nothing was heard of it for a day. An id of a session that
there is not is an id like any other: the command is counted for nobody.
"""

import contextlib
import os
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from zccache.common import stats
from zccache.common.index.database import Index
from zccache.common.index.sessions import Session, SessionId, Standing
from zccache.common.journal import Line, encode_line
from zccache.common.keys import Key
from zccache.common.store.delivery import Method

VARIABLE: Final = "ZCCACHE_SESSION_ID"
FORGOTTEN_AFTER_NS: Final = 24 * 3600 * 1_000_000_000

_FORM: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_MOST_REMEMBERED: Final = 1000


class Told(NamedTuple):
    """What is told of a command, each time the same while its outcome is: counts, journal, log.

    body is from the journal's body_of; mark is the log's word for the outcome, empty where
    the text says it; saved_ns is what the compiler took when the result was made.
    """

    counts: Mapping[str, int]
    body: bytes
    mark: str
    text: str
    saved_ns: int = 0


class Event(NamedTuple):
    """One command: what is told of it, for which session (or none), what it took and when.

    result and methods are of a hit: what was delivered, and how each of its files was.
    is_fast: answered from memory.
    """

    told: Told
    session: str
    took_ns: int
    at_ns: int
    result: Key | None = None
    methods: tuple[Method, ...] = ()
    is_fast: bool = False

    def add_to(self, counts: Counter[str]) -> None:
        """Add what this command counts for."""
        counts.update(self.told.counts)
        if self.told.saved_ns:
            counts[stats.TIME_SAVED_NS] += max(0, self.told.saved_ns - self.took_ns)

    def line(self) -> Line:
        """Return the journal's line."""
        return Line(self.told.body, self.took_ns, self.at_ns, self.session)


def session_id(text: str) -> SessionId | None:
    """Return the session that a text names, whether there is one or not; None for no UUID."""
    lowered = text.lower()
    return SessionId(lowered) if _FORM.fullmatch(lowered) else None


def session_of(env: Mapping[str, str]) -> str:
    """Return the id of the session that a command of this environment belongs to, or nothing."""
    return session_id(env.get(VARIABLE, "")) or ""


class Sessions:
    """The sessions of one cache root, as a process that answers commands sees them; safe from any thread."""

    def __init__(self, index: Index) -> None:
        """Keep counts in the index."""
        self._index = index
        self._without_files: set[str] = set()

    def is_urgent(self, session: str) -> bool:
        """Whether somebody may be reading along what becomes of this session's commands."""
        return session not in self._without_files

    def note(self, events: Iterable[Event]) -> None:
        """Add events to their sessions' counts, journals and logs; raise IndexUnavailable, nothing done."""
        by_session: dict[SessionId, list[Event]] = defaultdict(list)
        for event in events:
            by_session[SessionId(event.session)].append(event)
        counts = {name: _counted(some) for name, some in by_session.items()}
        found = self._index.add_to_sessions(counts, time.time_ns())
        if len(self._without_files) > _MOST_REMEMBERED:
            self._without_files.clear()
        for name, some in by_session.items():
            session = found.get(name)
            if session is None or not (session.journal or session.log):
                self._without_files.add(name)
                continue
            _append(session.journal, b"".join(encode_line(event.line()) for event in some))
            _append(session.log, "".join(map(_log_line, some)).encode(errors="surrogateescape"))


def _counted(events: Sequence[Event]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for event in events:
        event.add_to(counts)
    return counts


def _log_line(event: Event) -> str:
    mark, text = event.told.mark, event.told.text.replace("\n", "\\n")
    if not mark:
        return f"{text}\n"
    return f"[{mark}{'_FAST' if event.is_fast else ''}] {text}\n"


def _append(path: str, data: bytes) -> None:
    """Add to a file of a session, opened for this alone; what cannot be written is lost."""
    if not path:
        return
    # A fifo without a reader must not hold up a daemon.
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
    with contextlib.suppress(OSError):
        fd = os.open(path, flags, 0o600)
        try:
            os.write(fd, data)
        finally:
            os.close(fd)


def answer_session(request: Mapping[str, object], index: Index) -> dict[str, object]:
    """Return the answer to session_start, session_stats or session_end; raise IndexUnavailable.

    The answer has the session as `plain` returns it, None for one that there is not.
    """
    if request.get("command") == "session_start":
        return {"session": plain(Standing(_start(request, index), {}))}
    named = session_id(str(request.get("id", "")))
    ask: Callable[[SessionId], Standing | None] = (
        index.end_session if request.get("command") == "session_end" else index.session
    )
    standing = ask(named) if named is not None else None
    return {"session": None if standing is None else plain(standing)}


def plain(standing: Standing) -> dict[str, object]:
    """Return a session's standing in values that JSON can hold."""
    session = standing.session
    return {
        "id": session.id,
        "started_ns": session.started_ns,
        "cwd": session.cwd,
        "stats": session.wants_stats,
        "log": session.log,
        "journal": session.journal,
        "counts": dict(standing.counts),
    }


def _start(request: Mapping[str, object], index: Index) -> Session:
    import uuid

    now_ns = time.time_ns()
    session = Session(
        SessionId(str(uuid.uuid4())),
        now_ns,
        cwd=str(request.get("cwd", "")),
        wants_stats=request.get("stats") is True,
        log=str(request.get("log", "")),
        journal=str(request.get("journal", "")),
    )
    index.start_session(session, now_ns - FORGOTTEN_AFTER_NS)
    index.add_counts({stats.SESSIONS_TOTAL: 1})
    return session
