"""Knows what stands where a step's outputs go: what must stay as it is, and what must go out of the way."""

import os
import stat
from collections.abc import Iterable

from zccache.common.freshness import changed_ns, signature_at
from zccache.common.request import Job
from zccache.common.rooms import Rooms
from zccache.common.store.delivery import Mode, detach


def detach_outputs(job: Job, rooms: Rooms) -> None:
    """Take names of blobs, and what is left of them, out of the way of a compiler that may write there."""
    linked = job.request.policy.mode is Mode.HARDLINK
    for output in job.unit.outputs:
        path = job.locate(output.path)
        detach(rooms.artifacts, path, umask=job.request.umask, left_over_too=linked)


def detach_all(paths: Iterable[str], umask: int, rooms: Rooms) -> None:
    """Do so with names of blobs among files that may be the user's own, under the client's umask."""
    for path in paths:
        detach(rooms.artifacts, path, umask=umask)


def last_change_ns(job: Job) -> int:
    """Return when what stands where outputs go last changed, 0 where nothing does.

    A compile that begins in a later tick tells what it wrote from what was there.
    """
    found = (signature_at(job.locate(output.path)) for output in job.unit.outputs)
    return max((changed_ns(signature) for signature in found if signature is not None), default=0)


def can_hold_a_file(path: str, *, is_linked: bool) -> bool:
    """Whether a compile leaves a regular file there: nothing is, or one that it writes anew."""
    try:
        status = os.lstat(path)
    except OSError:
        return True
    # An empty file, as mktemp makes one, keeps its mode or not, as the linker likes.
    return stat.S_ISREG(status.st_mode) and not (is_linked and not status.st_size)
