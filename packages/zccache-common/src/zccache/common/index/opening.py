"""Knows how the index file is opened, made and set aside, one process at a time. It never reads a row.

SQLite ties a database to its -wal and -shm by name alone. Whoever opened the file while
another renames it could put a new log beside the old pages, so all of this happens under
one lock. It is flock(2) on the file that filelock would lock too, without its import (48 ms).
"""

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from typing import Final

from zccache.common.errors import IndexUnavailable
from zccache.common.index.schema import TABLES, VERSION
from zccache.common.layout import Layout

WAIT_S: Final = 5.0
"""How long a statement or an opening waits for another process before the cache is given up for now."""

DAMAGE: Final = (sqlite3.DatabaseError, UnicodeDecodeError)
"""What a damaged file makes sqlite3 raise; UnicodeDecodeError where the words of its error were damaged."""

_KEPT_ASIDE: Final = 3
_POLL_S: Final = 0.001


def identity(path: str) -> tuple[int, int] | None:
    """Return which file lies at path (device, inode), or None."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def open_file(layout: Layout) -> tuple[sqlite3.Connection, tuple[int, int], bool]:
    """Return a connection, which file it is on, and whether another format was set aside for it.

    Raises sqlite3.DatabaseError for a damaged file, IndexUnavailable when it cannot be had.
    """
    with _turn(layout):
        connection = _connect(layout)
        moved = False
        try:
            version = _version(connection)
            if version not in {0, VERSION}:
                connection.close()
                _move_away(layout, f"format-{version}")
                connection, version, moved = _connect(layout), 0, True
            if version == 0:
                _make(connection)
            # Reading makes SQLite open the -wal that belongs to this file, while nobody can rename it.
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("SELECT entries FROM totals").fetchone()
        except BaseException:
            connection.close()
            raise
        found = identity(layout.index)
    if found is None:
        connection.close()
        raise IndexUnavailable(f"index {layout.index}: gone while it was opened")
    return connection, found, moved


def set_aside(layout: Layout, damaged: tuple[int, int] | None, why: str) -> bool:
    """Move a damaged index below crashes/, unless another process has; return whether we did.

    damaged is the file that was seen to be so, None when it could not even be opened.
    """
    with _turn(layout):
        if damaged is None:
            if _opens(layout):
                return False
        elif identity(layout.index) != damaged:
            return False
        _move_away(layout, why)
        return True


def complaints(layout: Layout) -> list[str]:
    """Return what is wrong with the file as a whole, without touching it; nothing where there is none."""
    if identity(layout.index) is None:
        return []
    try:
        with contextlib.closing(_connect(layout)) as connection:
            with _turn(layout):
                version = _version(connection)
                if version != VERSION:
                    return [f"its format is {version}, not {VERSION}"]
                connection.execute("SELECT entries FROM totals").fetchone()
            # It reads the whole file: nobody may have to wait for that.
            rows = connection.execute("PRAGMA quick_check(10)").fetchall()
    except DAMAGE as error:
        return [str(error)]
    return [str(row[0]) for row in rows if row[0] != "ok"]


def _opens(layout: Layout) -> bool:
    try:
        with contextlib.closing(_connect(layout)) as connection:
            if _version(connection) == VERSION:
                connection.execute("SELECT entries FROM totals").fetchone()
    except DAMAGE:
        return False
    return True


def _connect(layout: Layout) -> sqlite3.Connection:
    # Each thread has its own connection; the check is off so that close() can end them all.
    return sqlite3.connect(layout.index, timeout=WAIT_S, isolation_level=None, check_same_thread=False)


def _version(connection: sqlite3.Connection) -> int:
    number: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if number == 0 and connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        # Tables without a version: a file cut short while it was made, or not one of ours.
        raise sqlite3.DatabaseError("tables of no known format")
    return number


def _make(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(f"BEGIN IMMEDIATE; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;")


def _move_away(layout: Layout, why: str) -> None:
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    target = f"{layout.crashes}/index-{stamp}-{why}-{os.getpid()}.sqlite3"
    with contextlib.suppress(FileExistsError):
        os.mkdir(layout.crashes, 0o700)
    for ending in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            os.rename(layout.index + ending, target + ending)
    names = sorted(name for name in os.listdir(layout.crashes) if name.startswith("index-"))
    stems = sorted({name.partition(".sqlite3")[0] for name in names})
    for name in names:
        if name.partition(".sqlite3")[0] in stems[:-_KEPT_ASIDE]:
            os.unlink(f"{layout.crashes}/{name}")


@contextlib.contextmanager
def _turn(layout: Layout) -> Iterator[None]:
    """Hold the opening lock; raise IndexUnavailable when another has it for too long.

    Raises OSError where the folder of locks is gone: a root that somebody deleted is not made again here.
    """
    fd = os.open(f"{layout.locks}/index.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _wait_for(fd)
        yield
    finally:
        os.close(fd)


def _wait_for(fd: int) -> None:
    import fcntl

    deadline = time.monotonic() + WAIT_S
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise IndexUnavailable("index: another process holds index.lock for too long") from None
            time.sleep(_POLL_S)
        else:
            return
