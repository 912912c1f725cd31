"""Knows how a record's result comes back to the client: files, streams, and all that the hit rested on."""

import contextlib
import os
from collections.abc import Iterator

from zccache.common import stats
from zccache.common.barred import barred_guards
from zccache.common.checkouts import nearer_marks
from zccache.common.deploying import is_deployed
from zccache.common.digests import Digest
from zccache.common.errors import (
    ArtifactDamaged,
    ArtifactMissing,
    IndexUnavailable,
    NotDeliverable,
    StoreUnavailable,
    ZccacheError,
)
from zccache.common.evidence.so_confs import so_conf_guards
from zccache.common.freshness import Known, changed_ns, signature_at
from zccache.common.grounds import ground_facts
from zccache.common.index.entries import Record
from zccache.common.lookup import absence_guards
from zccache.common.miss_reasons import MissReason
from zccache.common.request import Facts, Guard, Hit, Job, Request
from zccache.common.rooms import Rooms
from zccache.common.store.checking import prove_blob
from zccache.common.store.delivery import Method, Placement, deliver
from zccache.common.streams import read_stream, strip_colours


def restore(
    job: Job, record: Record, facts: Facts | None, rooms: Rooms, *, delivers: bool = True
) -> Hit | MissReason:
    """Deliver a record's outputs, or return why its entry cannot serve this request.

    facts are those of the record; the hit has them with its own, or none. Where nothing is
    to be delivered the blobs are proven all the same, and the hit is one that can be given.
    """
    entry = rooms.index.entry(record.result)
    outputs = {output.path: output for output in job.unit.outputs}
    if entry is None:
        return MissReason.RESULT_GONE
    others = {output.role for output in entry.outputs} - outputs.keys()
    if not all(is_deployed(job, role) for role in others):
        return MissReason.RESULT_GONE
    request = job.request
    placements = tuple(
        Placement(
            output.blob,
            job.locate(output.role),
            output.mode_bits,
            in_place=output.role in outputs and outputs[output.role].in_place,
            mode=request.policy.mode,
        )
        for output in entry.outputs
    )
    try:
        stdout = read_stream(rooms.artifacts, entry.stdout, rooms.blobs)
        stderr = read_stream(rooms.artifacts, entry.stderr, rooms.blobs)
        if stdout and stderr and request.streams_are_one:
            return MissReason.OTHER_STREAMS
        if stderr and entry.coloured != request.wants_colour:
            if request.wants_colour and job.plan.colour_words:
                return MissReason.OTHER_STREAMS
            stderr = strip_colours(stderr) if entry.coloured else stderr
        methods = _bring(placements, request, rooms) if delivers else _prove(placements, rooms)
    except (ArtifactMissing, ArtifactDamaged) as error:
        _drop(record, error, job, rooms)
        return MissReason.RESULT_GONE
    except (NotDeliverable, StoreUnavailable):
        return MissReason.NOT_DELIVERABLE
    return Hit(
        program=job.program,
        exit_status=entry.exit_status,
        stdout=stdout,
        stderr=stderr,
        placements=placements,
        saved_ns=entry.duration_ns,
        facts=_whole_facts(facts, job, rooms),
        result=entry.result,
        methods=methods,
        source=job.unit.source,
        is_link=job.unit.is_link,
    )


def _bring(placements: tuple[Placement, ...], request: Request, rooms: Rooms) -> tuple[Method, ...]:
    return deliver(
        rooms.artifacts, placements, umask=request.umask, memo=rooms.blobs, still_asked=request.still_asked
    )


def _prove(placements: tuple[Placement, ...], rooms: Rooms) -> tuple[Method, ...]:
    for placement in placements:
        prove_blob(rooms.artifacts, placement.blob, rooms.blobs)
    return ()


def _drop(record: Record, error: ZccacheError, job: Job, rooms: Rooms) -> None:
    """Forget a result that lost a blob, and count that; the compiler runs, and stores it anew."""
    if job.request.policy.readonly:
        return
    counter = stats.DAMAGED_BLOBS if isinstance(error, ArtifactDamaged) else stats.MISSING_BLOBS
    with contextlib.suppress(IndexUnavailable):
        rooms.index.remove([record.result])
        rooms.index.add_counts({counter: 1})


def _whole_facts(facts: Facts | None, job: Job, rooms: Rooms) -> Facts | None:
    """Add to a record's facts what the way to it rested on: compiler, its finding, @files, settings."""
    ground = ground_facts(job.request, job.program, job.toolchain) if facts is not None else None
    if facts is None or ground is None:
        return None
    read = [rooms.digests.known(job.locate(name)) for name in job.plan.response_files]
    known = [found for found in read if found is not None and changed_ns(found.signature) < job.began_ns]
    if len(known) < len(read):
        # An @file may have been another one when its words were read.
        return None
    extras = [extra.known for extra in job.extras if extra.known is not None]
    if not all(found.is_proof for found in (*known, *extras)):
        return None
    barred = barred_guards(job)
    if barred is None:
        return None
    made = {job.locate(output.path) for output in job.unit.outputs}
    absent = [extra.path for extra in job.extras if extra.known is None and extra.path not in made]
    own = [_own_guard(extra.path) for extra in job.extras if extra.known is None and extra.path in made]
    guards = (*facts.guards, *ground.guards, *barred, *so_conf_guards(job), *_root_guards(job), *own)
    missing = absence_guards((*absent, *_nearer_roots(job)), guards)
    marks = tuple(_root_marks(job))
    if missing is None or not all(mark.is_proof for mark in marks):
        return None
    return Facts((*facts.files, *ground.files, *known, *extras, *marks), missing)


def _own_guard(path: str) -> Guard:
    """Return what shows that an output is not there yet, though this hit has just put it there."""
    return Guard(os.path.dirname(path), None, frozenset(), frozenset((os.path.basename(path),)))


def _nearer_roots(job: Job) -> Iterator[str]:
    """Yield what must not come to be, where the root of the checkout stands in the words that were added."""
    if job.is_remapped and not job.request.policy.worktree_root:
        yield from nearer_marks(job.cwd, job.checkout)


def _root_marks(job: Job) -> Iterator[Known]:
    """Yield the `.git` of a worktree, which is a file."""
    if job.is_remapped:
        mark = os.path.join(job.checkout.root, ".git")
        signature = None if os.path.isdir(mark) else signature_at(mark)
        if signature is not None:
            yield Known(mark, Digest(b""), signature, changed_ns(signature) < job.began_ns)


def _root_guards(job: Job) -> Iterator[Guard]:
    """Yield what shows that the root of the checkout is still where it was."""
    if job.is_remapped:
        mark = os.path.join(job.checkout.root, ".git")
        folder = mark if os.path.isdir(mark) else job.checkout.root
        # Nothing ever has this name: the guard holds while its folder is there.
        yield Guard(folder, None, frozenset(), frozenset((".zccache-never",)))
