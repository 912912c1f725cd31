"""Knows what a run read whose words name every input."""

from zccache.common.evidence.proof import Evidence, prove_unmoved, unmoved_answer_files
from zccache.common.freshness import Trails
from zccache.common.includes.places import Places
from zccache.common.index.entries import Input
from zccache.common.request import NotStored, Ticket
from zccache.common.rooms import Rooms
from zccache.common.values import dataclass


@dataclass(frozen=True, slots=True)
class ListedReading:
    """The files that the words name."""

    inputs: tuple[Input, ...]

    def gather(self, ticket: Ticket, rooms: Rooms) -> Evidence | NotStored:  # noqa: ARG002 (others search)
        """Return what the run rested on; it searched nowhere."""
        return Evidence(self.inputs, Places({}, ()))


def read_listed(ticket: Ticket, rooms: Rooms) -> ListedReading | NotStored:
    """Return what the run read, proven unmoved since it started."""
    job = ticket.job
    trails = Trails(ticket.started_ns)
    moved = unmoved_answer_files(ticket, trails)
    if moved is not None:
        return moved
    named = dict.fromkeys(map(job.locate, (job.unit.source, *ticket.read_digests)))
    inputs = prove_unmoved(named, trails, ticket, rooms)
    return inputs if isinstance(inputs, NotStored) else ListedReading(inputs)
