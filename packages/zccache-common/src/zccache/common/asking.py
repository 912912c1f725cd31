"""Knows how a compiler is asked to tell what it reads, beside its work, and where it leaves its answers.

GNU as lists what .incbin and .include read (`-Wa,--MD`), through its macros too, and the object
stays the same. It is asked only for texts of its own, and by commands whose texts were seen to
need it: a foreign assembler would fail on the word.
"""

import contextlib
import os
from typing import Final, NamedTuple

from zccache.common.command.plan import ASSEMBLERS, Dialect, OutputKind
from zccache.common.command.reports import (
    AddedDepfile,
    AddedHeaderList,
    AssemblerList,
    DependencyJson,
    HeaderList,
    LinkReport,
    RustDepInfo,
)
from zccache.common.command.runner import run_quietly
from zccache.common.deploying import listing_of
from zccache.common.keys import Key, parts_key
from zccache.common.request import Job, Spread, Ticket
from zccache.common.rooms import Rooms

_WANTED: Final = "assembler's list wanted"
_TELLS: Final = "assembler tells"


class Question(NamedTuple):
    """What is added to a command: words, and NAME=value for its environment."""

    words: tuple[str, ...]
    env_changes: tuple[str, ...]
    assembler_report: str


def question(job: Job, context: Key, report_path: str, rooms: Rooms) -> Question:
    """Return what to add to a command, so that its report lies at report_path, the assembler's beside."""
    is_wanted = job.unit.language in ASSEMBLERS or rooms.index.memo_get(_WANTED, context) is not None
    listing = f"{report_path}.as" if is_wanted and _can_be_asked(job, rooms) else ""
    asked = _words(listing) if listing else ()
    match job.unit.report:
        case RustDepInfo(linker_words=words) if words:
            return Question((*words[:-1], f"{words[-1]}{report_path}"), (), "")
        case AddedDepfile(words, glued):
            return Question((*words, glued + report_path, *asked), (), listing)
        case AssemblerList(path=""):
            return Question(("--MD", report_path), (), "")
        case DependencyJson(words):
            return Question((*words, report_path), (), "")
        case LinkReport(words, path):
            return Question(() if path else (*words[:-1], f"{words[-1]}{report_path}"), (), "")
        case AddedHeaderList():
            changes = ("CC_PRINT_HEADERS=1", f"CC_PRINT_HEADERS_FILE={report_path}")
            return Question(asked, changes, listing)
        case HeaderList(words, glue):
            return Question((*words, glue + report_path), (), "")
        case _:
            return Question(asked, (), listing)


def ask_assembler_next_time(ticket: Ticket, rooms: Rooms) -> None:
    """Remember that this command is to ask its assembler, if that is one which answers."""
    if _can_be_asked(ticket.job, rooms):
        rooms.index.memo_put(_WANTED, ticket.context, b"1")


def discard_report(ticket: Ticket) -> None:
    """Remove the reports that the compiler was told to leave."""
    for path in (ticket.report_path, ticket.assembler_report, listing_of(ticket)):
        with contextlib.suppress(OSError):
            os.unlink(path)


def discard_run(ticket: Ticket | Spread) -> None:
    """Give back all that a run which nobody will finish has laid out."""
    if isinstance(ticket, Ticket):
        discard_report(ticket)
    if ticket.sequel is not None:
        ticket.sequel.abandon()


def _can_be_asked(job: Job, rooms: Rooms) -> bool:
    makes_object = any(output.kind is OutputKind.OBJECT for output in job.unit.outputs)
    if job.plan.dialect is not Dialect.GCC or not makes_object or job.toolchain.is_script:
        return False
    return _has_telling_assembler(job, rooms)


def _has_telling_assembler(job: Job, rooms: Rooms) -> bool:
    """Whether the compiler's assembler lists what it reads: found out once, on an empty text."""
    key = parts_key("assembler", job.toolchain.identity)
    known = rooms.index.memo_get(_TELLS, key)
    if known is None:
        name = f"{rooms.layout.tmp}/{rooms.next_name()}"
        listing, unused = f"{name}.as", f"{name}.o"
        own = [word for word in job.plan.driver_words if word.startswith("-B")]
        argv = [job.program, *own, "-c", "-x", "assembler", "-", *_words(listing), "-o", unused]
        env = {**job.request.invocation.env, "ZCCACHE_GUARD": "run"}
        said = run_quietly(argv, rooms.layout.tmp, env)
        tells = said.status == 0 and not said.stdout and not said.stderr and os.path.exists(listing)
        known = b"1" if tells else b"0"
        for path in (listing, unused):
            with contextlib.suppress(OSError):
                os.unlink(path)
        rooms.index.memo_put(_TELLS, key, known)
    return known == b"1"


def _words(listing: str) -> tuple[str, ...]:
    # Not -Wa, since a comma may stand in the path.
    return "-Xassembler", "--MD", "-Xassembler", listing
