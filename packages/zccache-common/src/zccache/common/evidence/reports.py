"""Knows which way of telling leads to which evidence: a new way is a file and a line here."""

from zccache.common.command.reports import (
    ArchiveMembers,
    AssemblerList,
    HeaderList,
    LinkReport,
    Listed,
    ModuleList,
    NamedFiles,
    NamedLibraries,
    RustDepInfo,
)
from zccache.common.evidence.archive import read_archive
from zccache.common.evidence.assembly import read_assembly
from zccache.common.evidence.checked import read_checked
from zccache.common.evidence.link import read_link
from zccache.common.evidence.listed import read_listed
from zccache.common.evidence.modules import read_modules
from zccache.common.evidence.named_files import read_named_files
from zccache.common.evidence.proof import Reading
from zccache.common.evidence.rust import read_rust
from zccache.common.evidence.texts import read_texts
from zccache.common.request import Finished, NotStored, Ticket
from zccache.common.rooms import Rooms


def read_inputs(ticket: Ticket, finished: Finished, rooms: Rooms) -> Reading | NotStored:
    """Return what the run read, proven unmoved since it started, or why that cannot be told.

    finished holds what it printed: some tell it there.
    """
    reading: Reading | NotStored
    match ticket.job.unit.report:
        case AssemblerList() as report:
            reading = read_assembly(ticket, report, rooms)
        case NamedFiles():
            reading = read_named_files(ticket, rooms)
        case Listed():
            reading = read_listed(ticket, rooms)
        case RustDepInfo() as report:
            reading = read_rust(ticket, report, rooms)
        case ModuleList() as report:
            reading = read_modules(ticket, report, rooms)
        case HeaderList():
            reading = read_checked(ticket, finished, rooms)
        case LinkReport() | NamedLibraries():
            reading = read_link(ticket, rooms)
        case ArchiveMembers():
            reading = read_archive(ticket, rooms)
        case _:
            reading = read_texts(ticket, finished.stdout, rooms)
    return reading
