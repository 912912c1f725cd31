"""Knows how a run that has just ended becomes a record: what it wrote, beside what it read."""

import contextlib
import os
import stat

from zccache.common.blobs import Blob
from zccache.common.command.plan import OutputKind
from zccache.common.deploying import deployed
from zccache.common.digests import signature_of
from zccache.common.errors import IndexUnavailable, StoreUnavailable
from zccache.common.evidence.proof import Reading
from zccache.common.freshness import changed_ns
from zccache.common.index.entries import StoredOutput
from zccache.common.reasons import Reason
from zccache.common.request import Finished, NotStored, Ticket
from zccache.common.rooms import Rooms
from zccache.common.values import dataclass

_NEVER_EMPTY = frozenset(
    (
        OutputKind.OBJECT,
        OutputKind.ASSEMBLY,
        OutputKind.PRECOMPILED_HEADER,
        OutputKind.CRATE_METADATA,
        OutputKind.LIBRARY,
        OutputKind.LINKED,
        OutputKind.ARCHIVE,
    )
)


def collect_outputs(ticket: Ticket, rooms: Rooms) -> tuple[StoredOutput, ...] | NotStored:
    """Put every file that the compile wrote into the store; raise StoreUnavailable."""
    stored = []
    for output in (*ticket.job.unit.outputs, *deployed(ticket)):
        path = ticket.job.locate(output.path)
        status = _written(path, ticket.started_ns)
        if status is None:
            if output.required:
                return NotStored(Reason.OUTPUT_MISSING, output.path)
            continue
        if not stat.S_ISREG(status.st_mode):
            return NotStored(Reason.OUTPUT_NOT_A_FILE, output.path)
        if output.kind in _NEVER_EMPTY and not status.st_size:
            return NotStored(Reason.OUTPUT_MISSING, output.path)
        # What is rewritten in place has kept the mode that somebody gave it.
        mode_bits = 0o777 if status.st_mode & 0o100 and not output.in_place else 0o666
        stored.append(StoredOutput(output.path, rooms.artifacts.put_file(path), mode_bits))
    return tuple(stored)


@dataclass(frozen=True, slots=True)
class Captured:
    """A compile that has ended, and all of it that the build may change from now on."""

    ticket: Ticket
    finished: Finished
    reading: Reading
    outputs: tuple[StoredOutput, ...]

    def blobs(self) -> list[Blob]:
        """Return what its outputs have put into the store."""
        return [output.blob for output in self.outputs]


def discard_unheld(blobs: list[Blob], rooms: Rooms) -> None:
    """Remove blobs that no entry holds, since the result they belong to is not kept."""
    with contextlib.suppress(StoreUnavailable, IndexUnavailable):
        digests = [blob.digest for blob in blobs]
        for digest in set(digests) - rooms.index.held(digests):
            rooms.artifacts.remove(digest)


def _written(path: str, started_ns: int) -> os.stat_result | None:
    """Return the status of an output, or None where nothing is or what is there is from before."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status if changed_ns(signature_of(status)) >= started_ns else None
