"""Knows what rustfmt formats: the files that it lists when asked aside, and where else modules may lie."""

import os
from typing import Final

from zccache.common.command.reports import ModuleList
from zccache.common.command.runner import run_quietly
from zccache.common.evidence.proof import Evidence, prove_unmoved, unmoved_answer_files
from zccache.common.evidence.rust import module_twins
from zccache.common.freshness import Trails
from zccache.common.includes.places import Places
from zccache.common.index.entries import Input
from zccache.common.reasons import Reason
from zccache.common.request import NotStored, Ticket
from zccache.common.rooms import Rooms
from zccache.common.values import dataclass

_MARK: Final = b"Formatting "


@dataclass(frozen=True, slots=True)
class ModulesReading:
    """The files that were formatted, and the places that must stay empty."""

    inputs: tuple[Input, ...]
    places: Places

    def gather(self, ticket: Ticket, rooms: Rooms) -> Evidence | NotStored:  # noqa: ARG002 (others search)
        """Return what the run rested on: all of it was found out while the front waited."""
        return Evidence(self.inputs, self.places)


def read_modules(ticket: Ticket, report: ModuleList, rooms: Rooms) -> ModulesReading | NotStored:
    """Return what rustfmt read, proven unmoved since it started: it has rewritten nothing then."""
    job = ticket.job
    trails = Trails(ticket.started_ns)
    moved = unmoved_answer_files(ticket, trails)
    if moved is not None:
        return moved
    env = {**job.request.invocation.env, "ZCCACHE_GUARD": "run"}
    said = run_quietly([job.program, *report.aside], job.cwd, env)
    lines = [line for line in said.stdout.splitlines() if line.startswith(_MARK)]
    named = [os.fsdecode(line.removeprefix(_MARK)) for line in lines]
    if said.status not in {0, 1} or not named or said.stderr:
        return NotStored(Reason.NO_REPORT, "rustfmt does not list what it formats")
    paths = dict.fromkeys(map(job.locate, (job.unit.source, *named, *ticket.read_digests)))
    inputs = prove_unmoved(paths, trails, ticket, rooms)
    if isinstance(inputs, NotStored):
        return inputs
    twins = {path for path in module_twins(paths) if not os.path.lexists(path)}
    return ModulesReading(inputs, _with_folders(Places({}, ()).with_absent(twins), ticket))


def _with_folders(places: Places, ticket: Ticket) -> Places:
    """Add the folder named like a source: where it is there, modules are sought in it."""
    job = ticket.job
    empty = {folder: set(names) for folder, names in places.empty.items()}
    for source in map(job.locate, (job.unit.source, *ticket.read_digests)):
        folder, name = os.path.split(source)
        stem = os.path.splitext(name)[0]
        if not os.path.isdir(os.path.join(folder, stem)):
            empty.setdefault(folder, set()).add(f"{stem}/")
    return Places({folder: tuple(sorted(empty[folder])) for folder in sorted(empty)}, ())
