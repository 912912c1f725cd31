"""Knows the loop: moves frames between connections and whoever answers them; one thread, one selector.

Must never learn what a frame is for, nor that there are compilers or a cache. The usual
connection costs accept, recv, send and close, and never reaches the selector.
"""

import selectors
import socket
import time
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from zccache.common.errors import WireBroken
from zccache.common.wire.frames import Header, Kind, pack_frame
from zccache.common.wire.messages import pack_word
from zccache.daemon.connections import Connection, Step, is_run
from zccache.daemon.handlers import Later
from zccache.daemon.log import Log
from zccache.daemon.mailbox import Mailbox
from zccache.daemon.reception import Reception

_BUSY: Final = pack_frame(Kind.BUSY)
_FULL: Final = pack_word(Kind.COLD, "too_many_connections")
_READ: Final = selectors.EVENT_READ
_WRITE: Final = selectors.EVENT_WRITE
_TICK_S: Final = 1.0
_IDLE_AT_LEAST_EVERY_S: Final = 10.0


class Limits(NamedTuple):
    """What the server allows; busy_every_s lies well below the 600 ms of silence that a front endures."""

    connections: int
    frame_s: float = 5.0
    send_s: float = 30.0
    drain_s: float = 5.0
    busy_every_s: float = 0.25


class Requests(Protocol):
    """Who answers frames; none of these raises."""

    def request(self, header: Header, body: bytes, connection_id: int) -> bytes | Later:
        """Return the whole answer to a frame, or LATER."""

    def let_go(self, connection_id: int) -> bytes | None:
        """Return the answer for a front that is not to wait any longer; None: it is to wait."""

    def gone(self, connection_id: int) -> None:
        """Hear that a connection ended with an answer or a FINISH still to come."""

    def idle(self) -> None:
        """Do what can wait."""


class Watch(Protocol):
    """Who decides how long the server lives."""

    def reason_to_stop(self, *, is_working: bool) -> str | None:
        """Say why the daemon should end, or None; asked once a second."""

    def retire(self) -> None:
        """Make the endpoint unreachable for new fronts."""


class Server:
    """Serves one listening socket until told to stop."""

    def __init__(self, reception: Reception, limits: Limits, log: Log) -> None:
        self._reception = reception
        self._limits = limits
        self._log = log
        self._selector = selectors.DefaultSelector()
        self._mailbox = Mailbox()
        self._stop_reason: str | None = None
        self._connections: dict[int, Connection] = {}
        self._waiting: dict[int, Connection] = {}
        self._last_id = 0
        self._requests: Requests
        self._is_accepting = False
        self._had_requests = False
        self._next_tick = self._next_beat = self._last_idle = 0.0

    def answer(self, connection_id: int, frame: bytes) -> None:
        """Send the answer of a request that was put off; from any thread."""
        self._mailbox.post(connection_id, frame)

    def is_waiting(self, connection_id: int) -> bool:
        """Tell whether the front at the other end is still there, waiting; from any thread."""
        connection = self._connections.get(connection_id)
        return connection is not None and connection.is_open()

    def stop(self, reason: str) -> None:
        """Make serve() drain and return; from any thread and from a signal handler."""
        self._stop_reason = self._stop_reason or reason
        self._mailbox.wake()

    @property
    def is_stopping(self) -> bool:
        """Tell whether stop() was called."""
        return self._stop_reason is not None

    def serve(self, requests: Requests, watch: Watch, is_busy: Callable[[], bool]) -> str:
        """Answer until told to stop, drain, and return the reason; is_busy says that work is under way."""
        self._requests = requests
        self._selector.register(self._mailbox.reader, _READ)
        self._accept_again()
        self._next_tick = self._last_idle = time.monotonic() + _TICK_S
        while self._stop_reason is None:
            self._turn()
            if time.monotonic() >= self._next_tick:
                self._tick(watch, is_busy)
        self._drain(watch)
        return self._stop_reason

    def _turn(self) -> None:
        until = min(self._next_tick, self._next_beat) if self._waiting else self._next_tick
        for key, events in self._selector.select(max(0.0, until - time.monotonic())):
            if key.data is not None:
                self._ready(key.data, events)
            elif key.fileobj is self._reception.listener:
                self._accept()
        for connection_id, frame in self._mailbox.collect():
            connection = self._waiting.pop(connection_id, None)
            if connection is not None:
                self._reply(connection, frame)
        if self._waiting and time.monotonic() >= self._next_beat:
            self._beat()

    def _accept(self) -> int:
        """Serve those who are there and return how many they were; 0 may mean: no more for now."""
        count = 0
        for arrival in self._reception.arrivals():
            count += 1
            self._last_id += 1
            deadline = time.monotonic() + self._limits.frame_s
            guest = Connection(arrival, self._last_id, deadline, self._reception.token)
            self._connections[guest.id] = guest
            if len(self._connections) > self._limits.connections:
                self._send(guest, _FULL)
            else:
                # The front has usually sent its request by now: no need to wait for the selector.
                self._receive(guest)
        if self._reception.is_out_of_descriptors:
            self._stop_accepting()
        return count

    def _ready(self, connection: Connection, events: int) -> None:
        if connection.id not in self._connections:
            return
        if events & _WRITE:
            self._send(connection, None)
        else:
            self._receive(connection)

    def _receive(self, connection: Connection) -> None:
        try:
            frame = connection.receive()
            if frame is not None:
                _check_turn(connection, frame[0].kind)
        except WireBroken as error:
            self._log.warning(f"connection {connection.id}: {error}; closed")
            self._close(connection)
        except (OSError, EOFError):
            self._close(connection)
        else:
            if frame is not None:
                self._dispatch(connection, *frame)
                return
            if connection.incoming and connection.deadline is None:
                connection.deadline = time.monotonic() + self._limits.frame_s
            self._watch_for(connection, _READ)

    def _dispatch(self, connection: Connection, header: Header, body: bytes) -> None:
        self._had_requests = True
        connection.deadline = None
        if connection.step is Step.REQUEST and not connection.is_open():
            # It has gone on by itself: outputs that came now would overwrite what is newer.
            self._close(connection)
            return
        answer = self._requests.request(header, body, connection.id)
        if isinstance(answer, bytes):
            self._reply(connection, answer)
            return
        connection.step = Step.ANSWER
        if not self._waiting:
            self._next_beat = time.monotonic() + self._limits.busy_every_s
        self._waiting[connection.id] = connection
        # To notice a front that goes away.
        self._watch_for(connection, _READ)

    def _reply(self, connection: Connection, frame: bytes) -> None:
        connection.step = Step.RUN if is_run(frame) else Step.END
        self._send(connection, frame)

    def _send(self, connection: Connection, frame: bytes | None) -> None:
        """Send a frame, or what is left of the last one; then wait for FINISH or close."""
        try:
            is_sent = connection.send_more() if frame is None else connection.send(frame)
        except OSError:
            self._close(connection)
            return
        if not is_sent:
            connection.deadline = time.monotonic() + self._limits.send_s
            self._watch_for(connection, _WRITE)
        elif connection.step is Step.RUN:
            connection.deadline = None
            self._watch_for(connection, _READ)
        else:
            self._close(connection)

    def _beat(self) -> None:
        self._next_beat = time.monotonic() + self._limits.busy_every_s
        for connection in list(self._waiting.values()):
            answer = self._requests.let_go(connection.id)
            if answer is not None:
                del self._waiting[connection.id]
                self._reply(connection, answer)
                continue
            try:
                connection.socket.send(_BUSY, socket.MSG_DONTWAIT)
            except BlockingIOError:
                continue
            except OSError:
                self._close(connection)

    def _watch_for(self, connection: Connection, events: int) -> None:
        if not connection.watched:
            self._selector.register(connection.socket, events, connection)
        elif connection.watched != events:
            self._selector.modify(connection.socket, events, connection)
        connection.watched = events

    def _close(self, connection: Connection) -> None:
        del self._connections[connection.id]
        self._waiting.pop(connection.id, None)
        if connection.watched:
            self._selector.unregister(connection.socket)
        connection.socket.close()
        if connection.step in {Step.ANSWER, Step.RUN}:
            self._requests.gone(connection.id)

    def _tick(self, watch: Watch, is_busy: Callable[[], bool]) -> None:
        now = time.monotonic()
        self._next_tick = now + _TICK_S
        for connection in list(self._connections.values()):
            if connection.deadline is not None and now > connection.deadline:
                self._log.warning(f"connection {connection.id}: too slow for {connection.step.value}; closed")
                self._close(connection)
        self._accept_again()
        is_quiet, self._had_requests = not self._had_requests, False
        if is_quiet or now - self._last_idle >= _IDLE_AT_LEAST_EVERY_S:
            self._last_idle = now
            self._requests.idle()
        steps = {connection.step for connection in self._connections.values()}
        reason = watch.reason_to_stop(is_working=not is_quiet or bool(steps - {Step.REQUEST}) or is_busy())
        if reason is not None:
            self.stop(reason)

    def _accept_again(self) -> None:
        if not self._is_accepting:
            self._selector.register(self._reception.listener, _READ)
            self._is_accepting = True

    def _stop_accepting(self) -> None:
        if self._is_accepting:
            self._selector.unregister(self._reception.listener)
            self._is_accepting = False

    def _drain(self, watch: Watch) -> None:
        """Answer who is there already, wait for answers under way, let go of everybody."""
        watch.retire()
        self._stop_accepting()
        while self._accept():
            pass
        self._reception.listener.close()
        deadline = self._next_tick = time.monotonic() + self._limits.drain_s
        while self._is_answering() and time.monotonic() < deadline:
            self._turn()
        for connection in list(self._connections.values()):
            # Not forgotten: a compiler that runs still writes where it was told to.
            if connection.step is Step.RUN:
                connection.step = Step.END
            self._close(connection)
        self._selector.close()
        self._mailbox.close()

    def _is_answering(self) -> bool:
        sending = (connection for connection in self._connections.values() if connection.outgoing)
        return bool(self._waiting) or any(sending)


def _check_turn(connection: Connection, kind: int) -> None:
    if connection.step is Step.ANSWER or (kind == Kind.FINISH) != (connection.step is Step.RUN):
        raise WireBroken(f"frame of kind {kind:#x} while waiting for {connection.step.value}")
