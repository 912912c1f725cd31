"""Knows how every row is read, some at a time, and how what is counted from rows is counted anew."""

import sqlite3
from collections import Counter
from typing import NamedTuple

from zccache.common.blobs import Blob
from zccache.common.digests import Digest
from zccache.common.index.entry_bytes import decode_blobs
from zccache.common.index.schema import BLOCK_BYTES
from zccache.common.keys import Key

_AT_ONCE = 200


class EntryRow(NamedTuple):
    """A row of entries as it lies there."""

    result: Key
    blobs: list[Blob]
    value: object


class RecordRow(NamedTuple):
    """A row of records as it lies there; has_entry: the result that it leads to is there."""

    seq: int
    result: Key
    value: object
    has_entry: bool


def some_entries(connection: sqlite3.Connection, after: bytes) -> list[EntryRow]:
    """Return the next entries whose key is larger."""
    rows = connection.execute(
        "SELECT result, blobs, value FROM entries WHERE result > ? ORDER BY result LIMIT ?", (after, _AT_ONCE)
    )
    return [EntryRow(Key(result), decode_blobs(blobs), value) for result, blobs, value in rows]


def some_records(connection: sqlite3.Connection, after: int) -> list[RecordRow]:
    """Return the next records, oldest first."""
    rows = connection.execute(
        "SELECT seq, result, value, EXISTS (SELECT 1 FROM entries WHERE entries.result = records.result)"
        " FROM records WHERE seq > ? ORDER BY seq LIMIT ?",
        (after, _AT_ONCE),
    )
    return [RecordRow(seq, Key(result), value, bool(has_entry)) for seq, result, value, has_entry in rows]


def is_counted_right(connection: sqlite3.Connection) -> bool:
    """Tell whether holders and totals are what the entries say."""
    holders = _holders(connection)
    rows = connection.execute("SELECT digest, size_bytes, holders FROM artifacts").fetchall()
    counted = {Blob(Digest(digest), size_bytes): count for digest, size_bytes, count in rows}
    totals = connection.execute("SELECT entries, artifacts, bytes FROM totals").fetchall()
    return counted == holders and totals == [_totals(connection)]


def count_anew(connection: sqlite3.Connection) -> None:
    """Make holders and totals what the entries say."""
    holders = _holders(connection)
    connection.execute("DELETE FROM artifacts")
    connection.executemany(
        "INSERT OR IGNORE INTO artifacts VALUES (?, ?, ?)",
        ((*blob, count) for blob, count in holders.items()),
    )
    connection.execute("DELETE FROM totals")
    connection.execute("INSERT INTO totals VALUES (?, ?, ?)", _totals(connection))


def _holders(connection: sqlite3.Connection) -> Counter[Blob]:
    holders: Counter[Blob] = Counter()
    for (blobs,) in connection.execute("SELECT blobs FROM entries"):
        holders.update(decode_blobs(blobs))
    return holders


def _totals(connection: sqlite3.Connection) -> tuple[int, int, int]:
    entries: int = connection.execute("SELECT count(*) FROM entries").fetchone()[0]
    artifacts, blocks = connection.execute(
        f"SELECT count(*), coalesce(sum((size_bytes + {BLOCK_BYTES - 1}) / {BLOCK_BYTES}), 0) FROM artifacts"
    ).fetchone()
    return entries, artifacts, blocks * BLOCK_BYTES
