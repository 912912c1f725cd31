"""Knows what an archive rested on: its members, and what thin archives stand for."""

import os
from typing import Final

from zccache.common.evidence.proof import Evidence, prove_unmoved, unmoved_answer_files
from zccache.common.freshness import Trails
from zccache.common.includes.places import Places
from zccache.common.index.entries import Input
from zccache.common.links.archives import INDEXES, THIN, BadArchive, members
from zccache.common.links.thin import thin_files
from zccache.common.reasons import Reason
from zccache.common.request import NotStored, Ticket
from zccache.common.rooms import Rooms
from zccache.common.values import dataclass

# GNU ar 2.40, of u where it writes no times (D) by default: all members are replaced then.
_IGNORED: Final = b"modifier ignored since `D' is the default"


@dataclass(frozen=True, slots=True)
class ArchiveReading:
    """The files that went into an archive."""

    inputs: tuple[Input, ...]

    def gather(self, ticket: Ticket, rooms: Rooms) -> Evidence | NotStored:  # noqa: ARG002 (others search)
        """Return what the archive rested on; nothing is sought for one."""
        return Evidence(self.inputs, Places({}, ()))


def read_archive(
    ticket: Ticket, unless_ignored: str, said: bytes, rooms: Rooms
) -> ArchiveReading | NotStored:
    """Return what went into the archive, proven unmoved since the archiver started.

    The archive itself, as it was before, is in the key: it is rewritten. said is what the
    archiver printed as its errors.
    """
    if unless_ignored and _IGNORED not in said:
        return NotStored(Reason.UNSEEN_INPUT, unless_ignored)
    job = ticket.job
    trails = Trails(ticket.started_ns)
    moved = unmoved_answer_files(ticket, trails)
    if moved is not None:
        return moved
    archive = job.locate(job.unit.outputs[0].path)
    named = dict.fromkeys(map(job.locate, (job.unit.source, *ticket.read_digests)))
    named.pop(archive, None)
    # The index of a thin archive is made anew from the files that it stands for.
    behind = dict.fromkeys(member for path in (*named, archive) for member in thin_files(path))
    inputs = prove_unmoved({**named, **behind}, trails, ticket, rooms)
    if isinstance(inputs, NotStored):
        return inputs
    try:
        with open(archive, "rb") as file:
            data = file.read()
        found = tuple(members(data))
    except BadArchive as bad:
        return NotStored(Reason.UNMODELLED_OUTPUT, f"{archive}: {bad}")
    if any(member.is_dated for member in found):
        return NotStored(Reason.RANDOM_OUTPUT, f"{archive}: times and owners in it")
    if _is_new(archive, ticket) and not data.startswith(THIN):
        # With P a member has the name that was typed.
        own = {os.fsencode(os.path.basename(path)) for path in named}
        own.update(map(os.fsencode, job.plan.read_files))
        stranger = next((member for member in found if member.name not in {*own, *INDEXES}), None)
        if stranger is not None:
            # Somebody else made the archive in between, and ours went into it.
            return NotStored(Reason.INPUT_CHANGED, f"{archive}: {os.fsdecode(stranger.name)}")
    return ArchiveReading(inputs)


def _is_new(archive: str, ticket: Ticket) -> bool:
    """Whether there was no such archive when the command began."""
    return any(extra.path == archive and extra.known is None for extra in ticket.job.extras)
