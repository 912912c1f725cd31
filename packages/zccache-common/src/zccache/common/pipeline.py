"""Knows the order of the steps of a compile: begin, (run), finish; daemon, wrapper and tests walk the same.

It must never learn a compiler's flags, SQL or sockets.
"""

import os
import stat
import time
from collections.abc import Iterable
from dataclasses import replace

from zccache.common.asking import discard_report, question
from zccache.common.command.invocation import Invocation
from zccache.common.command.plan import Plan, Refusal
from zccache.common.command.response_files import expand
from zccache.common.digests import Digest
from zccache.common.errors import IndexUnavailable, StoreUnavailable, ToolchainUnknown
from zccache.common.evidence.precompiled import keep_contents
from zccache.common.evidence.reports import read_inputs
from zccache.common.freshness import changed_ns, tick_ns, wait_for_next_tick
from zccache.common.index.entries import Entry, Record
from zccache.common.keys import Parts, context_key, result_key
from zccache.common.lookup import Broken, check_record
from zccache.common.miss_reasons import Missed, MissReason
from zccache.common.paths import find_program, is_front
from zccache.common.policy import first_moved, key_parts, read_extras
from zccache.common.reasons import Reason
from zccache.common.recording import Captured, collect_outputs, discard_unheld
from zccache.common.request import (
    Answer,
    Fail,
    Finished,
    Job,
    NotStored,
    Pass,
    Recorded,
    Request,
    Run,
    Stored,
    Ticket,
)
from zccache.common.restoring import restore
from zccache.common.rooms import Rooms
from zccache.common.store.delivery import Mode, detach
from zccache.common.streams import keep_stream
from zccache.common.toolchains.cpu import cpu_identity
from zccache.common.toolchains.environment import script_env
from zccache.common.toolchains.model import Toolchain
from zccache.common.tools.registry import tool_for


def begin(request: Request, rooms: Rooms) -> Answer:
    """Plan, key, look up, restore: return what the client is to do."""
    began_ns = tick_ns()
    invocation = request.invocation
    program = find_program(invocation.program, invocation.env, invocation.cwd, skip=is_front)
    if program is None:
        what = f"zccache: {invocation.program!r} is neither a zccache command nor a program on PATH"
        return Fail(127, f"{what}; see zccache --help")
    tool = tool_for(invocation.program)
    if tool is None:
        return Pass(program, Reason.UNKNOWN_PROGRAM, invocation.program)
    try:
        toolchain = rooms.toolchains.identify(program, invocation.cwd, invocation.env, tool.identity)
    except ToolchainUnknown as error:
        return Pass(program, Reason.UNKNOWN_COMPILER, str(error))
    plan = _plan(invocation, toolchain)
    if isinstance(plan, Refusal):
        if request.policy.mode is Mode.HARDLINK:
            _detach(invocation.named_places(), rooms)
        return Pass(program, plan.reason, plan.detail)
    probed = (os.path.join(invocation.cwd, name) for name in plan.probes)
    extras = read_extras((*request.policy.extra_inputs, *probed), rooms.digests)
    return _begin_unit(Job(request, program, toolchain, plan, plan.units[0], extras, began_ns), rooms)


def finish(ticket: Ticket, finished: Finished, rooms: Rooms) -> Recorded:
    """Read what the compiler read, check that it did not move, store, record; no error of ours gets out."""
    captured = capture(ticket, finished, rooms)
    return captured if isinstance(captured, NotStored) else record(captured, rooms)


def capture(ticket: Ticket, finished: Finished, rooms: Rooms) -> Captured | NotStored:
    """Take what the build may change as soon as the compiler's front goes on: the first half of finish."""
    try:
        return _capture(ticket, finished, rooms)
    except (StoreUnavailable, IndexUnavailable) as error:
        return NotStored(Reason.STORE_UNAVAILABLE, str(error))
    except OSError as error:
        return NotStored(Reason.INPUT_MISSING, str(error.filename))
    finally:
        discard_report(ticket)


def record(captured: Captured, rooms: Rooms) -> Recorded:
    """Find out what the compile rested on and keep its result: the second half of finish."""
    try:
        recorded = _record(captured, rooms)
    except (StoreUnavailable, IndexUnavailable) as error:
        recorded = NotStored(Reason.STORE_UNAVAILABLE, str(error))
    except OSError as error:
        recorded = NotStored(Reason.INPUT_MISSING, str(error.filename))
    if isinstance(recorded, NotStored):
        discard_unheld(captured.blobs(), rooms)
    return recorded


def _plan(invocation: Invocation, toolchain: Toolchain) -> Plan | Refusal:
    tool = tool_for(invocation.program)
    if tool is None:
        return Refusal(Reason.UNKNOWN_PROGRAM)
    expanded = expand(invocation.args, read=_read_file, dialect=toolchain.dialect, cwd=invocation.cwd)
    if isinstance(expanded, Refusal):
        return expanded
    plan = tool.plan(replace(invocation, args=expanded.words), dialect=toolchain.dialect)
    if isinstance(plan, Refusal):
        return plan
    return replace(plan, run_words=invocation.args, response_files=expanded.files)


def _begin_unit(job: Job, rooms: Rooms) -> Answer:
    program, plan = job.program, job.plan
    source = rooms.digests.known(job.locate(job.unit.source))
    if source is None:
        return Pass(program, Reason.SOURCE_NOT_A_FILE, job.unit.source)
    for output in job.unit.outputs:
        if not _can_hold_a_file(job.locate(output.path)):
            return Pass(program, Reason.OUTPUT_NOT_A_FILE, output.path)
    read_digests: dict[str, Digest] = {}
    for name in plan.read_files:
        known = rooms.digests.known(job.locate(name))
        if known is None:
            return Pass(program, Reason.UNSEEN_INPUT, name)
        read_digests[job.locate(name)] = known.digest
    parts = _parts(job, read_digests)
    missed = Missed(MissReason.RECACHE if job.request.policy.recache else MissReason.CONTEXT_NOT_FOUND)
    declared = [extra.known for extra in job.extras if extra.known is not None]
    newest_ns = max(changed_ns(known.signature) for known in (source, *declared))
    for record in () if job.request.policy.recache else rooms.index.records(context_key(parts)):
        checked = check_record(record, rooms)
        if isinstance(checked, Broken):
            newest_ns = max(newest_ns, checked.newest_ns)
            missed = missed.or_else(Missed(MissReason.INPUT_MISMATCH, checked.path))
            continue
        restored = restore(job, record, checked.facts, rooms)
        if not isinstance(restored, MissReason):
            return restored
        missed = Missed(restored)
    _detach([job.locate(output.path) for output in job.unit.outputs], rooms)
    if job.request.policy.readonly:
        return Pass(program, Reason.READ_ONLY)
    if not os.access(rooms.layout.tmp, os.W_OK | os.X_OK):
        # The compiler would fail to write its report there.
        return Pass(program, Reason.STORE_UNAVAILABLE, rooms.layout.tmp)
    return _run(job, parts, missed, newest_ns, rooms)


def _parts(job: Job, read_digests: dict[str, Digest]) -> Parts:
    invocation, plan = job.request.invocation, job.plan
    if job.toolchain.is_script:
        env = script_env(invocation.env)
    else:
        env = {name: invocation.env[name] for name in plan.env_names if name in invocation.env}
    # Compilers write $PWD into debug information where it is a name of the current folder.
    logical = invocation.env.get("PWD", "")
    if logical != invocation.cwd and _same_folder(logical, invocation.cwd):
        env = {**env, "PWD": logical}
    return Parts(
        toolchain=job.toolchain.identity,
        # The folder of the word is in the identity; messages begin with its last part.
        words=(os.path.basename(invocation.program), *plan.words),
        env=env,
        cwd=invocation.cwd,
        read_files=read_digests,
        extra=(
            *key_parts(job.request.policy, job.extras),
            *((cpu_identity(),) if plan.cpu_matters else ()),
        ),
    )


def _run(job: Job, parts: Parts, missed: Missed, newest_ns: int, rooms: Rooms) -> Run:
    plan, context = job.plan, context_key(parts)
    report_path = f"{rooms.layout.tmp}/{rooms.next_name()}.d"
    colour_words = plan.colour_words if job.request.wants_colour else ()
    asked = question(job, context, report_path, rooms)
    ticket = Ticket(
        job=job,
        context=context,
        parts=parts,
        missed=missed,
        report_path=report_path,
        coloured=bool(colour_words),
        started_ns=wait_for_next_tick(newest_ns),
        assembler_report=asked.assembler_report,
    )
    argv = (_own_name(job), *colour_words, *asked.words, *plan.run_words)
    return Run(job.program, argv, ("ZCCACHE_GUARD=run", *asked.env_changes), ticket)


def _own_name(job: Job) -> str:
    """Return argv[0]: the word as typed, unless PATH leads from it to a front of ours.

    gcc seeks itself by that word to find cc1, and would look beside the front.
    """
    invocation = job.request.invocation
    first = find_program(invocation.program, invocation.env, invocation.cwd)
    return invocation.program if first == job.program else job.program


def _capture(ticket: Ticket, finished: Finished, rooms: Rooms) -> Captured | NotStored:
    unkept = _reason_not_to_keep(ticket, finished)
    if unkept is not None:
        return unkept
    reading = read_inputs(ticket, rooms)
    if isinstance(reading, NotStored):
        return reading
    moved = _moved_beside_inputs(ticket, rooms)
    if moved is not None:
        return NotStored(Reason.INPUT_CHANGED, moved)
    outputs = collect_outputs(ticket, rooms)
    return outputs if isinstance(outputs, NotStored) else Captured(ticket, finished, reading, outputs)


def _moved_beside_inputs(ticket: Ticket, rooms: Rooms) -> str | None:
    """Return what else the compile rested on and is another by now: its compiler, @files, declared inputs."""
    job = ticket.job
    if not job.toolchain.is_unchanged():
        return job.program
    if job.plan.response_files and _plan(job.request.invocation, job.toolchain) != job.plan:
        return job.plan.response_files[0]
    return first_moved(job.extras, rooms.digests, ticket.started_ns)


def _record(captured: Captured, rooms: Rooms) -> Recorded:
    ticket, finished = captured.ticket, captured.finished
    evidence = captured.reading.gather(ticket, rooms)
    if isinstance(evidence, NotStored):
        return evidence
    keep_contents(ticket.job, evidence.inputs, captured.outputs, rooms)
    result = result_key(ticket.context, evidence.digests())
    entry = Entry(
        result=result,
        outputs=captured.outputs,
        stdout=keep_stream(rooms.artifacts, finished.stdout),
        stderr=keep_stream(rooms.artifacts, finished.stderr),
        exit_status=finished.status,
        duration_ns=finished.duration_ns,
        created_ns=time.time_ns(),
        coloured=ticket.coloured,
        source=ticket.job.unit.source,
        tool=ticket.job.plan.tool,
    )
    rooms.index.add_record(ticket.context, Record(result, evidence.inputs, evidence.places.encode()), entry)
    return Stored(sum(blob.size_bytes for blob in captured.blobs()))


def _reason_not_to_keep(ticket: Ticket, finished: Finished) -> NotStored | None:
    if finished.by_signal:
        return NotStored(Reason.COMPILER_KILLED, f"signal {finished.status}")
    if finished.status and not ticket.job.plan.keeps_failures:
        return NotStored(Reason.COMPILE_FAILED, f"exit status {finished.status}")
    if not finished.captured_all:
        return NotStored(Reason.STREAMS_TOO_LARGE)
    if finished.stdout and finished.stderr and ticket.job.request.streams_are_one:
        return NotStored(Reason.STREAMS_MIXED)
    return None


def _detach(paths: Iterable[str], rooms: Rooms) -> None:
    """Take names of blobs out of the way of a compiler that may write into them."""
    for path in paths:
        detach(rooms.artifacts, path)


def _can_hold_a_file(path: str) -> bool:
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return True


def _same_folder(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


def _read_file(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None
