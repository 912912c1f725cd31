"""Knows what the other rooms may ask of the index; the statements are in results, memo and counters."""

import contextlib
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from zccache.common.digests import Digest
from zccache.common.errors import BadBytes, IndexUnavailable, RootUnusable
from zccache.common.index import commands, counters, memo, results, sessions
from zccache.common.index.commands import Command, Miss
from zccache.common.index.connections import Connections
from zccache.common.index.entries import Entry, Record
from zccache.common.index.entry_bytes import decode_entry
from zccache.common.index.record_bytes import decode_record
from zccache.common.index.results import Evicted, Totals
from zccache.common.index.rows import (
    EntryRow,
    RecordRow,
    count_anew,
    is_counted_right,
    some_entries,
    some_records,
)
from zccache.common.index.schema import RECORDS_KEPT
from zccache.common.index.sessions import Session, SessionId, Standing
from zccache.common.keys import Key
from zccache.common.layout import Layout

SET_ASIDE_COUNTER = "index_set_aside"

_VACUUM_PAGES = 2000
_END_OF_TIME_NS = (1 << 63) - 1


class Index:
    """The index of one cache root, for all threads of a process.

    Every method raises IndexUnavailable when the file cannot be used just now (locked for
    5 s, full, read-only, gone). A damaged file, or one of another format, is set aside below
    crashes/ and the method answers from a new one; a damaged row is absent, and is deleted.
    """

    def __init__(self, layout: Layout) -> None:
        self._connections = Connections(layout, self._count_set_aside)

    @classmethod
    def open(cls, layout: Layout) -> "Index":
        """Return the index of a root, made where there is none."""
        try:
            layout.create()
        except RootUnusable as error:
            raise IndexUnavailable(str(error)) from error
        index = cls(layout)
        index.totals()
        return index

    def records(self, context: Key) -> Iterator[Record]:
        """Yield what is known of a context, newest first.

        The first record, mostly the one, is fetched alone: the others are read and
        decoded only for a caller that goes on.
        """
        for skip, limit in ((0, 1), (1, RECORDS_KEPT - 1)):
            rows = self._newest(context, skip, limit)
            for result, value in rows:
                try:
                    record = decode_record(result, value)
                except BadBytes:
                    self._remove_damaged(result)
                else:
                    yield record
            if len(rows) < limit:
                return

    def entry(self, result: Key) -> Entry | None:
        """Return what a compile made, or None."""
        value = self._connections.read(lambda connection: results.entry_row(connection, result))
        if value is None:
            return None
        try:
            return decode_entry(result, value)
        except BadBytes:
            self._remove_damaged(result)
            return None

    def add_record(self, context: Key, record: Record, entry: Entry) -> None:
        """Keep an entry and the record that leads to it, both or neither; the blobs are stored before."""
        now_ns = time.time_ns()
        self._connections.write(
            lambda connection: results.add_result(connection, context, record, entry, now_ns)
        )

    def add_way(self, context: Key, record: Record) -> None:
        """Keep one more record that leads to an entry, if the entry is still there."""
        self._connections.write(lambda connection: results.add_way(connection, context, record))

    def remove(self, found: Iterable[Key]) -> list[Digest]:
        """Remove entries (a blob of theirs is gone, say); return the blobs that nothing holds any more."""
        return self._connections.write(lambda connection: results.remove_results(connection, found))

    def touch(self, used: Iterable[Key], now_ns: int) -> None:
        """Put the last use of entries at now_ns; call it with many at a time."""
        self._connections.write(lambda connection: results.mark_used(connection, used, now_ns))

    def memo_get(self, kind: str, key: bytes) -> bytes | None:
        """Return a remembered fact, or None."""
        return self._connections.read(lambda connection: memo.get(connection, kind, key))

    def memo_put(self, kind: str, key: bytes, value: bytes) -> None:
        """Remember a fact."""
        self._connections.write(lambda connection: memo.put(connection, kind, key, value))

    def add_counts(self, counts: Mapping[str, int]) -> None:
        """Add to the counters, all in one transaction."""
        self._connections.write(lambda connection: counters.add(connection, counts))

    def counts(self) -> dict[str, int]:
        """Return every counter that was ever added to since the last zero()."""
        return self._connections.read(counters.read)

    def zero(self) -> None:
        """Set every counter to nothing."""
        self._connections.write(counters.zero)

    def totals(self) -> Totals:
        """Return how much the cache holds; the cost does not grow with it."""
        return self._connections.read(results.read_totals)

    def evict_least_used(self, count: int, *, before_ns: int = _END_OF_TIME_NS) -> Evicted:
        """Remove the count entries whose last use is longest ago, of those last used before before_ns."""
        return self._connections.write(
            lambda connection: results.remove_least_used(connection, count, before_ns)
        )

    def held(self, digests: list[Digest]) -> set[Digest]:
        """Return those of digests that some entry holds."""
        return self._connections.read(lambda connection: results.held(connection, digests))

    def all_entries(self) -> Iterator[EntryRow]:
        """Yield every row of entries; others may come and go meanwhile."""
        after = b""
        while rows := self._connections.read(partial(some_entries, after=after)):
            yield from rows
            after = rows[-1].result

    def all_records(self) -> Iterator[RecordRow]:
        """Yield every row of records; others may come and go meanwhile."""
        after = 0
        while rows := self._connections.read(partial(some_records, after=after)):
            yield from rows
            after = rows[-1].seq

    def is_counted_right(self) -> bool:
        """Tell whether what is counted from entries (who holds a blob, the totals) is right."""
        return self._connections.write(is_counted_right)

    def count_anew(self) -> None:
        """Count what is counted from entries anew."""
        self._connections.write(count_anew)

    def add_misses(self, ran: Iterable[Command], missed: Iterable[Miss]) -> None:
        """Keep what misses can be explained by: commands that were run, commands that were not served."""
        self._connections.write(lambda connection: commands.add(connection, ran, missed))

    def command(self, context: Key) -> Command | None:
        """Return what is kept of a command that was run, or None."""
        return self._connections.read(lambda connection: commands.command(connection, context))

    def commands_like(self, source: str, limit: int) -> list[Command]:
        """Return stored commands of a source, and then of its namesakes elsewhere, the newest first."""
        return self._connections.read(lambda connection: commands.commands_like(connection, source, limit))

    def contexts_from(self, start: bytes, end: bytes, limit: int) -> list[Key]:
        """Return the contexts whose key, or that of a result of theirs, lies from start up to end."""
        return self._connections.read(
            lambda connection: commands.contexts_from(connection, start, end, limit)
        )

    def misses(self) -> list[Miss]:
        """Return the commands that were not served lately, the newest first."""
        return self._connections.read(commands.newest_misses)

    def start_session(self, session: Session, unused_before_ns: int) -> None:
        """Keep a session; those that were last used before that time are forgotten."""
        self._connections.write(lambda connection: sessions.put(connection, session, unused_before_ns))

    def session(self, session_id: SessionId) -> Standing | None:
        """Return how a session stands; None for one that has ended or was never started."""
        return self._connections.read(lambda connection: sessions.standing(connection, session_id))

    def add_to_sessions(
        self, counts: Mapping[SessionId, Mapping[str, int]], now_ns: int
    ) -> dict[SessionId, Session]:
        """Add to the counts of sessions; return those of them that there are."""
        return self._connections.write(lambda connection: sessions.add(connection, counts, now_ns))

    def end_session(self, session_id: SessionId) -> Standing | None:
        """End a session and return how it stood; None for one that there is not."""
        return self._connections.write(lambda connection: sessions.remove(connection, session_id))

    def sessions(self) -> int:
        """Return how many sessions have not ended."""
        return self._connections.read(sessions.count)

    def shrink(self) -> None:
        """Forget old memos and give pages that hold nothing back to the file system, some at a time."""
        self._connections.write(memo.forget_oldest)
        self._connections.read(_vacuum)

    def clear(self) -> None:
        """Forget every result, every memo and every miss; counters and sessions stay."""
        self._connections.write(results.remove_all)

    def close(self) -> None:
        """Close the connections of all threads."""
        self._connections.close()

    def _newest(self, context: Key, skip: int, limit: int) -> list[tuple[Key, bytes]]:
        return self._connections.read(
            lambda connection: results.newest_records(connection, context, skip=skip, limit=limit)
        )

    def _remove_damaged(self, result: Key) -> None:
        # The row is absent for the caller already; that it stays when nothing can be written is no error.
        with contextlib.suppress(IndexUnavailable):
            self.remove([result])

    def _count_set_aside(self) -> None:
        with contextlib.suppress(IndexUnavailable):
            self.add_counts({SET_ASIDE_COUNTER: 1})


def _vacuum(connection: sqlite3.Connection) -> None:
    before, unused = -1, 0
    while before != (unused := connection.execute("PRAGMA freelist_count").fetchone()[0]) and unused:
        before = unused
        # Stepped to its end by fetchall; each call is a write transaction of its own.
        connection.execute(f"PRAGMA incremental_vacuum({_VACUUM_PAGES})").fetchall()
