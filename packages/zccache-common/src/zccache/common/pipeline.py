"""Knows the order of the steps of a compile: begin, (run), finish; daemon, wrapper and tests walk the same.

It must never learn a compiler's flags, SQL or sockets.
"""

import os
import time
from collections.abc import Iterator
from typing import NamedTuple

from zccache.common.asking import discard_report
from zccache.common.barred import first_barred
from zccache.common.checkouts import Checkout, find_root
from zccache.common.command.invocation import Invocation
from zccache.common.command.plan import Identity, Refusal
from zccache.common.courses import begin_course
from zccache.common.destinations import detach_all
from zccache.common.errors import IndexUnavailable, StoreUnavailable
from zccache.common.evidence.heeded import remembered_key
from zccache.common.evidence.precompiled import keep_contents
from zccache.common.evidence.reports import read_inputs
from zccache.common.failures import is_of_the_machine
from zccache.common.freshness import changed_ns, signature_at, tick_ns, was_set_back
from zccache.common.grounds import Found, find_tool
from zccache.common.index.entries import Entry, Record
from zccache.common.keys import result_key
from zccache.common.planning import Planned, plan_command
from zccache.common.policy import first_moved
from zccache.common.reasons import Reason
from zccache.common.recording import Captured, collect_outputs, discard_unheld
from zccache.common.request import (
    Answer,
    Fail,
    Finished,
    Hit,
    Job,
    NotStored,
    Pass,
    Recorded,
    Request,
    Run,
    Spread,
    Stored,
    Ticket,
)
from zccache.common.rooms import Rooms
from zccache.common.scratch import recognized
from zccache.common.sharing import share, takes_maps
from zccache.common.steps import begin_step, recall_step
from zccache.common.store.delivery import Mode
from zccache.common.streams import keep_stream
from zccache.common.strict_paths import complaint
from zccache.common.toolchains.model import Toolchain
from zccache.common.tools.protocol import Tool
from zccache.common.tools.registry import tool_for
from zccache.common.values import replace


def begin(request: Request, rooms: Rooms) -> Answer:
    """Plan, key, look up, restore: return what the client is to do."""
    planned = _plan(request, rooms)
    answer = _begin(planned, rooms) if isinstance(planned, _Planned) else planned
    if isinstance(answer, Pass) and request.policy.mode is Mode.HARDLINK:
        detach_all(_places_of_outputs(request.invocation), request.umask, rooms)
    return answer


def _places_of_outputs(invocation: Invocation) -> Iterator[str]:
    yield from invocation.named_places()
    tool = tool_for(invocation.program)
    if tool is not None:
        yield from (os.path.join(invocation.cwd, name) for name in tool.unnamed_places(invocation))


def recall(request: Request, rooms: Rooms) -> Hit | None:
    """Return the hit that a request of one step would be now; nothing is delivered, and nothing else done."""
    planned = _plan(request, rooms)
    if not isinstance(planned, _Planned) or len(planned.steps) > 1:
        return None
    return recall_step(planned.first, rooms)


class _Planned(NamedTuple):
    """A command that can be cached: the job of its first step, and all its steps."""

    first: Job
    steps: Planned


def _begin(planned: _Planned, rooms: Rooms) -> Hit | Run | Spread | Pass:
    if len(planned.steps) > 1:
        return begin_course(planned.first, planned.steps, rooms)
    answer = begin_step(planned.first, rooms)
    # No later command names the folder in which this one hands on its output.
    return replace(answer, facts=None) if planned.first.scratch and isinstance(answer, Hit) else answer


def _plan(request: Request, rooms: Rooms) -> _Planned | Pass | Fail:
    began_ns = tick_ns()
    invocation, scratch = recognized(request.invocation, rooms.layout.tmp)
    found = find_tool(request, rooms)
    if not isinstance(found, Found):
        return found
    program, tool, toolchain = found
    if request.policy.strict_paths:
        wrong = complaint(request.policy.strict_paths, tool, invocation, toolchain.dialect)
        if wrong is not None:
            return Fail(1, wrong)
    folder, root = find_root(tool.checkout_folders(invocation), request.policy.worktree_root)
    is_remapped = root is not None and request.policy.remap and _can_remap(tool, toolchain, invocation, rooms)
    steps = plan_command(tool, invocation, toolchain, remap_root=root if root and is_remapped else "")
    if isinstance(steps, Refusal):
        return Pass(program, steps.reason, steps.detail)
    plan = steps[0][1]
    job = Job(
        request,
        program,
        toolchain,
        plan,
        # What is not remapped has the folder nowhere, or is not shared: it may serve other folders too.
        Checkout(root, root, folder)
        if root and is_remapped
        else Checkout(root or invocation.cwd, invocation.cwd),
        began_ns=began_ns,
        scratch=scratch,
        typed=invocation if scratch else None,
        has_root=root is not None,
        is_remapped=is_remapped,
    )
    return _Planned(job, steps)


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


def _capture(ticket: Ticket, finished: Finished, rooms: Rooms) -> Captured | NotStored:
    unkept = _reason_not_to_keep(ticket, finished)
    if unkept is not None:
        return unkept
    reading = read_inputs(ticket, finished, rooms)
    if isinstance(reading, NotStored):
        return reading
    moved = _moved_beside_inputs(ticket, rooms)
    if moved is not None:
        return NotStored(Reason.INPUT_CHANGED, moved)
    outputs = collect_outputs(ticket, rooms)
    if was_set_back(ticket.started_ns, ticket.uptime_ns):
        return NotStored(Reason.CLOCK_SET_BACK)
    return outputs if isinstance(outputs, NotStored) else Captured(ticket, finished, reading, outputs)


def _moved_beside_inputs(ticket: Ticket, rooms: Rooms) -> str | None:
    """Return what else the compile rested on and is another by now: its compiler, @files, declared inputs."""
    job = ticket.job
    if not job.toolchain.is_unchanged():
        return job.program
    barred = first_barred(job)
    if barred is not None:
        return barred
    if job.plan.response_files and not _is_planned_again(job):
        return job.plan.response_files[0]
    # An archive that is rewritten is in the key as it was before.
    written = {job.locate(output.path) for output in job.unit.outputs}
    beside = tuple(extra for extra in job.extras if extra.path not in written)
    return first_moved(beside, rooms.digests, ticket.started_ns)


def _can_remap(tool: Tool, toolchain: Toolchain, invocation: Invocation, rooms: Rooms) -> bool:
    return tool.identity is not Identity.DRIVER or takes_maps(toolchain, invocation.env, rooms)


def _is_planned_again(job: Job) -> bool:
    """Whether the command still comes to the same: its @files may have been rewritten."""
    signatures = [signature_at(job.locate(path)) for path in job.plan.response_files]
    if all(signature is not None and changed_ns(signature) < job.began_ns for signature in signatures):
        return True
    tool = tool_for(job.request.invocation.program)
    typed = job.typed or job.request.invocation
    root = job.checkout.root if job.is_remapped else ""
    planned = plan_command(tool, typed, job.toolchain, remap_root=root) if tool else ()
    return not isinstance(planned, Refusal) and job.plan in (plan for _, plan in planned)


def _record(captured: Captured, rooms: Rooms) -> Recorded:
    ticket, finished = captured.ticket, captured.finished
    evidence = captured.reading.gather(ticket, rooms)
    if isinstance(evidence, NotStored):
        return evidence
    if was_set_back(ticket.started_ns, ticket.uptime_ns):
        return NotStored(Reason.CLOCK_SET_BACK)
    keep_contents(ticket.job, evidence.inputs, captured.outputs, rooms)
    context = ticket.context
    if evidence.heeded is not None:
        context = remembered_key(context, evidence.heeded, ticket.job.request.invocation.env, rooms)
    result = result_key(context, evidence.digests())
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
        crate=ticket.job.plan.crate,
    )
    rooms.index.add_record(context, Record(result, evidence.inputs, evidence.places.encode()), entry)
    share(ticket, evidence, entry, rooms)
    return Stored(sum(blob.size_bytes for blob in captured.blobs()))


def _reason_not_to_keep(ticket: Ticket, finished: Finished) -> NotStored | None:
    if ticket.unkept is not None:
        return NotStored(ticket.unkept)
    if finished.by_signal:
        return NotStored(Reason.COMPILER_KILLED, f"signal {finished.status}")
    is_result = ticket.job.plan.keeps_failures and not is_of_the_machine(
        finished.status, finished.stdout, finished.stderr
    )
    if finished.status and not is_result:
        return NotStored(Reason.COMPILE_FAILED, f"exit status {finished.status}")
    if any(phrase in finished.stderr for phrase in ticket.job.plan.unkept_phrases):
        return NotStored(Reason.JOBSERVER_LOST)
    if not finished.captured_all:
        return NotStored(Reason.STREAMS_TOO_LARGE)
    if finished.stdout and finished.stderr and ticket.job.request.streams_are_one:
        return NotStored(Reason.STREAMS_MIXED)
    return None
