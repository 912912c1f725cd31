"""Knows what a run rested on as plain values, and how it is proven that a file did not move meanwhile."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from zccache.common.digests import Digest, digest_bytes
from zccache.common.evidence.heeded import Heeded
from zccache.common.freshness import Trails, changed_ns
from zccache.common.includes.places import Places
from zccache.common.index.entries import Input
from zccache.common.reasons import Reason
from zccache.common.request import NotStored, Ticket
from zccache.common.rooms import Rooms


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
        known = rooms.digests.known(path)
        if known is None:
            return NotStored(Reason.INPUT_MISSING, path)
        # No proof: somebody has it open for writing, and what the compiler saw cannot be told from its times.
        if not (known.is_proof and changed_ns(known.signature) < ticket.started_ns and trails.is_old(path)):
            return NotStored(Reason.INPUT_CHANGED, path)
        if not ticket.job.is_scratch(path):
            inputs.append(Input(path, known.digest, known.signature))
        if ticket.read_digests.get(path, known.digest) != known.digest:
            return NotStored(Reason.INPUT_CHANGED, path)
    return tuple(inputs)
