"""Knows what a run rested on as plain values, and how it is proven that a file did not move meanwhile."""

import os
from collections.abc import Iterable
from typing import Protocol

from zccache.common.digests import Digest, digest_bytes
from zccache.common.evidence.heeded import Heeded
from zccache.common.freshness import Known, Trails, changed_ns
from zccache.common.includes.places import Places
from zccache.common.index.entries import Input
from zccache.common.reasons import Reason
from zccache.common.request import NotStored, Ticket
from zccache.common.rooms import Rooms
from zccache.common.values import dataclass


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a compile rested on: its inputs, the places that were empty, what of the environment it heeded."""

    inputs: tuple[Input, ...]
    places: Places
    heeded: Heeded | None = None

    def digests(self) -> dict[str, Digest]:
        """Return the digest of each input by path, and under no path that of the places.

        Without these, an answer of __has_include would not tell two results apart.
        """
        return {"": digest_bytes(self.places.encode()), **{item.path: item.digest for item in self.inputs}}


class Reading(Protocol):
    """What a run read, by its report, and how each file lay on disk when the run had ended."""

    @property
    def inputs(self) -> tuple[Input, ...]:
        """Return the files that were read, proven unmoved."""
        ...

    def gather(self, ticket: Ticket, rooms: Rooms) -> Evidence | NotStored:
        """Return all that the run rested on: with what it read, where it searched in vain."""
        ...


def unmoved_answer_files(ticket: Ticket, trails: Trails) -> NotStored | None:
    """Return why the run is not kept if one of its @files has moved."""
    for name in ticket.job.plan.response_files:
        if not trails.is_old(ticket.job.locate(name)):
            return NotStored(Reason.INPUT_CHANGED, name)
    return None


def prove_unmoved(
    paths: Iterable[str], trails: Trails, ticket: Ticket, rooms: Rooms
) -> tuple[Input, ...] | NotStored:
    """Return the inputs, each last changed, and put in its place, before the compile began.

    What an earlier step has left is in the key, and no input of the record: its name will be another.
    """
    inputs = []
    for path in paths:
        if path.startswith(("/proc/", "/dev/")):
            return NotStored(Reason.NAME_OF_PROCESS, path)
        known = rooms.digests.known(path)
        if known is None:
            return NotStored(Reason.INPUT_MISSING, path)
        # No proof: somebody has it open for writing, and what the compiler saw cannot be told from its times.
        if not (known.is_proof and (_is_old(known, trails, ticket) or _is_renamed(known, trails, ticket))):
            return NotStored(Reason.INPUT_CHANGED, path)
        if not ticket.job.is_scratch(path):
            inputs.append(Input(path, known.digest, known.signature))
        if ticket.read_digests.get(path, known.digest) != known.digest:
            return NotStored(Reason.INPUT_CHANGED, path)
    return tuple(inputs)


def _is_old(known: Known, trails: Trails, ticket: Ticket) -> bool:
    return changed_ns(known.signature) < ticket.started_ns and trails.is_old(known.path)


def _is_renamed(known: Known, trails: Trails, ticket: Ticket) -> bool:
    """Tell whether nothing but the names of a crate's metadata can have changed since the run began.

    rustc 1.95 links it into its incremental state when it has made the code, and by then
    cargo has long had others compile against it. rustc never writes into one that is there.
    """
    before = ticket.crates.get(known.path)
    if before is None or not known.path.endswith(".rmeta") or os.path.islink(known.path):
        return False
    is_same = known.signature._replace(ctime_ns=before.signature.ctime_ns) == before.signature
    return is_same and known.digest == before.digest and trails.is_old(os.path.dirname(known.path))
