"""Knows connections, transactions, and what to do with a damaged file; it knows no table.

A thread has its own connection. Reads run in WAL mode and wait for no writer; writes are
short BEGIN IMMEDIATE transactions. Before each use one stat (1.3 us) tells whether the
file under the name is still the one that was opened: another process may have set it
aside, somebody may have deleted the whole root.
"""

import contextlib
import errno
import sqlite3
import threading
from collections.abc import Callable
from typing import Final, TypeVar

from zccache.common.errors import IndexUnavailable
from zccache.common.index.opening import DAMAGE, identity, open_file, set_aside
from zccache.common.layout import Layout

Result = TypeVar("Result")

# Our statements break no rule of our tables, so a broken rule (CONSTRAINT, MISMATCH) is damage too.
_DAMAGE: Final = frozenset(
    {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH}
)


class Connections:
    """The connections of one process to the index, opened when first used; a damaged file is begun anew."""

    def __init__(self, layout: Layout, started_anew: Callable[[], None]) -> None:
        """started_anew is called, with the new file in place, after an old one was set aside."""
        self._layout = layout
        self._started_anew = started_anew
        self._own = threading.local()
        self._lock = threading.Lock()
        self._open: list[sqlite3.Connection] = []

    def read(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Return what work reads; raise IndexUnavailable."""
        return self._attempt(work)

    def write(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Return what work returns once its changes are committed, all or none; raise IndexUnavailable."""

        def transaction(connection: sqlite3.Connection) -> Result:
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = work(connection)
                connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise
            return result

        return self._attempt(transaction)

    def close(self) -> None:
        """Close every thread's connection; the next use opens a new one."""
        with self._lock:
            connections, self._open = self._open, []
            self._own = threading.local()
        for connection in connections:
            connection.close()

    def _attempt(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        try:
            try:
                return work(self._connection())
            except DAMAGE as error:
                if not _is_damage(error):
                    raise
                self._begin_anew()
            return work(self._connection())
        except (sqlite3.Error, UnicodeDecodeError, OSError) as error:
            raise IndexUnavailable(f"index {self._layout.index}: {error}{_next_step(error)}") from error

    def _connection(self) -> sqlite3.Connection:
        file = identity(self._layout.index)
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if connection is not None:
            if file is not None and self._own.file == file:
                return connection
            self._drop(connection)
        # Not remembered before it is open: damage found while opening has no file to compare with.
        self._own.connection = self._own.file = None
        connection, self._own.file, moved = open_file(self._layout)
        self._own.connection = connection
        with self._lock:
            self._open.append(connection)
        if moved:
            self._started_anew()
        return connection

    def _begin_anew(self) -> None:
        file: tuple[int, int] | None = getattr(self._own, "file", None)
        moved = set_aside(self._layout, file, "damaged")
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if connection is not None:
            self._drop(connection)
            self._own.connection = None
        if moved:
            self._started_anew()

    def _drop(self, connection: sqlite3.Connection) -> None:
        """Close a connection to a moved file: SQLite sees that and leaves the new file's log alone."""
        with self._lock:
            if connection in self._open:
                self._open.remove(connection)
        with contextlib.suppress(sqlite3.Error):
            connection.close()


def _next_step(error: Exception) -> str:
    """Return what there is to do about a disk that is full; nothing for what passes by itself."""
    code = getattr(error, "sqlite_errorcode", None)
    if code != sqlite3.SQLITE_FULL and getattr(error, "errno", None) != errno.ENOSPC:
        return ""
    return "; make room on that disk, or set ZCCACHE_CACHE_DIR to a folder on another"


def _is_damage(error: Exception) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        # Raised by Python: a text that is not UTF-8, or our own word on tables that make no sense.
        return not isinstance(error, sqlite3.ProgrammingError | sqlite3.NotSupportedError)
    # Our statements never change, so a table or column that they miss was lost.
    return (code & 0xFF) in _DAMAGE or str(error).startswith(("no such ", "malformed "))
