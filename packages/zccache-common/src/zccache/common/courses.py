"""Knows how a command of several steps goes on: which hit, which is to run next, what is printed when.

Every step is what its own command would be, with a key of its own. They are looked up in
order: a hit is delivered, a miss runs; a link waits until all before it have succeeded.
Where the client can carry several, misses run apart, each asked for as a command of its own;
one that reads what another writes waits until that is over. It must never learn a compiler's flags.
"""

import os
import shutil
from collections.abc import Callable, Iterable
from itertools import chain

from zccache.common.dependence import can_run_apart, outputs_of, rests_on
from zccache.common.destinations import detach_outputs
from zccache.common.freshness import Known
from zccache.common.planning import Planned
from zccache.common.reasons import Reason
from zccache.common.request import (
    Apart,
    Ended,
    Facts,
    Finished,
    Guard,
    Hit,
    Job,
    Pass,
    Run,
    Spread,
    StepHit,
)
from zccache.common.rooms import Rooms
from zccache.common.scratch import scratch_folder, spelled_out
from zccache.common.steps import Unserved, run_step, seek_step, unkept_run
from zccache.common.values import replace


class _Place:
    """One step on its way: what was found for it, how it ended, whether it has been told already."""

    def __init__(self, job: Job, *, needs_all: bool) -> None:
        self.job = job
        self.needs_all = needs_all
        self.outputs = outputs_of(job)
        self.hit: Hit | None = None
        self.status: int | None = None
        self.is_told = False


class Course:
    """The steps of one command; belongs to one request, and is used by one thread at a time."""

    def __init__(self, jobs: list[tuple[Job, bool]], scratch: str, rooms: Rooms) -> None:
        """Take the jobs in order, each with whether it needs all before it to succeed."""
        self._places = [_Place(job, needs_all=needs_all) for job, needs_all in jobs]
        self._scratch = scratch
        self._rooms = rooms
        self._running: list[_Place] = []
        self._at_once = 0

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

    def begin(self) -> Hit | Run | Spread:
        """Look up the steps until one is to be run, and return how the command goes on."""
        answer = self._next()
        return self._whole_hit(answer) if isinstance(answer, Ended) else answer

    def go_on(self, finished: Finished) -> Run | Spread | Ended:
        """Return what is to be run next, or how the whole command ends, after what was running."""
        for place in self._running:
            place.status = 128 + finished.status if finished.by_signal else finished.status
            place.is_told = True
        self._running = []
        if not finished.by_signal:
            return self._next()
        self.abandon()
        return Ended(128 + finished.status, b"", b"", ())

    def abandon(self) -> None:
        """Remove what the steps have handed on."""
        if self._scratch:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def _next(self) -> Run | Spread | Ended:
        self._at_once = 0
        found = self._look_up()
        self._running = list(found)
        if len(found) > 1:
            return self._spread()
        for place, unserved in found.items():
            stdout, stderr, hits = self._tell(place)
            return replace(self._run(place, unserved), stdout=stdout, stderr=stderr, hits=hits)
        stdout, stderr, hits = self._tell(None)
        self.abandon()
        return Ended(max(place.status or 0 for place in self._places), stdout, stderr, hits)

    def _look_up(self) -> dict[_Place, Unserved | Pass]:
        """Deliver what is stored, and return the steps that are to run now, at the same time."""
        waiting: dict[_Place, Unserved | Pass] = {}
        for place in self._places:
            if place.status is not None:
                continue
            if place.needs_all and (waiting or any(before.status for before in self._places)):
                break
            found = seek_step(place.job, self._rooms)
            if isinstance(found, Hit):
                if rests_on(found.facts, _outputs(waiting)):
                    break
                place.hit, place.status = found, found.exit_status
                continue
            is_alone = not self._can_run_apart(place, found)
            if waiting and is_alone:
                break
            waiting[place] = found
            if is_alone:
                break
        return waiting

    def _can_run_apart(self, place: _Place, found: Unserved | Pass) -> bool:
        """Whether a step may run beside others; what is passed on keeps its turn for the terminal's sake."""
        request = place.job.request
        self._at_once = self._at_once or request.at_once()
        is_passed_on = isinstance(found, Pass) or request.policy.readonly
        if self._at_once < 2 or (is_passed_on and request.wants_colour):
            return False
        return can_run_apart(place.job, _outputs(other for other in self._places if other is not place))

    def _run(self, place: _Place, found: Unserved | Pass) -> Run:
        answer = run_step(found, self._rooms) if isinstance(found, Unserved) else found
        if isinstance(answer, Pass):
            # Of this one nothing is kept: the other steps may be worth it all the same.
            detach_outputs(place.job, self._rooms)
            answer = unkept_run(place.job, answer.reason, self._rooms)
        return replace(answer, ticket=replace(answer.ticket, sequel=self))

    def _spread(self) -> Spread:
        commands: list[Apart] = []
        hits: list[StepHit] = []
        for place in self._running:
            stdout, stderr, before = self._tell(place)
            hits += before
            place.is_told = True
            invocation = place.job.request.invocation
            commands.append(((invocation.program, *invocation.args), stdout, stderr))
        stdout, stderr, after = self._tell(None)
        more_follows = any(place.status is None and place not in self._running for place in self._places)
        at_once = min(self._at_once, len(commands))
        return Spread(tuple(commands), at_once, stdout, stderr, (*hits, *after), self, more_follows)

    def _tell(self, until: _Place | None) -> tuple[bytes, bytes, tuple[StepHit, ...]]:
        """Return what hits before a step have to say that has not been told yet, and those hits."""
        stdout, stderr = b"", b""
        hits: list[StepHit] = []
        for place in self._places:
            if place is until or (place.status is None and not place.is_told):
                break
            if place.hit is not None and not place.is_told:
                stdout += place.hit.stdout
                stderr += place.hit.stderr
                hits.append((place.job.request, place.hit))
                place.is_told = True
        return stdout, stderr, tuple(hits)

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


def begin_course(first: Job, planned: Planned, rooms: Rooms) -> Hit | Run | Spread | Pass:
    """Begin a command of several steps: all hits, or the first run with what is printed before it.

    first is the job of the first step, as if it were the only one.
    """
    scratch = scratch_folder(rooms.layout.tmp, rooms.next_name())
    if not os.access(rooms.layout.tmp, os.W_OK | os.X_OK):
        return Pass(first.program, Reason.STORE_UNAVAILABLE, rooms.layout.tmp)
    os.mkdir(scratch, 0o700)
    jobs = [
        (
            replace(
                first,
                request=replace(first.request, invocation=spelled_out(step.invocation, scratch)),
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


def _outputs(places: Iterable[_Place]) -> frozenset[str]:
    return frozenset(chain.from_iterable(place.outputs for place in places))


def _is_one_of(path: str, others: Iterable[str]) -> bool:
    try:
        return any(os.path.samefile(path, other) for other in others if os.path.exists(other))
    except OSError:
        return False


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
