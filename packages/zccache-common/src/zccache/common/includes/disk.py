"""Knows what the search for headers asks of a disk, and the real one, which lists each folder once."""

import os
import stat
import sys
from collections.abc import Callable
from typing import Protocol


class Disk(Protocol):
    """Folders and files as the compiler sees them: links are followed unless said otherwise."""

    def listing(self, folder: str) -> frozenset[str] | None:
        """Return the names in a folder, or None where absence from them proves nothing."""

    def is_file(self, path: str) -> bool:
        """Whether something that is no folder can be opened at path."""

    def is_folder(self, path: str) -> bool:
        """Whether path leads to a folder."""

    def identity(self, path: str) -> tuple[int, int] | None:
        """Return device and inode of what path leads to, or None when nothing is there."""

    def size(self, path: str) -> int:
        """Return how many bytes are in the file that path leads to, or -1 when nothing is there."""

    def link_target(self, path: str) -> str | None:
        """Return what the symbolic link at path says, or None when it is no link."""

    def real_path(self, path: str) -> str:
        """Return the path with all links resolved."""

    def times(self, path: str) -> tuple[int, int]:
        """Return the later ctime of the path itself and what it leads to, and the latter's mtime; ns."""

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, or None when they cannot be read."""


class LocalDisk:
    """The disk of this machine, for one question: what was there once is there for good."""

    def __init__(self, look: Callable[[str], frozenset[str] | None] | None = None) -> None:
        """Start with nothing remembered; look lists a folder as list_folder does, but may be quicker."""
        self._look = look or list_folder
        self._listings: dict[str, frozenset[str] | None] = {}
        self._files: dict[str, bool] = {}
        self._folders: dict[str, bool] = {}

    def listing(self, folder: str) -> frozenset[str] | None:
        """Return the names in a folder; None: missing, closed to us, or blind to upper and lower case."""
        if folder not in self._listings:
            self._listings[folder] = self._look(folder)
        return self._listings[folder]

    def is_file(self, path: str) -> bool:
        """Whether something that is no folder is at path."""
        known = self._files.get(path)
        if known is None:
            known = self._files[path] = _is_file(path)
        return known

    def is_folder(self, path: str) -> bool:
        """Whether path leads to a folder."""
        if path not in self._folders:
            self._folders[path] = os.path.isdir(path)
        return self._folders[path]

    def identity(self, path: str) -> tuple[int, int] | None:
        """Return device and inode of what path leads to, or None."""
        try:
            status = os.stat(path)
        except (OSError, ValueError):
            return None
        return status.st_dev, status.st_ino

    def size(self, path: str) -> int:
        """Return the size of what path leads to, or -1."""
        try:
            return os.stat(path).st_size
        except (OSError, ValueError):
            return -1

    def link_target(self, path: str) -> str | None:
        """Return what the link at path says, or None."""
        try:
            return os.readlink(path)
        except (OSError, ValueError):
            return None

    def real_path(self, path: str) -> str:
        """Return the path with all links resolved."""
        return os.path.realpath(path)

    def times(self, path: str) -> tuple[int, int]:
        """Return ctime (of link and target, the later) and mtime; of a path that is gone: the far future."""
        try:
            target, link = os.stat(path), os.lstat(path)
        except OSError:
            return sys.maxsize, sys.maxsize
        return max(target.st_ctime_ns, link.st_ctime_ns), target.st_mtime_ns

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, or None."""
        try:
            with open(path, "rb") as file:
                return file.read()
        except OSError:
            return None


def _is_file(path: str) -> bool:
    try:
        return not stat.S_ISDIR(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def list_folder(folder: str) -> frozenset[str] | None:
    """Return the names in a folder; None: missing, closed to us, or blind to upper and lower case."""
    try:
        names = frozenset(os.listdir(folder))
    except OSError:
        return None
    return None if _is_blind_to_case(folder, names) else names


def _is_blind_to_case(folder: str, names: frozenset[str]) -> bool:
    """Whether a name can be opened under another spelling than the listed one (Windows drives, ext4 +F)."""
    if sys.platform in {"darwin", "win32"}:
        # Here not even swapping the case would tell: these also fold accents.
        return bool(names)
    for name in names:
        other = name.swapcase()
        if other not in names:
            return os.path.lexists(f"{folder}/{other}")
    return False
