"""Knows what is told of a command: counts, its lines in journal and log, what explains it later."""

import os
from collections.abc import Iterable
from typing import Final, NamedTuple

from zccache.common import stats
from zccache.common.command.plan import SCRATCH
from zccache.common.index.commands import Command, Miss
from zccache.common.journal import JournalRecord, body_of, without_secrets
from zccache.common.keys import Key
from zccache.common.request import Finished, Hit, NotStored, Pass, Recorded, Request, Ticket
from zccache.common.sessions import Told
from zccache.common.tools.environment import NAMES

_KEPT_ENV: Final = frozenset(NAMES)
_MOST_NAMES: Final = 64
_NO_CONTEXT: Final = Key(b"")


class Known(NamedTuple):
    """What a command that was not served can be explained by; no command where nothing was run for us."""

    miss: Miss
    command: Command | None = None


def told_of_hit(request: Request, hit: Hit) -> Told:
    """Return what is told of a hit."""
    counts, mark = {stats.HITS: 1}, "HIT"
    if hit.is_equivalent:
        counts, mark = counts | {stats.EQUIVALENT: 1}, "HIT_WORKTREE"
    outcome = "link_hit" if hit.is_link else "hit"
    if hit.is_link:
        counts |= {stats.LINK_HITS: 1}
    body = body_of(_record(outcome, hit.program, request, hit.exit_status))
    text = _from_to(hit.source, (placement.destination for placement in hit.placements), request)
    return Told(counts, body, mark, text, hit.saved_ns)


def told_of_pass(request: Request, passed: Pass) -> Told:
    """Return what is told of a command that was passed on."""
    word, invocation = passed.reason.word, request.invocation
    body = body_of(_record("miss", passed.program, request, 0, reason=word))
    words = " ".join(without_secrets((invocation.program, *invocation.args)))
    return Told(stats.one_more(stats.PASSED, word), body, "", f"non-cacheable: {word}: {words}")


def told_of_failure(request: Request) -> Told:
    """Return what is told of a command that ended with a message of ours."""
    program = request.invocation.program
    return Told({stats.ERRORS: 1}, body_of(_record("error", program, request, -1)), "ERROR", program)


def told_of_run(ticket: Ticket, finished: Finished, recorded: Recorded) -> Told:
    """Return what is told of a compile that was run."""
    job, missed = ticket.job, ticket.missed
    refused = recorded.reason.word if isinstance(recorded, NotStored) else ""
    why = missed.reason.word if missed is not None else ""
    counts = stats.one_more(stats.MISSES, why)
    if job.unit.is_link:
        counts |= {stats.LINK_MISSES: 1}
    if refused:
        counts |= stats.one_more(stats.NOT_RECORDED, refused)
    not_shared = ticket.unshared if job.request.policy.remap else ""
    record = _record(
        "link_miss" if job.unit.is_link else "miss",
        job.program,
        job.request,
        -finished.status if finished.by_signal else finished.status,
        reason=refused,
        miss_reason=why,
        context_key=ticket.context.hex(),
        not_shared=not_shared,
    )
    because = f"reason: {why or refused}" + (f": {missed.path}" if missed is not None and missed.path else "")
    because += f"; not kept: {refused}" if why and refused else ""
    because += f"; not shared: {not_shared}" if not_shared else ""
    names = _from_to(job.unit.source, (output.path for output in job.unit.outputs), job.request)
    return Told(counts, body_of(record), "MISS", f"{names} ({because})")


def known_of_pass(request: Request, passed: Pass, began_ns: int) -> Known:
    """Return what explains a command that was passed on."""
    cwd = request.invocation.cwd
    named = [word for word in request.invocation.args if not word.startswith("-")][:_MOST_NAMES]
    paths = tuple(os.path.normpath(os.path.join(cwd, name)) for name in named)
    return Known(Miss(began_ns, _NO_CONTEXT, paths, refused=passed.reason.word, detail=passed.detail))


def known_of_run(ticket: Ticket, recorded: Recorded, began_ns: int) -> Known:
    """Return what explains a compile that was run."""
    job, missed = ticket.job, ticket.missed
    named = (job.unit.source, *(output.path for output in job.unit.outputs))
    paths = tuple(os.path.normpath(job.locate(name)) for name in named)
    refusal = recorded if isinstance(recorded, NotStored) else None
    miss = Miss(
        began_ns,
        ticket.context,
        paths,
        why=missed.reason.word if missed is not None else "",
        path=missed.path if missed is not None else "",
        refused=refusal.reason.word if refusal is not None else "",
        detail=refusal.detail if refusal is not None else "",
    )
    if ticket.parts is None:
        return Known(miss)
    stored_ns = began_ns if refusal is None else 0
    return Known(miss, Command(ticket.context, job.program, paths[0], ticket.parts, stored_ns))


def _record(
    outcome: str,
    program: str,
    request: Request,
    exit_code: int,
    *,
    reason: str = "",
    miss_reason: str = "",
    context_key: str = "",
    not_shared: str = "",
) -> JournalRecord:
    invocation = request.invocation
    return JournalRecord(
        outcome=outcome,
        compiler=program,
        args=invocation.args,
        cwd=invocation.cwd,
        env=tuple((name, value) for name, value in invocation.env.items() if name in _KEPT_ENV),
        exit_code=exit_code,
        reason=reason,
        miss_reason=miss_reason,
        context_key=context_key,
        not_shared=not_shared,
    )


def _from_to(source: str, outputs: Iterable[str], request: Request) -> str:
    """Return `source -> output`, names as the user would write them."""
    below = f"{request.invocation.cwd}/"
    first = next(iter(outputs), "")
    names = (source, first.removeprefix(below))
    # What one step of a command hands on to another has a folder of its own, which tells nobody anything.
    return " -> ".join(name.removeprefix(SCRATCH).rpartition(".steps/")[2] for name in names)
