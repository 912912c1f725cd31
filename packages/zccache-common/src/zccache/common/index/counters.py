"""Knows the statements on the counters; what they are called is the business of `stats`."""

import sqlite3
from collections.abc import Mapping


def add(connection: sqlite3.Connection, counts: Mapping[str, int]) -> None:
    """Add to counters, which start at nothing."""
    connection.executemany(
        "INSERT INTO counters VALUES (?, ?) ON CONFLICT DO UPDATE SET value = value + excluded.value",
        counts.items(),
    )


def read(connection: sqlite3.Connection) -> dict[str, int]:
    """Return every counter."""
    rows = connection.execute("SELECT name, value FROM counters")
    return {name: value for name, value in rows if isinstance(name, str) and isinstance(value, int)}


def zero(connection: sqlite3.Connection) -> None:
    """Begin to count anew."""
    connection.execute("DELETE FROM counters")
