"""Knows which files and folders can change without an event: those the fence does not cover."""

import os
from typing import Final

from zccache.common.digests import signature_of
from zccache.common.freshness import has_writer
from zccache.daemon.mounts import Mounts
from zccache.daemon.watched import Folder, Point, Uncovered

_UID: Final = os.geteuid()


def check_file(fd: int, point: Point, mounts: Mounts) -> None:
    """Raise OSError where the open file is another, Uncovered where it could change without an event."""
    status = os.fstat(fd)
    if signature_of(status) != point.signature:
        raise FileNotFoundError("another file, or other bytes")
    if not mounts.is_local(status.st_dev):
        raise Uncovered("file_system")
    if not point.is_distributed:
        _check_no_writer(fd, status)


def check_folder(folder: Folder, mounts: Mounts) -> None:
    """Raise Uncovered where files could appear in a folder without an event; OSError where it is gone."""
    if not folder.is_covered:
        if not mounts.is_local(os.stat(folder.path).st_dev):
            raise Uncovered("file_system")
        folder.is_covered = True


def _check_no_writer(fd: int, status: os.stat_result) -> None:
    """Raise Uncovered where somebody has the file open for writing: then a read lease is refused."""
    if _UID not in (0, status.st_uid):
        raise Uncovered("owned_by_another")
    try:
        is_held = has_writer(fd)
    except OSError as error:
        raise Uncovered("no_lease") from error
    if is_held:
        raise Uncovered("open_for_writing")
