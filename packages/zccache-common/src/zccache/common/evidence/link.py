"""Knows what a link rested on: what the linker says it read, and where it looked for that before."""

import os
import re
from typing import Final

from zccache.common.command.reports import LinkReport
from zccache.common.evidence.link_line import LinkLine, ask_link_line
from zccache.common.evidence.link_trail import Trail, UnknownCauseError
from zccache.common.evidence.proof import Evidence, prove_unmoved, unmoved_answer_files
from zccache.common.freshness import Trails
from zccache.common.includes.places import Places
from zccache.common.index.entries import Input
from zccache.common.links.depfile import parse_link_depfile
from zccache.common.links.paths import tidy
from zccache.common.reasons import Reason
from zccache.common.request import NotStored, Ticket
from zccache.common.rooms import Rooms
from zccache.common.tools.link_words import read_link_words
from zccache.common.values import dataclass

_TEMPORARY: Final = re.compile(r"cc\w{6}.*|lto-.*|.*\.ltrans\d+\..*")


@dataclass(frozen=True, slots=True)
class LinkReading:
    """The files that the linker read; listed are those that it told, or that its words name.

    sought are names of scripts that GNU ld tells without the folder in which it found them.
    """

    trails: Trails
    inputs: tuple[Input, ...]
    listed: tuple[str, ...]
    sought: tuple[str, ...]

    def gather(self, ticket: Ticket, rooms: Rooms) -> Evidence | NotStored:
        """Return all that the link rested on: with what it read, where it searched in vain."""
        line = ask_link_line(ticket.job, rooms)
        if line is None:
            return NotStored(Reason.NO_REPORT, "the driver does not tell how it links")
        own = {os.path.realpath(known.path) for known in ticket.job.toolchain.files}
        if line.program and os.path.realpath(ticket.job.locate(line.program)) not in own:
            return NotStored(Reason.UNKNOWN_LINKER, line.program)
        try:
            trail = Trail.follow(line, self.listed, self.sought, ticket.job)
        except UnknownCauseError as unknown:
            return NotStored(Reason.UNSEEN_INPUT, str(unknown))
        known = {item.path for item in self.inputs}
        others = prove_unmoved(sorted(set(map(tidy, trail.files)) - known), self.trails, ticket, rooms)
        if isinstance(others, NotStored):
            return others
        return Evidence((*self.inputs, *others), Places({}, ()).with_absent(map(tidy, trail.absent)))


def read_link(ticket: Ticket, rooms: Rooms) -> LinkReading | NotStored:
    """Return what the linker read, proven unmoved since it started."""
    job = ticket.job
    trails = Trails(ticket.started_ns)
    moved = unmoved_answer_files(ticket, trails)
    if moved is not None:
        return moved
    report = job.unit.report
    told = _told(ticket, report) if isinstance(report, LinkReport) else (_named(ticket), ())
    if isinstance(told, NotStored):
        return told
    listed, sought = told
    named = (*map(job.locate, (job.unit.source,)), *ticket.read_digests, *listed)
    inputs = prove_unmoved(dict.fromkeys(named), trails, ticket, rooms)
    return inputs if isinstance(inputs, NotStored) else LinkReading(trails, inputs, listed, sought)


def _told(ticket: Ticket, report: LinkReport) -> tuple[tuple[str, ...], tuple[str, ...]] | NotStored:
    """Return the files that the linker names, and the names that lead to none from here."""
    path = ticket.job.locate(report.path) if report.path else ticket.report_path
    try:
        with open(path, "rb") as file:
            named = parse_link_depfile(file.read())
    except OSError:
        named = ()
    if not named:
        return NotStored(Reason.NO_REPORT, path)
    listed, sought = [], []
    for readings in named:
        places = [tidy(ticket.job.locate(name)) for name in readings]
        there = next((place for place in places if os.path.exists(place)), None)
        if there is not None:
            listed.append(there)
        elif not os.path.isabs(readings[0]):
            sought.append(readings[0])
        elif not _is_temporary(places[0], ticket):
            return NotStored(Reason.INPUT_MISSING, places[0])
    return tuple(listed), tuple(sought)


def _is_temporary(path: str, ticket: Ticket) -> bool:
    """Whether a name is that of a step of link-time optimization, which is gone by now."""
    env = ticket.job.request.invocation.env
    folders = (env.get(name, "") for name in ("TMPDIR", "TMP", "TEMP"))
    is_in_tmp = os.path.dirname(path) in {"/tmp", *(folder.rstrip("/") for folder in folders)}
    return is_in_tmp and _TEMPORARY.fullmatch(os.path.basename(path)) is not None


def _named(ticket: Ticket) -> tuple[str, ...]:
    """Return what a linker may have read that tells nothing: all that its words can lead to."""
    job = ticket.job
    words = read_link_words(job.plan.words)
    return tuple(
        place
        for place in (tidy(job.locate(name)) for name in LinkLine(words, ()).places_of_named())
        if os.path.isfile(place)
    )
