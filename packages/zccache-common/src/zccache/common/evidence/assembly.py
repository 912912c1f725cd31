"""Knows what an assembler that was called by itself read, by its own list, and where it looked in vain."""

import os

from zccache.common.command.reports import AssemblerList
from zccache.common.evidence.assembled import places_before
from zccache.common.evidence.proof import Evidence, prove_unmoved, unmoved_answer_files
from zccache.common.freshness import Trails
from zccache.common.includes.depfile import parse_depfile
from zccache.common.includes.places import Places
from zccache.common.index.entries import Input
from zccache.common.reasons import Reason
from zccache.common.request import NotStored, Ticket
from zccache.common.rooms import Rooms
from zccache.common.values import dataclass


@dataclass(frozen=True, slots=True)
class AssemblyReading:
    """The files that the assembler read, and the places where these would have been found before."""

    inputs: tuple[Input, ...]
    absent: frozenset[str]

    def gather(self, ticket: Ticket, rooms: Rooms) -> Evidence | NotStored:  # noqa: ARG002 (others search)
        """Return what the object rested on."""
        return Evidence(self.inputs, Places({}, ()).with_absent(self.absent))


def read_assembly(ticket: Ticket, report: AssemblerList, rooms: Rooms) -> AssemblyReading | NotStored:
    """Return what the assembler read, proven unmoved since it started."""
    job = ticket.job
    path = job.locate(report.path) if report.path else ticket.report_path
    try:
        with open(path, "rb") as file:
            named = parse_depfile(file.read())
    except OSError:
        named = ()
    if not named:
        return NotStored(Reason.NO_REPORT, path)
    trails = Trails(ticket.started_ns)
    moved = unmoved_answer_files(ticket, trails)
    if moved is not None:
        return moved
    known = (job.unit.source, *ticket.read_digests)
    inputs = prove_unmoved(dict.fromkeys(map(job.locate, (*known, *named))), trails, ticket, rooms)
    if isinstance(inputs, NotStored):
        return inputs
    sought = {job.locate(name) for name in named} - {job.locate(name) for name in known}
    places = places_before(ticket, sought)
    there = {place for place in places if os.path.lexists(place)}
    late = next((place for place in sorted(there) if not trails.is_old(place)), None)
    if late is not None:
        # A path can be cut into folder and name in several ways: what was there before was not sought.
        return NotStored(Reason.APPEARED_DURING_COMPILE, late)
    return AssemblyReading(inputs, frozenset(places - there))
