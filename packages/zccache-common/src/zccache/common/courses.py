"""Knows how a command of several steps goes on: which hit, which is to run next, what is printed when.

Every step is what its own command would be, with a key of its own. They are looked up in
order, each when all before it are over, since it may read what they write: a hit is
delivered, a miss runs; a link waits until all before it have succeeded. It must never
learn a compiler's flags.
"""

import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import chain

from zccache.common.command.invocation import Invocation
from zccache.common.command.plan import SCRATCH
from zccache.common.freshness import Known
from zccache.common.planning import Planned
from zccache.common.reasons import Reason
from zccache.common.request import (
    Ended,
    Facts,
    Finished,
    Guard,
    Hit,
    Job,
    Pass,
    Run,
    StepHit,
)
from zccache.common.rooms import Rooms
from zccache.common.steps import begin_step, detach_outputs, unkept_run


class _Place:
    """One step on its way: how it began, how it ended, what of it has been told already."""

    def __init__(self, job: Job, *, needs_all: bool) -> None:
        self.job = job
        self.needs_all = needs_all
        self.begun: Hit | Run | None = None
        self.status: int | None = None
        self.is_told = False


class Course:
    """The steps of one command; belongs to one request, and is used by one thread at a time."""

    def __init__(self, jobs: list[tuple[Job, bool]], scratch: str, rooms: Rooms) -> None:
        """Take the jobs in order, each with whether it needs all before it to succeed."""
        self._places = [_Place(job, needs_all=needs_all) for job, needs_all in jobs]
        self._scratch = scratch
        self._rooms = rooms
        self._running: _Place | None = None

    def missing(self) -> str | None:
        """Return the first named input that no step makes and that is not there, or None."""
        for place in self._places:
            for name in (place.job.unit.source, *place.job.plan.read_files):
                path = place.job.locate(name)
                if not place.job.is_scratch(path) and self._rooms.digests.known(path) is None:
                    return name
        return None

    def overwritten(self) -> str | None:
        """Return the first output that is a file which some step is to read, or None."""
        inputs = {
            os.path.normpath(place.job.locate(name))
            for place in self._places
            for name in (place.job.unit.source, *place.job.plan.read_files)
        }
        for place in self._places:
            for output in place.job.unit.outputs:
                path = os.path.normpath(place.job.locate(output.path))
                if place.job.is_scratch(path):
                    continue
                if path in inputs or (os.path.islink(path) and _is_one_of(path, inputs)):
                    return output.path
        return None

    def begin(self) -> Hit | Run:
        """Look up the steps until one is to be run, and return how the command goes on."""
        answer = self._next()
        return self._whole_hit(answer) if isinstance(answer, Ended) else answer

    def go_on(self, finished: Finished) -> Run | Ended:
        """Return the next run, or how the whole command ends, after the one that was running."""
        if self._running is not None:
            self._running.status = 128 + finished.status if finished.by_signal else finished.status
            self._running.is_told = True
            self._running = None
        if not finished.by_signal:
            return self._next()
        self.abandon()
        return Ended(128 + finished.status, b"", b"", ())

    def abandon(self) -> None:
        """Remove what the steps have handed on."""
        if self._scratch:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def _begin(self, place: _Place) -> None:
        answer = begin_step(place.job, self._rooms)
        if isinstance(answer, Pass):
            answer = self._uncached_run(place.job, answer.reason)
        if isinstance(answer, Hit):
            place.status = answer.exit_status
        else:
            answer = replace(answer, ticket=replace(answer.ticket, sequel=self))
        place.begun = answer

    def _uncached_run(self, job: Job, reason: Reason) -> Run:
        """Return a run of which nothing is kept: the other steps may be worth it all the same."""
        detach_outputs(job, self._rooms)
        return unkept_run(job, reason, self._rooms)

    def _next(self) -> Run | Ended:
        stdout, stderr = b"", b""
        hits: list[StepHit] = []
        for place in self._places:
            if place.begun is None:
                if place.needs_all and any(before.status for before in self._places):
                    break
                self._begin(place)
            if isinstance(place.begun, Hit) and not place.is_told:
                stdout += place.begun.stdout
                stderr += place.begun.stderr
                hits.append((place.job.request, place.begun))
                place.is_told = True
            if isinstance(place.begun, Run) and place.status is None:
                self._running = place
                return replace(place.begun, stdout=stdout, stderr=stderr, hits=tuple(hits))
        self.abandon()
        return Ended(max(place.status or 0 for place in self._places), stdout, stderr, tuple(hits))

    def _whole_hit(self, ended: Ended) -> Hit:
        """Return the one hit that all steps come to, so that it can be given again as one."""
        hits = [hit for _, hit in ended.hits]
        facts = _merged([hit.facts for hit in hits], self._is_scratch)
        placements = chain.from_iterable(hit.placements for hit in hits)
        first = hits[0]
        return Hit(
            program=first.program,
            exit_status=ended.exit_status,
            stdout=ended.stdout,
            stderr=ended.stderr,
            placements=tuple(
                placement for placement in placements if not self._is_scratch(placement.destination)
            ),
            saved_ns=sum(hit.saved_ns for hit in hits),
            facts=facts,
            result=first.result,
            source=first.source,
            methods=tuple(chain.from_iterable(hit.methods for hit in hits)),
            steps=ended.hits,
        )

    def _is_scratch(self, path: str) -> bool:
        return self._places[0].job.is_scratch(path)


def begin_course(first: Job, planned: Planned, rooms: Rooms) -> Hit | Run | Pass:
    """Begin a command of several steps: all hits, or the first run with what is printed before it.

    first is the job of the first step, as if it were the only one.
    """
    scratch = f"{rooms.layout.tmp}/{rooms.next_name()}.steps/"
    if not os.access(rooms.layout.tmp, os.W_OK | os.X_OK):
        return Pass(first.program, Reason.STORE_UNAVAILABLE, rooms.layout.tmp)
    os.mkdir(scratch, 0o700)
    jobs = [
        (
            replace(
                first,
                request=replace(first.request, invocation=_spelled_out(step.invocation, scratch)),
                plan=plan,
                scratch=scratch,
                typed=first.request.invocation,
            ),
            step.needs_all,
        )
        for step, plan in planned
    ]
    course = Course(jobs, scratch, rooms)
    missing = course.missing()
    if missing is not None:
        # clang looks for every file before it begins, gcc when it comes to one.
        course.abandon()
        return Pass(first.program, Reason.SOURCE_NOT_A_FILE, missing)
    overwritten = course.overwritten()
    if overwritten is not None:
        # A driver sees that in the words of the whole command and refuses; in none of the steps' words.
        course.abandon()
        return Pass(first.program, Reason.BAD_COMMAND_LINE, overwritten)
    return course.begin()


def _is_one_of(path: str, others: Iterable[str]) -> bool:
    try:
        return any(os.path.samefile(path, other) for other in others if os.path.exists(other))
    except OSError:
        return False


def _spelled_out(invocation: Invocation, scratch: str) -> Invocation:
    """Return a step's words as they are run, so that the journal tells one command's steps from another's."""
    return replace(invocation, args=tuple(word.replace(SCRATCH, scratch) for word in invocation.args))


def _merged(parts: list[Facts | None], is_scratch: Callable[[str], bool]) -> Facts | None:
    """Return all that several hits rested on; None where one must not be repeated, or two disagree."""
    files: dict[str, Known] = {}
    guards: dict[Guard, None] = {}
    for facts in parts:
        if facts is None:
            return None
        for known in facts.files:
            if is_scratch(known.path):
                continue
            if files.setdefault(known.path, known).signature != known.signature:
                return None
        guards.update(dict.fromkeys(facts.guards))
    return Facts(tuple(files.values()), tuple(guards))
