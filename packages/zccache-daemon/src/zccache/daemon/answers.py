"""Knows how an answer of the pipeline becomes the frame for its front, and is noted down."""

import time

from zccache.common.asking import discard_run
from zccache.common.ledger import Ledger
from zccache.common.recording import Captured
from zccache.common.request import (
    Answer,
    Ended,
    Fail,
    Finished,
    Hit,
    NotStored,
    Pass,
    Request,
    Run,
    Sequel,
    Spread,
    Ticket,
)
from zccache.common.wire.frames import Kind
from zccache.common.wire.messages import (
    pack_fail,
    pack_hit,
    pack_pass,
    pack_word,
)
from zccache.daemon.flights import Flight, Flights, Landing
from zccache.daemon.hot_hits import HotHit
from zccache.daemon.orders import order_frame
from zccache.daemon.repeats import Repeats


class Answers:
    """Packs answers; safe from any thread."""

    def __init__(self, ledger: Ledger, repeats: Repeats, flights: Flights) -> None:
        """Note them in the ledger, hits in the memory of repeats, tickets on their flights."""
        self._ledger = ledger
        self._repeats = repeats
        self._flights = flights

    def frame_for(self, flight: Flight, request: Request, answer: Answer) -> bytes | None:
        """Return the frame of an answer, noted down; None when there is nobody left to be told to compile."""
        took_ns = time.perf_counter_ns() - flight.asked.since_ns
        match answer:
            case Hit():
                frame = pack_hit(answer.exit_status, answer.stdout, answer.stderr)
                notes = self._ledger.hit(request, answer, took_ns)
                if answer.facts is not None:
                    self._repeats.keep(
                        flight.asked.key, HotHit(frame, notes, answer.facts, answer.placements)
                    )
                return frame
            case Run() | Spread():
                return self._order(flight, answer, took_ns)
            case Pass():
                self._ledger.passed(request, answer, took_ns)
                return pack_pass(answer.program, answer.reason.word)
            case Fail():
                self._ledger.failed(request, took_ns)
                return pack_fail(answer.exit_status, f"{answer.message}\n")

    def _order(self, flight: Flight, run: Run | Spread, took_ns: int) -> bytes | None:
        """Return the frame of a run, and note the steps that hit before it; None: nobody will run it."""
        self._note_steps(run, took_ns)
        ticket = run if isinstance(run, Spread) else run.ticket
        if not self._flights.give_ticket(flight, ticket):
            discard_run(ticket)
            return None
        return order_frame(run)

    def after(
        self, flight: Flight, ticket: Ticket, finished: Finished, captured: Captured | NotStored
    ) -> tuple[bytes | None, Landing]:
        """Return what the front is told after a run: that it was dealt with, or how its command goes on."""
        if ticket.sequel is None:
            word = captured.reason.word if isinstance(captured, NotStored) else "captured"
            return pack_word(Kind.RECORDED, word), Landing.DECIDED
        return self.go_on(flight, ticket.sequel, finished)

    def go_on(self, flight: Flight, sequel: Sequel, finished: Finished) -> tuple[bytes | None, Landing]:
        """Return what the front of several steps is told next, and whether that was all."""
        after = sequel.go_on(finished)
        took_ns = time.perf_counter_ns() - flight.asked.since_ns
        if isinstance(after, Run | Spread):
            frame = self._order(flight, after, took_ns)
            return frame, Landing.NOT_YET if frame is not None else Landing.GONE
        self._note_steps(after, took_ns)
        return pack_hit(after.exit_status, after.stdout, after.stderr), Landing.DECIDED

    def _note_steps(self, answer: Run | Spread | Ended, took_ns: int) -> None:
        for request, hit in answer.hits:
            self._ledger.hit(request, hit, took_ns)
