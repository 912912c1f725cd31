"""Knows what a checker read: the texts of the compiles that it repeated, and the files that direct it."""

import os
import re
from collections.abc import Iterable, Iterator
from typing import Final

from zccache.common.command.reports import CheckedText, HeaderList
from zccache.common.evidence.doubts import refused_trait
from zccache.common.evidence.mappings import mapping_places
from zccache.common.evidence.proof import Evidence, prove_unmoved, unmoved_answer_files
from zccache.common.freshness import Trails
from zccache.common.includes.candidates import plain
from zccache.common.includes.disk import LocalDisk
from zccache.common.includes.places import Opaque, Places, find_places
from zccache.common.includes.search import SearchPath
from zccache.common.includes.traits import Trait
from zccache.common.index.entries import Input
from zccache.common.reasons import Reason
from zccache.common.request import Finished, NotStored, Ticket
from zccache.common.rooms import Rooms
from zccache.common.values import dataclass

# In a configuration: words for the compile, which we do not see; files for a checker of the analyzer.
_HIDDEN: Final = re.compile(rb"\bExtraArgs|:Config\b|\bCTUDir\b|\bctu-dir\b|\bModelPath\b|\bmodel-path\b")


@dataclass(frozen=True, slots=True)
class CheckedReading:
    """What a checker read, by its list: texts are what the preprocessor saw, absent where directions may be.

    searches are the search paths of the report's texts, in their order. is_clean: nothing was said of an
    error, such as a header that was not found.
    """

    searches: tuple[SearchPath, ...]
    trails: Trails
    inputs: tuple[Input, ...]
    texts: frozenset[str]
    absent: frozenset[str]
    is_clean: bool

    def gather(self, ticket: Ticket, rooms: Rooms) -> Evidence | NotStored:
        """Return what the run rested on: what it read, and where it searched in vain."""
        texts = tuple(item for item in self.inputs if item.path in self.texts)
        refused = refused_trait(texts, ticket, rooms, assembler_told=True)
        if refused is not None:
            return refused
        for item in texts:
            scan = rooms.scan_of(item.path, item.digest)
            if scan.computed and not self.is_clean:
                # The one that was not found has a name that nobody tells.
                return NotStored(Reason.COMPUTED_INCLUDE, item.path)
            if Trait.EMBED in scan.traits:
                return NotStored(Reason.UNSEEN_INPUT, f"#embed in {item.path}")
        hidden = _hidden_direction(self.inputs, ticket)
        if hidden is not None:
            return hidden
        for path in sorted(self.absent):
            if os.path.lexists(path):
                return NotStored(Reason.APPEARED_DURING_COMPILE, path)
        places = Places({}, ()).with_absent(self.absent)
        for text, search in zip(_report(ticket).texts, self.searches, strict=True):
            found = _places(text, search, texts, ticket, rooms)
            if isinstance(found, Opaque):
                return NotStored(found.reason, found.detail)
            places = places.merged(found)
        return Evidence(self.inputs, places)


def read_checked(ticket: Ticket, finished: Finished, rooms: Rooms) -> CheckedReading | NotStored:
    """Return what a checker read, proven unmoved since it started."""
    job = ticket.job
    report = _report(ticket)
    searches = []
    for text in report.texts:
        search = rooms.header_search.path_for(
            job.toolchain,
            text.search_words,
            text.language,
            text.folder,
            job.request.invocation.env,
            report.search_question,
        )
        if search is None:
            return NotStored(Reason.NO_REPORT, "the checker does not tell its search path")
        searches.append(search)
    headers = _listed(ticket.report_path, report.texts)
    if isinstance(headers, NotStored):
        return headers
    trails = Trails(ticket.started_ns)
    moved = unmoved_answer_files(ticket, trails)
    if moved is not None:
        return moved
    sources = (job.locate(job.unit.source), *(text.source for text in report.texts))
    texts = dict.fromkeys((*sources, *headers))
    directions = {
        **dict.fromkeys(_configuration_places(texts, report.configurations)),
        **mapping_places(report.mappings, job.cwd, _read),
    }
    there = [path for path in directions if os.path.lexists(path)]
    named = dict.fromkeys((*texts, *ticket.read_digests, *there))
    inputs = prove_unmoved(named, trails, ticket, rooms)
    if isinstance(inputs, NotStored):
        return inputs
    absent = frozenset(map(plain, directions.keys() - set(there)))
    # A finding hides its file, and an exit status its cause; that there was an error is always said.
    is_clean = b"error" not in (finished.stdout + finished.stderr).lower()
    return CheckedReading(tuple(searches), trails, inputs, frozenset(texts), absent, is_clean)


def _report(ticket: Ticket) -> HeaderList:
    report = ticket.job.unit.report
    assert isinstance(report, HeaderList), report
    return report


def _listed(path: str, texts: tuple[CheckedText, ...]) -> tuple[str, ...] | NotStored:
    """Return the headers that the checker lists, absolute."""
    try:
        with open(path, "rb") as file:
            names = [os.fsdecode(line) for line in file.read().split(b"\n") if line]
    except OSError:
        return NotStored(Reason.NO_REPORT, path)
    folders = {text.folder for text in texts}
    if len(folders) > 1 and not all(map(os.path.isabs, names)):
        return NotStored(Reason.NO_REPORT, "names of several folders in one list")
    return tuple(dict.fromkeys(os.path.join(folder, name) for name in names for folder in folders))


def _configuration_places(texts: Iterable[str], names: tuple[str, ...]) -> Iterator[str]:
    """Yield where the configuration of each text may stand: its folder and all above, by name alone."""
    seen: set[str] = set()
    for text in texts if names else ():
        folder = os.path.dirname(text)
        while folder not in seen:
            seen.add(folder)
            yield from (os.path.join(folder, name) for name in names)
            folder = os.path.dirname(folder)


def _hidden_direction(inputs: tuple[Input, ...], ticket: Ticket) -> NotStored | None:
    """Return why the run is not kept if its configuration speaks of what nobody lists."""
    job = ticket.job
    report = _report(ticket)
    for word in job.plan.words:
        if report.configurations and _HIDDEN.search(os.fsencode(word)):
            return NotStored(Reason.UNSEEN_INPUT, word)
    for item in inputs:
        is_direction = (
            os.path.basename(item.path) in report.configurations or item.path in ticket.read_digests
        )
        if is_direction:
            with open(item.path, "rb") as file:
                found = _HIDDEN.search(file.read())
            if found is not None:
                return NotStored(Reason.UNSEEN_INPUT, f"{os.fsdecode(found[0])} in {item.path}")
    return None


def _places(
    text: CheckedText, search: SearchPath, texts: tuple[Input, ...], ticket: Ticket, rooms: Rooms
) -> Places | Opaque:
    digests = {item.path: item.digest for item in texts}
    # Several texts are read in one run, each with search words of its own; the list is of all of them.
    is_alone = len(_report(ticket).texts) == 1
    return find_places(
        source=text.source,
        inputs=tuple(digests),
        force_includes=text.force_includes,
        search=search,
        scans=lambda path: rooms.scan_of(path, digests[path]),
        disk=LocalDisk(),
        cwd=text.folder,
        dialect=ticket.job.plan.dialect,
        macro_values=text.macro_values,
        started_ns=ticket.started_ns,
        goes_on=True,
        named=frozenset() if is_alone else frozenset(map(plain, digests)),
    )


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None
