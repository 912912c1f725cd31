"""Knows the statements on the memo: small facts that cost much to find out, by kind and key."""

import sqlite3
from typing import Final

KEPT: Final = 50_000
"""Facts kept when the index is trimmed, the newest ones; each can be found out again."""


def get(connection: sqlite3.Connection, kind: str, key: bytes) -> bytes | None:
    """Return a fact, or None."""
    row = connection.execute("SELECT value FROM memo WHERE kind = ? AND key = ?", (kind, key)).fetchone()
    return row[0] if row is not None and isinstance(row[0], bytes) else None


def put(connection: sqlite3.Connection, kind: str, key: bytes, value: bytes) -> None:
    """Keep a fact in place of the one before."""
    connection.execute("DELETE FROM memo WHERE kind = ? AND key = ?", (kind, key))
    connection.execute("INSERT INTO memo (kind, key, value) VALUES (?, ?, ?)", (kind, key, value))


def forget_oldest(connection: sqlite3.Connection, kept: int = KEPT) -> None:
    """Forget all but the facts that were put last."""
    connection.execute("DELETE FROM memo WHERE id <= (SELECT max(id) FROM memo) - ?", (kept,))
