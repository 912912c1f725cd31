"""The walk of one compile in this process, when no daemon can be had: the same steps, with cold rooms."""

import os
import time

from zccache.cli import compiler_process, origin
from zccache.cli.call import Call
from zccache.cli.compiler_process import KILLED, run
from zccache.cli.streams import write_all
from zccache.common import stats
from zccache.common.command.invocation import Invocation
from zccache.common.housekeeping import make_room
from zccache.common.layout import Layout, find_root
from zccache.common.ledger import Ledger
from zccache.common.niceness import Niceness
from zccache.common.pipeline import begin, finish
from zccache.common.policy import policy_of
from zccache.common.reasons import Reason
from zccache.common.request import Ended, Fail, Finished, Hit, Pass, Request, Run, Spread, Stored
from zccache.common.rooms import Rooms, open_rooms
from zccache.common.settings import home_of, load
from zccache.common.streams import shows_colours

# The daemon has counted these before it sent us here.
_COUNTED_BY_THE_DAEMON = frozenset({Reason.OTHER_NAMESPACE.word})

_SEVERAL = "several commands to run at a time, which was not asked for"


def walk(call: Call, reason: str) -> int:
    """Carry out one compile and return its exit status; reason says why there is no daemon.

    Raises when the compiler has not been run: then the caller runs it.
    """
    env = origin.decoded(call.env)
    rooms = open_rooms(Layout(find_root(env, call.cwd).path), niceness=Niceness(warn=call.step))
    try:
        walked = _Walk(call, env, rooms)
        try:
            return walked.answer(reason)
        finally:
            walked.close()
    finally:
        rooms.index.close()


class _Walk:
    """One compile with its rooms and its book-keeping."""

    def __init__(self, call: Call, env: dict[str, str], rooms: Rooms) -> None:
        self._call = call
        self._rooms = rooms
        self._ledger = Ledger(rooms.index, rooms.layout)
        self._started_ns = time.monotonic_ns()
        flags = call.stream_flags
        self._request = Request(
            invocation=Invocation(call.words[0], tuple(call.words[1:]), call.cwd, env),
            umask=origin.umask(),
            wants_colour=shows_colours(is_tty=bool(flags & origin.STDERR_IS_TTY), env=env),
            streams_are_one=bool(flags & origin.STREAMS_ARE_ONE),
            policy=policy_of(env, call.cwd),
        )

    def answer(self, reason: str) -> int:
        """Do what begin says, and count it."""
        if reason not in _COUNTED_BY_THE_DAEMON:
            self._ledger.event(stats.COLD)
            self._ledger.event(f"{stats.COLD}.{reason}")
        answer = begin(self._request, self._rooms)
        self._call.step(f"answer: {type(answer).__name__}")
        match answer:
            case Hit():
                write_all(2, answer.stderr)
                write_all(1, answer.stdout)
                self._ledger.hit(self._request, answer, self._took_ns())
                self._ledger.close()
                return answer.exit_status
            case Run():
                return self._run(answer)
            case Pass():
                self._call.step(f"passed on: {answer.reason.word} {answer.detail}")
                self._ledger.passed(self._request, answer, self._took_ns())
                self._ledger.close()
                if answer.reason is not Reason.UNKNOWN_PROGRAM:
                    self._call.guard()
                return self._call.become_program(answer.program)
            case Fail():
                write_all(2, answer.message.encode(errors="surrogateescape") + b"\n")
                self._ledger.failed(self._request, self._took_ns())
                self._ledger.close()
                return answer.exit_status
            case Spread():
                raise TypeError(_SEVERAL)

    def _run(self, order: Run) -> int:
        """Run the command, or all of its steps one after another."""
        while True:
            self._tell_steps(order)
            changes = [os.fsencode(change) for change in order.env_changes]
            argv = [os.fsencode(word) for word in order.argv]
            self._call.step(f"run: {order.program}")
            env = self._call.env_with(changes)
            ended = run(os.fsencode(order.program), argv, env, order.nice, one_stream=order.one_stream)
            sequel = order.ticket.sequel
            if ended.has_failed and not os.path.isdir(self._rooms.layout.tmp):
                # Somebody has deleted the root, and the report that the compiler was to write there.
                return self._call.become_bare("root_gone")
            finished = _finished(ended)
            try:
                self._record(order, finished)
            except Exception as error:  # noqa: BLE001 (a door: the compile is over, whatever goes wrong here)
                self._call.step(f"not recorded: {error!r}")
            if sequel is None:
                return ended.end_alike()
            after = sequel.go_on(finished)
            if ended.how == KILLED:
                return ended.end_alike()
            if isinstance(after, Ended):
                self._tell_steps(after)
                return after.exit_status
            if isinstance(after, Spread):
                raise TypeError(_SEVERAL)
            order = after

    def _tell_steps(self, answer: Run | Ended) -> None:
        """Print what steps that needed no run have to say, and count them."""
        write_all(2, answer.stderr)
        write_all(1, answer.stdout)
        for request, hit in answer.hits:
            self._ledger.hit(request, hit, self._took_ns())
        self._ledger.flush()

    def _record(self, order: Run, finished: Finished) -> None:
        recorded = finish(order.ticket, finished, self._rooms)
        self._call.step(f"recorded: {recorded}")
        self._ledger.ran(order.ticket, finished, recorded, self._took_ns())
        self._ledger.flush()
        if isinstance(recorded, Stored):
            self._keep_below_limit()

    def _keep_below_limit(self) -> None:
        """Make room, as a daemon does in the background: where none ever runs, nobody else would."""
        invocation = self._request.invocation
        settings = load(invocation.env, invocation.cwd, home_of(invocation.env)).settings
        make_room(self._rooms.layout, self._rooms.index, self._rooms.artifacts, settings)

    def close(self) -> None:
        """Write down what is left to be told."""
        self._ledger.close()

    def _took_ns(self) -> int:
        return time.monotonic_ns() - self._started_ns


def _finished(ended: compiler_process.Ended) -> Finished:
    return Finished(
        status=ended.value,
        by_signal=ended.how == KILLED,
        stdout=ended.stdout,
        stderr=ended.stderr,
        duration_ns=ended.duration_ns,
        captured_all=not ended.incomplete,
    )
