"""Knows how one step of a command begins: key, look up, restore, or run.

It must never learn a compiler's flags, SQL or sockets.
"""

import os
import stat
from collections.abc import Iterable
from dataclasses import replace

from zccache.common.asking import question
from zccache.common.command.plan import SCRATCH
from zccache.common.digests import Digest
from zccache.common.freshness import changed_ns, wait_for_next_tick
from zccache.common.keys import Key, Parts, context_key
from zccache.common.lookup import Broken, check_record
from zccache.common.miss_reasons import Missed, MissReason
from zccache.common.paths import find_program
from zccache.common.policy import key_parts, read_extras
from zccache.common.reasons import Reason
from zccache.common.request import Hit, Job, Pass, Run, Ticket
from zccache.common.restoring import restore
from zccache.common.rooms import Rooms
from zccache.common.store.delivery import detach
from zccache.common.toolchains.cpu import cpu_identity
from zccache.common.toolchains.environment import script_env


def begin_step(job: Job, rooms: Rooms) -> Hit | Run | Pass:
    """Look one step up: return its hit, or how it is to be run, or why it is passed on."""
    job = _with_extras(job, rooms)
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
        if isinstance(restored, Hit):
            return restored
        missed = Missed(restored)
    detach_all([job.locate(output.path) for output in job.unit.outputs], rooms)
    if job.request.policy.readonly:
        return Pass(program, Reason.READ_ONLY)
    if not os.access(rooms.layout.tmp, os.W_OK | os.X_OK):
        # The compiler would fail to write its report there.
        return Pass(program, Reason.STORE_UNAVAILABLE, rooms.layout.tmp)
    run = _run(job, context_key(parts), read_digests, newest_ns, rooms)
    return replace(run, ticket=replace(run.ticket, parts=parts, missed=missed))


def _with_extras(job: Job, rooms: Rooms) -> Job:
    """Return the job with the files that count beside what the tool reports: declared ones and probes."""
    probed = map(job.locate, job.plan.probes)
    return replace(job, extras=read_extras((*job.request.policy.extra_inputs, *probed), rooms.digests))


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
        read_files={job.lasting_name(path): digest for path, digest in read_digests.items()},
        extra=(
            *key_parts(job.request.policy, job.extras),
            *((cpu_identity(),) if plan.cpu_matters else ()),
        ),
    )


def _run(job: Job, context: Key, read_digests: dict[str, Digest], newest_ns: int, rooms: Rooms) -> Run:
    plan = job.plan
    report_path = f"{rooms.layout.tmp}/{rooms.next_name()}.d"
    colour_words = plan.colour_words if job.request.wants_colour else ()
    asked = question(job, context, report_path, rooms)
    ticket = Ticket(
        job=job,
        context=context,
        read_digests=read_digests,
        report_path=report_path,
        coloured=bool(colour_words),
        started_ns=wait_for_next_tick(newest_ns),
        assembler_report=asked.assembler_report,
    )
    argv = (_own_name(job), *colour_words, *asked.words, *_run_words(job))
    return Run(job.program, argv, ("ZCCACHE_GUARD=run", *asked.env_changes), ticket)


def unkept_run(job: Job, reason: Reason) -> Run:
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
    return Run(job.program, (_own_name(job), *colour_words, *_run_words(job)), ("ZCCACHE_GUARD=run",), ticket)


def _run_words(job: Job) -> tuple[str, ...]:
    return tuple(word.replace(SCRATCH, job.scratch) for word in job.plan.run_words)


def _own_name(job: Job) -> str:
    """Return argv[0]: the word as typed, unless PATH leads from it to a front of ours.

    gcc seeks itself by that word to find cc1, and would look beside the front.
    """
    invocation = job.request.invocation
    first = find_program(invocation.program, invocation.env, invocation.cwd)
    return invocation.program if first == job.program else job.program


def detach_all(paths: Iterable[str], rooms: Rooms) -> None:
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
