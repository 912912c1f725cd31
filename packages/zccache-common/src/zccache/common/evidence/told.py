"""Knows what a compiler tells of the files that it has read, in each of the ways in which it is asked."""

import json
import os
from typing import assert_never

from zccache.common.command.reports import (
    AddedDepfile,
    AddedHeaderList,
    ArchiveMembers,
    AskedAside,
    AssemblerList,
    DependencyJson,
    HeaderList,
    LinkReport,
    Listed,
    ModuleList,
    NamedFiles,
    NamedLibraries,
    NoReport,
    RustDepInfo,
    ShownIncludes,
    UserDepfile,
)
from zccache.common.command.runner import run_quietly
from zccache.common.includes.depfile import parse_depfile
from zccache.common.includes.shown import shown_names
from zccache.common.reasons import Reason
from zccache.common.request import Job, NotStored, Ticket


def told_names(ticket: Ticket, printed: bytes) -> tuple[str, ...] | NotStored:
    """Return the names that the compiler told; printed is what stood on its standard output."""
    job = ticket.job
    report = job.unit.report
    match report:
        case (
            NoReport()
            | Listed()
            | RustDepInfo()
            | ModuleList()
            | HeaderList()
            | LinkReport()
            | NamedLibraries()
            | ArchiveMembers()
            | NamedFiles()
            | AssemblerList()
        ):
            return (job.unit.source,)
        case ShownIncludes():
            # Nothing is told of a source without a header, as little as by a compiler of another language.
            return shown_names(printed) or NotStored(Reason.NO_REPORT, "/showIncludes")
        case AskedAside(words):
            _ask_aside(job, words, ticket.report_path)
            return _of_depfile(ticket.report_path)
        case UserDepfile(path):
            return _of_depfile(job.locate(path))
        case AddedDepfile():
            return _of_depfile(ticket.report_path)
        case AddedHeaderList():
            text = _text(ticket.report_path)
            if text is None:
                return NotStored(Reason.NO_REPORT, ticket.report_path)
            return tuple(os.fsdecode(line) for line in text.splitlines() if line)
        case DependencyJson():
            return _of_json(ticket.report_path)
        case _:
            assert_never(report)


def _ask_aside(job: Job, words: tuple[str, ...], path: str) -> None:
    argv = [job.program, *words[:-1], words[-1] + path]
    run_quietly(argv, job.cwd, {**job.request.invocation.env, "ZCCACHE_GUARD": "run"})


def _of_depfile(path: str) -> tuple[str, ...] | NotStored:
    text = _text(path)
    return (None if text is None else parse_depfile(text)) or NotStored(Reason.NO_REPORT, path)


def _of_json(path: str) -> tuple[str, ...] | NotStored:
    text = _text(path)
    try:
        data = json.loads(text or b"")["Data"]
        names = tuple(str(name) for name in (data["Source"], *data["Includes"]))
        others = (*data.get("ImportedModules", ()), *data.get("ImportedHeaderUnits", ()))
    except (ValueError, TypeError, KeyError, AttributeError):
        return NotStored(Reason.NO_REPORT, path)
    if others:
        return NotStored(Reason.MODULES, str(others[0]))
    return NotStored(Reason.PRECOMPILED_HEADER, str(data["PCH"])) if data.get("PCH") else names


def _text(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None
