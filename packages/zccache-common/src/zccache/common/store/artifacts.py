"""Knows the blobs below artifacts/: how they come to be, are found, checked and removed.

A blob is written to tmp/, checked by its length and renamed to its digest's name. Nothing
is fsynced: after a power cut a blob may be short or hold zeros, but a blob counts only
with the length and digest that the index names, so that costs a miss and never a wrong
byte; an fsync would cost 1 to 10 ms on every miss.
"""

import contextlib
import itertools
import os
import stat
import time
from collections.abc import Iterator
from typing import Final

from zccache.common.blobs import Blob
from zccache.common.digests import Digest, digest_bytes, digest_descriptor
from zccache.common.errors import ArtifactMissing, StoreUnavailable
from zccache.common.layout import Layout
from zccache.common.store.copying import clone, copy, write_all

IN_MEMORY_BYTES: Final = 1 << 22
"""Files up to this size are read whole: they are hashed first and written only if they are new."""

_BLOB_MODE: Final = 0o444
_KEPT_ASIDE: Final = 8
_KEPT_ASIDE_BYTES: Final = 1 << 24


class Artifacts:
    """The content-addressed blobs of one cache root; safe to share between threads and processes."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._tmp_stem = f"{layout.tmp}/{os.getpid()}-{os.urandom(4).hex()}"
        self._numbers = itertools.count()

    def put_bytes(self, data: bytes) -> Blob:
        """Store data; the same bytes twice cost one stat. Raises StoreUnavailable."""
        blob = Blob(digest_bytes(data), len(data))
        try:
            if not self._is_there(blob):
                with self._fresh() as (path, fd):
                    write_all(fd, data)
                    self._publish(path, fd, blob)
        except OSError as error:
            raise StoreUnavailable(f"store {self._layout.root}: {error}") from error
        return blob

    def put_file(self, path: str) -> Blob:
        """Store what a regular file holds, wherever it lies; raise StoreUnavailable.

        A file that changes its length or time meanwhile is not stored.
        """
        try:
            source = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            try:
                before = os.fstat(source)
                if not stat.S_ISREG(before.st_mode):
                    raise StoreUnavailable(f"store: {path} is not a regular file")
                if before.st_size <= IN_MEMORY_BYTES:
                    data = os.read(source, before.st_size + 1)
                    _check_unmoved(path, source, before, len(data))
                    return self.put_bytes(data)
                return self._copy(path, source, before)
            finally:
                os.close(source)
        except OSError as error:
            raise StoreUnavailable(f"store {self._layout.root}: {error}") from error

    def path(self, digest: Digest) -> str:
        """Return where a blob lies, or would lie."""
        name = digest.hex()
        return f"{self._layout.artifacts}/{name[:2]}/{name[2:]}"

    def open(self, digest: Digest) -> int:
        """Return a descriptor to read a blob; eviction does not end it. Raises ArtifactMissing."""
        try:
            return os.open(self.path(digest), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise ArtifactMissing(f"artifact {digest.hex()} is gone") from error
        except OSError as error:
            raise StoreUnavailable(f"store {self._layout.root}: {error}") from error

    def verify(self, digest: Digest) -> bool:
        """Tell whether a blob holds what its name says; raise ArtifactMissing."""
        fd = self.open(digest)
        try:
            return digest_descriptor(fd) == digest
        finally:
            os.close(fd)

    def remove(self, digest: Digest) -> None:
        """Delete a blob; one that is gone is no error. Outputs that were names of it can then be written."""
        path = self.path(digest)
        try:
            _release(path)
            os.unlink(path)
        except FileNotFoundError:
            return
        except OSError as error:
            raise StoreUnavailable(f"store {self._layout.root}: {error}") from error

    def set_aside(self, digest: Digest) -> None:
        """Take a damaged blob out of the store: into crashes/ while few lie there, else for good."""
        path = self.path(digest)
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        with contextlib.suppress(OSError):
            aside = [name for name in os.listdir(self._layout.crashes) if name.startswith("artifact-")]
            _release(path)
            if len(aside) < _KEPT_ASIDE and os.stat(path).st_size <= _KEPT_ASIDE_BYTES:
                os.rename(path, f"{self._layout.crashes}/artifact-{stamp}-{digest.hex()}")
                return
        with contextlib.suppress(OSError):
            os.unlink(path)

    def digests(self) -> Iterator[tuple[Digest, os.DirEntry[str]]]:
        """Yield every blob that lies in the store, and its directory entry."""
        for folder in _entries(self._layout.artifacts):
            for entry in _entries(folder.path):
                with contextlib.suppress(ValueError):
                    digest = bytes.fromhex(folder.name + entry.name)
                    if len(digest) == 32:
                        yield Digest(digest), entry

    def total_bytes(self) -> int:
        """Return the length of all blobs, by looking at each; the index knows it without."""
        total = 0
        for _, entry in self.digests():
            with contextlib.suppress(OSError):
                total += entry.stat(follow_symlinks=False).st_size
        return total

    def clear(self) -> None:
        """Delete every blob."""
        for digest, _ in self.digests():
            self.remove(digest)

    def _is_there(self, blob: Blob) -> bool:
        path = self.path(blob.digest)
        try:
            if os.stat(path).st_size != blob.size_bytes:
                return False
            # A fresh time keeps the sweep for orphans away until the index row is written.
            os.utime(path)
        except FileNotFoundError:
            return False
        return True

    @contextlib.contextmanager
    def _fresh(self) -> Iterator[tuple[str, int]]:
        """Yield a new file below tmp/; it is removed unless it was renamed away."""
        path = f"{self._tmp_stem}-{next(self._numbers)}"
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _BLOB_MODE)
        try:
            yield path, fd
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(path)
            raise
        finally:
            os.close(fd)

    def _publish(self, path: str, fd: int, blob: Blob) -> None:
        written = os.fstat(fd).st_size
        if written != blob.size_bytes:
            raise StoreUnavailable(f"store: {written} bytes were written where {blob.size_bytes} were due")
        target = self.path(blob.digest)
        try:
            os.replace(path, target)
        except FileNotFoundError:
            with contextlib.suppress(FileExistsError):
                os.mkdir(os.path.dirname(target), 0o700)
            os.replace(path, target)

    def _copy(self, path: str, source: int, before: os.stat_result) -> Blob:
        """Store a large file: cloned or else copied in the kernel; it is the copy that is hashed."""
        with self._fresh() as (fresh, fd):
            if not clone(source, fd):
                copy(source, fd, before.st_size)
            os.lseek(fd, 0, os.SEEK_SET)
            blob = Blob(digest_descriptor(fd), os.fstat(fd).st_size)
            _check_unmoved(path, source, before, blob.size_bytes)
            if self._is_there(blob):
                os.unlink(fresh)
            else:
                self._publish(fresh, fd, blob)
        return blob


def _release(path: str) -> None:
    """Let the owner write to what has other names than that of a blob: nothing else may be left of it soon.

    rustc and clang refuse to write to a read-only file, whoever runs them.
    """
    status = os.stat(path)
    if status.st_nlink > 1:
        os.chmod(path, stat.S_IMODE(status.st_mode) | stat.S_IWUSR)


def _check_unmoved(path: str, fd: int, before: os.stat_result, read_bytes: int) -> None:
    after = os.fstat(fd)
    if (after.st_size, after.st_mtime_ns) != (
        before.st_size,
        before.st_mtime_ns,
    ) or read_bytes != before.st_size:
        raise StoreUnavailable(f"store: {path} changed while it was read")


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except (FileNotFoundError, NotADirectoryError):
        return []
