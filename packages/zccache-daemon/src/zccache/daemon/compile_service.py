"""Knows how the daemon answers a compile: from hot memory at once, else by the pipeline on the pool.

Identical requests in flight are one compile: the others wait for it and then hit.
"""

import os
import time
from collections.abc import Mapping
from functools import partial
from typing import Final

from zccache.common import stats
from zccache.common.asking import discard_run
from zccache.common.errors import ZccacheError
from zccache.common.housekeeping import Intake, answer_control, keep_below_limit
from zccache.common.layout import Layout
from zccache.common.ledger import Ledger
from zccache.common.niceness import Niceness, processors
from zccache.common.outlook import outlook
from zccache.common.pipeline import begin, capture, record
from zccache.common.reasons import Reason
from zccache.common.recording import Captured, discard_unheld
from zccache.common.request import (
    Finished,
    Hit,
    NotStored,
    Run,
    Spread,
    Stored,
    Ticket,
)
from zccache.common.rooms import open_rooms
from zccache.common.settings import Settings
from zccache.common.values import replace
from zccache.common.wire.frames import Kind
from zccache.common.wire.messages import (
    CAPTURE_INCOMPLETE,
    IS_APART,
    KILLED,
    pack_word,
    unpack_begin,
    unpack_finish,
)
from zccache.daemon.answers import Answers
from zccache.daemon.bare import bare
from zccache.daemon.fence import open_fence
from zccache.daemon.flights import Asked, Flight, Flights, Landing, Recordings
from zccache.daemon.handlers import LATER, Later, Outside
from zccache.daemon.incoming import (
    environment_of,
    group_key,
    request_key,
    sees_the_same,
)
from zccache.daemon.known_grounds import KnownGrounds
from zccache.daemon.log import Log
from zccache.daemon.priming import Primer
from zccache.daemon.repeats import Repeats

_RECORDING_LIMIT_S: Final = 5.0

_WAIT_LIMIT_NS: Final = 60_000_000_000
"""So long a request waits for an identical one in flight; then it compiles by itself."""


class CompileService:
    """Answers BEGIN and FINISH: public methods on the server's thread, `_slowly` ones on the pool."""

    def __init__(self, layout: Layout, settings: Settings, outside: Outside, log: Log) -> None:
        """Open the rooms of the root; raise RootUnusable or IndexUnavailable."""
        self._fence = open_fence(log)
        niceness = Niceness(settings.compile_priority, log.warning)
        self._rooms = open_rooms(layout, self._fence, niceness)
        self._ledger = Ledger(self._rooms.index, layout, lambda: outside.submit(self._ledger.flush))
        self._settings = settings
        self._intake = Intake(settings.max_size_bytes)
        self._outside = outside
        self._log = log
        self._repeats = Repeats(self._rooms, self._ledger, outside, self._fence)
        self._grounds = KnownGrounds(self._rooms, self._fence)
        self._flights = Flights(self._launch)
        self._answers = Answers(self._ledger, self._repeats, self._flights)
        self._primer = Primer(
            self._rooms,
            self._grounds,
            self._repeats,
            is_any_under_way=self._flights.is_any_under_way,
            submit=outside.submit,
        )
        self._recordings = Recordings()
        self._outlook = outlook()
        self._ledger.event(stats.DAEMON_STARTS)

    def begin(self, body: bytes, connection_id: int) -> bytes | Later:
        """Return the answer to a BEGIN body when memory has it; else LATER, from the pool."""
        since_ns = time.perf_counter_ns()
        self._primer.note_arrival()
        asked = unpack_begin(body)
        if not sees_the_same(asked, self._outlook):
            self._ledger.cold(Reason.OTHER_NAMESPACE)
            return pack_word(Kind.COLD, Reason.OTHER_NAMESPACE.word)
        environment = environment_of(asked.env_block)
        key = request_key(asked, environment)
        repeated = self._repeats.give_again(key, asked)
        if repeated is not None:
            hot, methods = repeated
            took_ns = time.perf_counter_ns() - since_ns
            self._ledger.hot_hit(hot.notes, methods, environment.session, took_ns)
            if self._ledger.is_full():
                self._outside.submit(self._ledger.flush)
            return hot.frame
        if self._outside.is_held_up():
            self._ledger.sent_on(Reason.CACHE_BLOCKED)
            return bare(asked)
        self._flights.take_off(Asked(asked, key, connection_id, since_ns))
        return LATER

    def finish(self, body: bytes, connection_id: int) -> bytes | Later:
        """Return LATER: the pool reads what the compiler did and answers RECORDED."""
        ended = unpack_finish(body)
        flight = self._flights.of(connection_id)
        if flight is None or flight.ticket is None:
            return pack_word(Kind.RECORDED, "unknown_ticket")
        finished = Finished(
            status=ended.value,
            by_signal=ended.how == KILLED,
            stdout=ended.stdout,
            stderr=ended.stderr,
            duration_ns=ended.duration_ns,
            captured_all=not ended.flags & CAPTURE_INCOMPLETE,
        )
        self._outside.submit(lambda: self._finish_slowly(flight, finished), connection_id)
        return LATER

    def control(self, request: Mapping[str, object]) -> dict[str, object]:
        """Return the answer to a question of `zccache status` and its like."""
        self._recordings.wait_for_none(within_s=_RECORDING_LIMIT_S)
        self._ledger.flush()
        if request.get("command") in {"clear", "trim"}:
            self._forget_all()
        return {**answer_control(request, self._rooms, self._settings), "fence": self._repeats.describe()}

    def let_go(self, connection_id: int) -> bytes | None:
        """Return the answer for a front that would wait for a disk which does not answer; else None."""
        asked = self._flights.asked_on(connection_id) if self._outside.is_held_up() else None
        if asked is None:
            return None
        flight = self._flights.leave(connection_id)
        if flight is not None:
            self._flights.land(flight, Landing.GONE)
        self._ledger.sent_on(Reason.CACHE_BLOCKED)
        if flight is not None and flight.ticket is not None:
            return pack_word(Kind.RECORDED, Reason.CACHE_BLOCKED.word)
        return bare(asked.begin)

    def gone(self, connection_id: int) -> None:
        """Forget a front that went away; whoever waited for its compile goes on."""
        flight = self._flights.leave(connection_id)
        if flight is not None:
            if flight.ticket is not None:
                self._outside.submit(partial(discard_run, flight.ticket))
            self._flights.land(flight, Landing.GONE)

    def idle(self) -> None:
        """Write down what was counted, let those go who waited too long, keep the store below its limit."""
        for asked in self._flights.overdue(time.perf_counter_ns() - _WAIT_LIMIT_NS):
            self._flights.fly_alone(asked)
        if self._ledger.has_news():
            self._outside.submit(self._keep_house_slowly)
        self._primer.go_on()

    def close(self) -> None:
        """Write down what was counted and close the index."""
        self._ledger.close()
        self._rooms.index.close()
        if self._fence is not None:
            self._fence.close()

    def _launch(self, flight: Flight) -> None:
        self._outside.submit(lambda: self._begin_slowly(flight), flight.asked.connection_id)

    def _begin_slowly(self, flight: Flight) -> None:
        landing = Landing.DECIDED
        try:
            landing = Landing.NOT_YET if self._waits_for_another(flight) else self._begin(flight)
        finally:
            # Whatever happened: who waits for this flight must not wait for one that never lands.
            if landing is not Landing.NOT_YET:
                self._flights.land(flight, landing)
        self._repeats.prove(flight.asked.key)
        self._primer.go_on()

    def _waits_for_another(self, flight: Flight) -> bool:
        """Whether a compile whose result will serve this request too is under way in another folder."""
        asked = flight.asked.begin
        group = group_key(asked, environment_of(asked.env_block))
        return group is not None and self._flights.join(flight, group)

    def _begin(self, flight: Flight) -> Landing:
        asked = flight.asked
        still_asked = partial(self._outside.is_waiting, asked.connection_id)
        if not still_asked():
            return Landing.GONE
        environment = environment_of(asked.begin.env_block)
        try:
            request = replace(
                self._grounds.request_of(asked.begin, environment),
                still_asked=still_asked,
                at_once=partial(self._room_for_compilers, asked),
            )
            answer = begin(request, self._rooms)
        except (ZccacheError, OSError) as error:
            self._log.warning(f"begin: {type(error).__name__}: {error}")
            self._ledger.cold(Reason.STORE_UNAVAILABLE)
            self._outside.answer(asked.connection_id, pack_word(Kind.COLD, Reason.STORE_UNAVAILABLE.word))
            return Landing.DECIDED
        frame = self._answers.frame_for(flight, request, answer)
        if frame is None:
            return Landing.GONE
        self._outside.answer(asked.connection_id, frame)
        if isinstance(answer, Run | Spread | Hit):
            self._grounds.learn(asked.begin, environment, request)
        return Landing.NOT_YET if isinstance(answer, Run | Spread) else Landing.DECIDED

    def _room_for_compilers(self, asked: Asked) -> int:
        """Return how many compilers one front may run: the processors that no other uses, or one."""
        # What was asked for apart is one of many already; were it to come apart again, there might be no end.
        is_apart = bool(asked.begin.flags & IS_APART)
        return 1 if is_apart else max(1, processors() - self._flights.compilers_besides(asked.connection_id))

    def _finish_slowly(self, flight: Flight, finished: Finished) -> None:
        ticket = flight.ticket
        if ticket is None:
            return
        if isinstance(ticket, Spread):
            self._go_on_slowly(flight, ticket, finished)
            return
        since_ns = time.perf_counter_ns() - finished.duration_ns
        landing = Landing.DECIDED
        with self._recordings:
            try:
                captured = self._capture(flight, ticket, finished)
                # The front may go on: what its build changes now is seen as changed, and then not recorded.
                frame, landing = self._answers.after(flight, ticket, finished, captured)
                if frame is not None:
                    self._outside.answer(flight.asked.connection_id, frame)
                recorded = captured if isinstance(captured, NotStored) else record(captured, self._rooms)
                if ticket.job.request.policy.recache and isinstance(recorded, Stored):
                    # What was given again until now may be what somebody wants replaced, under whatever key.
                    self._primer.forget_all()
                    self._repeats.forget(os.path.normpath(ticket.job.locate(ticket.job.unit.source)))
            finally:
                if landing is not Landing.NOT_YET:
                    self._ledger.event(stats.COALESCED, self._flights.land(flight, landing))
            self._ledger.ran(ticket, finished, recorded, time.perf_counter_ns() - since_ns)
        if isinstance(recorded, Stored):
            # Who asked for it apart will ask for the whole command next time.
            if ticket.sequel is None and not flight.asked.begin.flags & IS_APART:
                self._primer.add(flight.asked.key, flight.asked.begin)
            if self._intake.note_stored(recorded.size_bytes):
                self._outside.submit(self._keep_house_slowly)
        self._primer.go_on()

    def _go_on_slowly(self, flight: Flight, spread: Spread, finished: Finished) -> None:
        """Tell how a command goes on of which several steps are over: each has been recorded by itself."""
        landing = Landing.DECIDED
        try:
            frame, landing = self._answers.go_on(flight, spread.sequel, finished)
            if frame is not None:
                self._outside.answer(flight.asked.connection_id, frame)
        finally:
            if landing is not Landing.NOT_YET:
                self._ledger.event(stats.COALESCED, self._flights.land(flight, landing))

    def _capture(self, flight: Flight, ticket: Ticket, finished: Finished) -> Captured | NotStored:
        """Take what the compile left, unless its front had gone on meanwhile, and with it the build."""
        captured = capture(ticket, finished, self._rooms)
        # Asked when all outputs have been read: a front that still waits has let nobody change them.
        if isinstance(captured, NotStored) or self._outside.is_waiting(flight.asked.connection_id):
            return captured
        discard_unheld(captured.blobs(), self._rooms)
        return NotStored(Reason.FRONT_GONE)

    def _forget_all(self) -> None:
        """Forget every hit, also those that are still to be made ready: their results may be gone."""
        self._primer.forget_all()
        self._repeats.forget_all()

    def _keep_house_slowly(self) -> None:
        self._ledger.flush()
        rooms = self._rooms
        try:
            keep_below_limit(rooms.layout, rooms.index, rooms.artifacts, self._settings)
        except ZccacheError as error:
            self._log.warning(f"housekeeping: {error}")
