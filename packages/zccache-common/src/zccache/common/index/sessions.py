"""Knows what is kept of sessions: their bytes, and the statements on them and on their counts."""

import os
import sqlite3
import struct
from collections.abc import Mapping
from typing import Final, NamedTuple, NewType

from zccache.common.errors import BadBytes
from zccache.common.index.sealing import Cursor, seal, unseal
from zccache.common.values import dataclass

SessionId = NewType("SessionId", str)
"""A UUID in its usual form, in small letters."""

_FIXED: Final = struct.Struct("<BI")
_STATS: Final = 1
_WORDS: Final = 3


@dataclass(frozen=True, slots=True)
class Session:
    """A session: since when, the folder of its build, what it keeps. Paths are absolute, or empty."""

    id: SessionId
    started_ns: int
    cwd: str
    wants_stats: bool
    log: str = ""
    journal: str = ""


class Standing(NamedTuple):
    """A session and its counts."""

    session: Session
    counts: Mapping[str, int]


def encode_session(session: Session) -> bytes:
    """Return the bytes of a session; its id and its start are columns of their own."""
    words = [session.cwd, session.log, session.journal]
    text = os.fsencode("\0".join(words))
    return seal(_FIXED.pack(_STATS if session.wants_stats else 0, len(text)) + text)


def decode_session(session_id: SessionId, started_ns: int, data: object) -> Session:
    """Return the session in a row; raise BadBytes."""
    cursor = Cursor(unseal(data))
    flags, text_bytes = _FIXED.unpack(cursor.take(_FIXED.size))
    cwd, log, journal = cursor.words(text_bytes, _WORDS)
    cursor.end()
    return Session(session_id, started_ns, cwd, bool(flags & _STATS), log, journal)


def put(connection: sqlite3.Connection, session: Session, unused_before_ns: int) -> None:
    """Keep a session; those that were last used before that time are forgotten."""
    old = connection.execute("SELECT id FROM sessions WHERE used_ns < ?", (unused_before_ns,)).fetchall()
    for (session_id,) in old:
        remove(connection, session_id)
    connection.execute(
        "INSERT INTO sessions VALUES (?, ?, ?, ?)",
        (session.id, session.started_ns, session.started_ns, encode_session(session)),
    )


def get(connection: sqlite3.Connection, session_id: SessionId) -> Session | None:
    """Return a session that has not ended, or None."""
    row = connection.execute("SELECT started_ns, value FROM sessions WHERE id = ?", (session_id,)).fetchone()
    try:
        return None if row is None else decode_session(session_id, *row)
    except BadBytes:
        return None


def standing(connection: sqlite3.Connection, session_id: SessionId) -> Standing | None:
    """Return a session that has not ended with its counts, or None."""
    session = get(connection, session_id)
    if session is None:
        return None
    rows = connection.execute("SELECT name, value FROM session_counts WHERE id = ?", (session_id,))
    counts = {name: value for name, value in rows if isinstance(name, str) and isinstance(value, int)}
    return Standing(session, counts)


def add(
    connection: sqlite3.Connection, counts: Mapping[SessionId, Mapping[str, int]], now_ns: int
) -> dict[SessionId, Session]:
    """Add to the counts of sessions, and return those of them that there are."""
    found = {}
    for session_id, more in counts.items():
        session = get(connection, session_id)
        if session is None:
            continue
        found[session_id] = session
        connection.execute("UPDATE sessions SET used_ns = ? WHERE id = ?", (now_ns, session_id))
        connection.executemany(
            "INSERT INTO session_counts VALUES (?, ?, ?)"
            " ON CONFLICT DO UPDATE SET value = value + excluded.value",
            [(session_id, name, value) for name, value in more.items()],
        )
    return found


def remove(connection: sqlite3.Connection, session_id: SessionId) -> Standing | None:
    """End a session, and return how it stood; None where there is none."""
    last = standing(connection, session_id)
    connection.execute("DELETE FROM session_counts WHERE id = ?", (session_id,))
    connection.execute("DELETE FROM sessions WHERE id = ?", (session_id,))
    return last


def count(connection: sqlite3.Connection) -> int:
    """Return how many sessions have not ended."""
    number: int = connection.execute("SELECT count(*) FROM sessions").fetchone()[0]
    return number
