"""Knows how one step of a command begins: key, look up, restore, or run.

It must never learn a compiler's flags, SQL or sockets.
"""

import os
from collections.abc import Iterator
from typing import NamedTuple

from zccache.common.asking import question
from zccache.common.barred import first_barred
from zccache.common.command.plan import OutputKind
from zccache.common.command.reports import RustDepInfo
from zccache.common.contexts import parts_of
from zccache.common.deploying import deploy_program, with_deploying
from zccache.common.destinations import can_hold_a_file, detach_outputs, last_change_ns
from zccache.common.digests import Digest
from zccache.common.errors import SpecsUnclear, ToolchainUnknown
from zccache.common.evidence.crates import crates_before
from zccache.common.evidence.heeded import known_keys
from zccache.common.evidence.so_confs import so_conf_files
from zccache.common.freshness import Known, changed_ns, uptime_ns, wait_for_next_tick
from zccache.common.index.entries import Record
from zccache.common.keys import Key, Parts, context_key
from zccache.common.lookup import Broken, check_record
from zccache.common.miss_reasons import Missed, MissReason
from zccache.common.paths import find_program, is_front
from zccache.common.policy import read_extras
from zccache.common.reasons import Reason
from zccache.common.request import Hit, Job, Pass, Run, Ticket
from zccache.common.restoring import restore
from zccache.common.rooms import Rooms
from zccache.common.scratch import named_below
from zccache.common.sharing import adopt
from zccache.common.store.delivery import Mode
from zccache.common.values import replace


def begin_step(job: Job, rooms: Rooms) -> Hit | Run | Pass:
    """Look one step up: return its hit, or how it is to be run, or why it is passed on."""
    found = seek_step(job, rooms)
    return run_step(found, rooms) if isinstance(found, Unserved) else found


def seek_step(job: Job, rooms: Rooms) -> "Hit | Unserved | Pass":
    """Look one step up and bring its hit; lay out nothing for its run."""
    ready = _prepare(job, rooms)
    if isinstance(ready, Pass):
        if job.request.policy.mode is Mode.HARDLINK:
            detach_outputs(job, rooms)
        return ready
    context = context_key(ready.parts)
    found = _look_up(ready.job, context, ready.read_digests, rooms)
    return found if isinstance(found, Hit) else Unserved(ready, context, found)


def run_step(unserved: "Unserved", rooms: Rooms) -> Run | Pass:
    """Return how a step that nothing stored can serve is to be run, or why it is passed on."""
    ready, context, found = unserved
    job, program = ready.job, ready.job.program
    detach_outputs(job, rooms)
    read_ns = (changed_ns(known.signature) for known in ready.read)
    newest_ns = max(found.newest_ns, last_change_ns(job), *read_ns)
    if job.request.policy.readonly:
        return Pass(program, Reason.READ_ONLY)
    report_path = f"{rooms.layout.tmp}/{rooms.next_name()}.d"
    if not _can_be_written(report_path):
        # The compiler would fail to write its report there, or wait for a disk that does not answer.
        return Pass(program, Reason.STORE_UNAVAILABLE, rooms.layout.tmp)
    run = _run(job, context, ready.read_digests, newest_ns, report_path, rooms)
    ticket = replace(run.ticket, parts=ready.parts, missed=found.missed, unshared=found.unshared)
    return replace(run, ticket=ticket)


def recall_step(job: Job, rooms: Rooms) -> Hit | None:
    """Return the hit that a step would have now, with nothing delivered; None where it would have none."""
    ready = _prepare(job, rooms)
    if isinstance(ready, Pass) or ready.job.request.policy.recache:
        return None
    for record in _records(ready.job, context_key(ready.parts), rooms):
        checked = check_record(record, rooms)
        if not isinstance(checked, Broken):
            restored = restore(ready.job, record, checked.facts, rooms, delivers=False)
            return restored if isinstance(restored, Hit) else None
    return None


class _Prepared(NamedTuple):
    """A step with all that is known before it runs; read: its source and the files that its words name."""

    job: Job
    read: list[Known]
    read_digests: dict[str, Digest]
    parts: Parts


def _prepare(job: Job, rooms: Rooms) -> _Prepared | Pass:
    try:
        job = _with_words(_with_helpers(job, rooms), rooms)
    except SpecsUnclear as error:
        return Pass(job.program, Reason.UNSEEN_INPUT, str(error))
    except ToolchainUnknown as error:
        is_link = job.plan.linker_words is not None or bool(job.plan.helpers)
        return Pass(job.program, Reason.UNKNOWN_LINKER if is_link else Reason.UNKNOWN_COMPILER, str(error))
    refused = _refused(job)
    if refused is not None:
        return refused
    source = rooms.digests.known(job.locate(job.unit.source))
    if source is None:
        return Pass(job.program, Reason.SOURCE_NOT_A_FILE, job.unit.source)
    named = [(name, rooms.digests.known(job.locate(name))) for name in job.plan.read_files]
    unread = first_barred(job) or next((name for name, known in named if known is None), None)
    if unread is not None:
        return Pass(job.program, Reason.UNSEEN_INPUT, unread)
    read = [known for _, known in named if known is not None]
    read_digests = {known.path: known.digest for known in read}
    return _Prepared(job, [source, *read], read_digests, parts_of(job, read_digests))


def _refused(job: Job) -> Pass | None:
    """Return why the step is not to be cached, whatever is known of it; or None."""
    switched_off = job.request.policy.uncached.intersection(job.plan.kinds)
    if switched_off:
        return Pass(job.program, Reason.SWITCHED_OFF, ", ".join(sorted(switched_off)))
    for output in job.unit.outputs:
        if not can_hold_a_file(job.locate(output.path), is_linked=output.kind is OutputKind.LINKED):
            return Pass(job.program, Reason.OUTPUT_NOT_A_FILE, output.path)
    return None


class _Missed(NamedTuple):
    """No record holds, and why; the last change that was seen; why no other checkout's result was taken."""

    missed: Missed
    newest_ns: int
    unshared: str


class Unserved(NamedTuple):
    """A step that nothing stored can serve: what is known of it, its key, and why."""

    ready: _Prepared
    context: Key
    found: _Missed


def _look_up(job: Job, context: Key, read_digests: dict[str, Digest], rooms: Rooms) -> Hit | _Missed:
    newest_ns = max((changed_ns(extra.known.signature) for extra in job.extras if extra.known), default=0)
    missed = Missed(MissReason.RECACHE if job.request.policy.recache else MissReason.CONTEXT_NOT_FOUND)
    for record in () if job.request.policy.recache else _records(job, context, rooms):
        checked = check_record(record, rooms)
        if isinstance(checked, Broken):
            newest_ns = max(newest_ns, checked.newest_ns)
            missed = missed.or_else(Missed(MissReason.INPUT_MISMATCH, checked.path))
            continue
        restored = restore(job, record, checked.facts, rooms)
        if isinstance(restored, Hit):
            return restored
        missed = Missed(restored)
    shared = adopt(job, context, read_digests, rooms)
    if isinstance(shared, str):
        return _Missed(missed, newest_ns, shared)
    restored = restore(job, shared.record, shared.facts, rooms)
    if isinstance(restored, Hit):
        return replace(restored, is_equivalent=True)
    return _Missed(Missed(restored), newest_ns, "")


def _records(job: Job, context: Key, rooms: Rooms) -> Iterator[Record]:
    """Yield what is known of a command in this environment."""
    if not isinstance(job.unit.report, RustDepInfo):
        yield from rooms.index.records(context)
        return
    for key in known_keys(context, job.request.invocation.env, rooms):
        yield from rooms.index.records(key)


def _with_helpers(job: Job, rooms: Rooms) -> Job:
    """Return the job with the drivers that its tool runs as parts of the tool; raise ToolchainUnknown."""
    invocation = job.request.invocation
    toolchain = job.toolchain
    cwd, env, toolchains = invocation.cwd, invocation.env, rooms.toolchains
    for word, *chosen in job.plan.helpers:
        program = find_program(word, env, cwd, skip=is_front)
        if program is None:
            raise ToolchainUnknown(f"{word}: not found")
        helper = toolchains.with_linker(toolchains.identify(program, cwd, env), tuple(chosen), cwd, env)
        toolchain = toolchain.joined(helper)
    return replace(_with_extras(job, rooms), toolchain=toolchain)


def _with_words(job: Job, rooms: Rooms) -> Job:
    """Return the job with what its words have its driver read and run as parts of it."""
    plan, toolchain, toolchains = job.plan, job.toolchain, rooms.toolchains
    env = job.request.invocation.env
    if plan.driver_words:
        toolchain = toolchains.under_words(toolchain, plan.driver_words, job.cwd, env)
    if plan.linker_words is not None:
        toolchain = toolchains.with_linker(toolchain, plan.linker_words, job.cwd, env)
    return replace(job, toolchain=toolchain)


def _with_extras(job: Job, rooms: Rooms) -> Job:
    """Return the job with the files that count beside what the tool reports: declared ones and probes."""
    probed = map(job.locate, job.plan.probes)
    paths = (*job.request.policy.extra_inputs, *probed, *deploy_program(job), *so_conf_files(job))
    return replace(job, extras=read_extras(paths, rooms.digests))


def _run(
    job: Job,
    context: Key,
    read_digests: dict[str, Digest],
    newest_ns: int,
    report_path: str,
    rooms: Rooms,
) -> Run:
    plan = job.plan
    colour_words = plan.colour_words if job.request.wants_colour else ()
    asked = question(job, context, report_path, rooms)
    ticket = Ticket(
        job=job,
        context=context,
        read_digests=read_digests,
        report_path=report_path,
        coloured=bool(colour_words),
        started_ns=wait_for_next_tick(newest_ns),
        uptime_ns=uptime_ns(),
        assembler_report=asked.assembler_report,
        crates=crates_before(job, read_digests, rooms),
    )
    words = named_below(job.scratch, job.plan.run_words)
    added = (*colour_words, *asked.words)
    argv = (_own_name(job), *words[: plan.leading], *added, *words[plan.leading :])
    env_changes = ("ZCCACHE_GUARD=run", *asked.env_changes)
    one_stream, nice = job.has_one_stream, _nice(job, rooms)
    return with_deploying(Run(job.program, argv, env_changes, ticket, one_stream=one_stream, nice=nice))


def unkept_run(job: Job, reason: Reason, rooms: Rooms) -> Run:
    """Return how a step is run of which nothing is to be kept."""
    colour_words = job.plan.colour_words if job.request.wants_colour else ()
    ticket = Ticket(
        job=job,
        context=Key(b""),
        read_digests={},
        report_path="",
        coloured=bool(colour_words),
        started_ns=job.began_ns,
        unkept=reason,
    )
    argv = (_own_name(job), *colour_words, *named_below(job.scratch, job.plan.run_words))
    return Run(job.program, argv, ("ZCCACHE_GUARD=run",), ticket, nice=_nice(job, rooms))


def _nice(job: Job, rooms: Rooms) -> int:
    return rooms.niceness.for_word(job.request.policy.priority)


def _own_name(job: Job) -> str:
    """Return argv[0]: the word as typed, unless PATH leads from it to a front of ours.

    gcc seeks itself by that word to find cc1, and would look beside the front.
    """
    invocation = job.request.invocation
    first = find_program(invocation.program, invocation.env, invocation.cwd)
    return invocation.program if first == job.program else job.program


def _can_be_written(path: str) -> bool:
    """Make an empty file, to be filled by another program, and tell whether that could be done."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError:
        return False
    return True
