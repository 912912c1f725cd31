"""Knows which way of telling leads to which evidence: a new way is a file and a line here.

Each is imported when a run tells that way: most tell the last.
"""

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
from zccache.common.evidence.proof import Reading
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
            from zccache.common.evidence.assembly import read_assembly

            reading = read_assembly(ticket, report, rooms)
        case NamedFiles():
            from zccache.common.evidence.named_files import read_named_files

            reading = read_named_files(ticket, rooms)
        case Listed():
            from zccache.common.evidence.listed import read_listed

            reading = read_listed(ticket, rooms)
        case RustDepInfo() as report:
            from zccache.common.evidence.rust import read_rust

            reading = read_rust(ticket, report, rooms)
        case ModuleList() as report:
            from zccache.common.evidence.modules import read_modules

            reading = read_modules(ticket, report, rooms)
        case HeaderList():
            from zccache.common.evidence.checked import read_checked

            reading = read_checked(ticket, finished, rooms)
        case LinkReport() | NamedLibraries():
            from zccache.common.evidence.link import read_link

            reading = read_link(ticket, rooms)
        case ArchiveMembers(letter):
            from zccache.common.evidence.archive import read_archive

            reading = read_archive(ticket, letter, finished.stderr, rooms)
        case _:
            reading = read_texts(ticket, finished.stdout, rooms)
    return reading
