"""Knows the statements on entries, records and the blobs they hold; each runs inside one transaction."""

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from zccache.common.digests import Digest
from zccache.common.index.entries import Entry, Record
from zccache.common.index.entry_bytes import decode_blobs, encode_blobs, encode_entry
from zccache.common.index.record_bytes import encode_record
from zccache.common.index.schema import RECORDS_KEPT
from zccache.common.keys import Key

_LOOKED_UP_AT_ONCE = 500


class Totals(NamedTuple):
    """How much there is: bytes counts whole disk blocks of blobs and the used pages of the index."""

    entries: int
    bytes: int
    artifacts: int


class Evicted(NamedTuple):
    """What left the index: how many entries, and the blobs that nothing holds any more."""

    entries: int
    blobs: list[Digest]


def newest_records(
    connection: sqlite3.Connection, context: Key, *, skip: int, limit: int
) -> list[tuple[Key, bytes]]:
    """Return result keys and encoded records of a context, newest first."""
    rows = connection.execute(
        "SELECT result, value FROM records WHERE context = ? ORDER BY seq DESC LIMIT ? OFFSET ?",
        (context, limit, skip),
    )
    return rows.fetchall()


def entry_row(connection: sqlite3.Connection, result: Key) -> bytes | None:
    """Return an encoded entry, or None."""
    row = connection.execute("SELECT value FROM entries WHERE result = ?", (result,)).fetchone()
    return None if row is None else row[0]


def add_result(
    connection: sqlite3.Connection, context: Key, record: Record, entry: Entry, now_ns: int
) -> None:
    """Keep an entry and the record that leads to it; the context's oldest leave when there are too many."""
    remove_results(connection, [record.result])
    blobs = list(entry.blobs())
    connection.execute(
        "INSERT INTO entries VALUES (?, ?, ?, ?)",
        (entry.result, now_ns, encode_blobs(blobs), encode_entry(entry)),
    )
    connection.executemany(
        "INSERT INTO artifacts VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET holders = holders + 1", blobs
    )
    _insert_record(connection, context, record)
    crowded_out = connection.execute(
        "SELECT result FROM records WHERE context = ? ORDER BY seq DESC LIMIT -1 OFFSET ?",
        (context, RECORDS_KEPT),
    )
    remove_results(connection, [row[0] for row in crowded_out.fetchall()])


def add_way(connection: sqlite3.Connection, context: Key, record: Record) -> None:
    """Keep one more record that leads to an entry that is there; the context's oldest leave, entries stay."""
    if entry_row(connection, record.result) is None:
        return
    _insert_record(connection, context, record)
    connection.execute(
        "DELETE FROM records WHERE seq IN"
        " (SELECT seq FROM records WHERE context = ? ORDER BY seq DESC LIMIT -1 OFFSET ?)",
        (context, RECORDS_KEPT),
    )


def _insert_record(connection: sqlite3.Connection, context: Key, record: Record) -> None:
    connection.execute(
        "INSERT INTO records (context, result, value) VALUES (?, ?, ?)",
        (context, record.result, encode_record(record)),
    )


def remove_results(connection: sqlite3.Connection, results: Iterable[Key]) -> list[Digest]:
    """Remove entries and the records that lead to them; return the blobs that nothing holds any more."""
    freed: list[Digest] = []
    for result in results:
        connection.execute("DELETE FROM records WHERE result = ?", (result,))
        row = connection.execute("SELECT blobs FROM entries WHERE result = ?", (result,)).fetchone()
        if row is None:
            continue
        connection.execute("DELETE FROM entries WHERE result = ?", (result,))
        for blob in decode_blobs(row[0]):
            connection.execute("UPDATE artifacts SET holders = holders - 1 WHERE digest = ?", (blob.digest,))
            gone = connection.execute(
                "DELETE FROM artifacts WHERE digest = ? AND holders <= 0", (blob.digest,)
            )
            if gone.rowcount:
                freed.append(blob.digest)
    return freed


def remove_least_used(connection: sqlite3.Connection, count: int, before_ns: int) -> Evicted:
    """Remove the count entries whose last use is longest ago, of those last used before before_ns."""
    rows = connection.execute(
        "SELECT result FROM entries WHERE used_ns < ? ORDER BY used_ns LIMIT ?", (before_ns, count)
    ).fetchall()
    return Evicted(len(rows), remove_results(connection, [row[0] for row in rows]))


def mark_used(connection: sqlite3.Connection, results: Iterable[Key], now_ns: int) -> None:
    """Put the last use of entries at now_ns."""
    connection.executemany(
        "UPDATE entries SET used_ns = ? WHERE result = ?", [(now_ns, result) for result in results]
    )


def held(connection: sqlite3.Connection, digests: list[Digest]) -> set[Digest]:
    """Return those of digests that some entry holds."""
    found: set[Digest] = set()
    for at in range(0, len(digests), _LOOKED_UP_AT_ONCE):
        some = digests[at : at + _LOOKED_UP_AT_ONCE]
        marks = ",".join("?" * len(some))
        rows = connection.execute(f"SELECT digest FROM artifacts WHERE digest IN ({marks})", some)
        found.update(row[0] for row in rows)
    return found


def read_totals(connection: sqlite3.Connection) -> Totals:
    """Return the totals; a few page reads, however large the cache."""
    row = connection.execute("SELECT entries, artifacts, bytes FROM totals").fetchone()
    if row is None or not all(isinstance(number, int) for number in row):
        raise sqlite3.DatabaseError("malformed totals")
    entries, artifacts, blob_bytes = row
    pages, unused, page_bytes = (
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_count", "freelist_count", "page_size")
    )
    return Totals(entries, blob_bytes + (pages - unused) * page_bytes, artifacts)


def remove_all(connection: sqlite3.Connection) -> None:
    """Forget every result, every memo and what misses are explained by; counters and sessions stay."""
    for table in ("records", "entries", "artifacts", "memo", "commands", "misses"):
        connection.execute(f"DELETE FROM {table}")
