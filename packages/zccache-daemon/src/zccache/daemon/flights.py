"""Knows which compiles are under way, and which requests wait for the same one to end.

The first request of its key leads a flight; later ones wait for it to land. A flight whose
result was stored lets all of them go at once: each will hit. One whose leader went away
hands over to the first that waits. Otherwise all go and compile by themselves.

Compiles of several folders that share their result are a group, which is found out on the
pool: there a flight joins the one of its group that is under way.
"""

import threading
from collections.abc import Callable
from enum import Enum

from zccache.common.request import Spread, Ticket
from zccache.common.values import dataclass, field
from zccache.common.wire.messages import IS_APART, Begin


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came: the key under which the same one would be known, and when it came."""

    begin: Begin
    key: bytes
    connection_id: int
    since_ns: int


@dataclass(eq=False, slots=True)
class Flight:
    """A request that is being answered; it has a ticket until FINISH. Alone, nobody waits for it.

    keys are those under which others find it.
    """

    asked: Asked
    is_alone: bool = False
    keys: list[bytes] = field(default_factory=list)
    ticket: Ticket | Spread | None = None
    waiting: list[Asked] = field(default_factory=list)


class Landing(Enum):
    """How a flight ended, for those who wait."""

    DECIDED = "decided"
    GONE = "gone"
    NOT_YET = "not_yet"


class Flights:
    """All flights, by request and by connection; safe from any thread."""

    def __init__(self, launch: Callable[[Flight], None]) -> None:
        """Call launch, outside any lock, for each flight that is to be answered now."""
        self._launch = launch
        self._lock = threading.Lock()
        self._leaders: dict[bytes, Flight] = {}
        self._by_connection: dict[int, Flight] = {}
        self._waiting: dict[int, bytes] = {}

    def take_off(self, asked: Asked) -> None:
        """Launch a flight for this request, or let it wait for the one of its key that is under way."""
        with self._lock:
            leader = self._leaders.get(asked.key)
            if leader is not None:
                self._wait(asked, leader, asked.key)
                return
            flight = self._register(Flight(asked))
            self._lead(flight, asked.key)
        self._launch(flight)

    def join(self, flight: Flight, group: bytes) -> bool:
        """Let a flight, and all who wait for it, wait for the leader of a group; False: it leads now."""
        with self._lock:
            if flight.is_alone or self._by_connection.get(flight.asked.connection_id) is not flight:
                return False
            leader = self._leaders.get(group)
            if leader is None:
                self._lead(flight, group)
                return False
            for asked in (flight.asked, *self._unregister(flight)):
                self._wait(asked, leader, group)
            return True

    def fly_alone(self, asked: Asked) -> None:
        """Launch a flight for this request whatever else is under way."""
        with self._lock:
            flight = self._register(Flight(asked, is_alone=True))
        self._launch(flight)

    def give_ticket(self, flight: Flight, ticket: Ticket | Spread) -> bool:
        """Note that the flight's front was told to compile; False when the front is gone already."""
        with self._lock:
            if self._by_connection.get(flight.asked.connection_id) is not flight:
                return False
            flight.ticket = ticket
            return True

    def of(self, connection_id: int) -> Flight | None:
        """Return the flight of a connection."""
        with self._lock:
            return self._by_connection.get(connection_id)

    def asked_on(self, connection_id: int) -> Asked | None:
        """Return the request of a connection, under way or waiting for another."""
        with self._lock:
            flight = self._by_connection.get(connection_id)
            if flight is not None:
                return flight.asked
            leader = self._leaders.get(self._waiting.get(connection_id, b""))
            waiting = leader.waiting if leader is not None else ()
            return next((asked for asked in waiting if asked.connection_id == connection_id), None)

    def compilers_besides(self, connection_id: int) -> int:
        """Return how many compilers the fronts of other connections may be running by now."""
        with self._lock:
            flights = list(self._by_connection.values())
        return sum(_compilers(flight) for flight in flights if flight.asked.connection_id != connection_id)

    def is_any_under_way(self) -> bool:
        """Tell whether a request is being answered, or its compile is run or recorded."""
        return bool(self._by_connection)

    def land(self, flight: Flight, landing: Landing) -> int:
        """End a flight, send those who waited on their way and return how many; harmless the second time."""
        with self._lock:
            waiting = self._unregister(flight)
            for asked in waiting:
                self._waiting.pop(asked.connection_id, None)
        go = self.fly_alone if landing is Landing.DECIDED else self.take_off
        for asked in waiting:
            go(asked)
        return len(waiting)

    def leave(self, connection_id: int) -> Flight | None:
        """Forget a front that went away; return the flight of its own, which is then to land."""
        with self._lock:
            key = self._waiting.pop(connection_id, None)
            leader = self._leaders.get(key) if key is not None else None
            if leader is not None:
                leader.waiting = [it for it in leader.waiting if it.connection_id != connection_id]
            return self._by_connection.get(connection_id)

    def overdue(self, before_ns: int) -> list[Asked]:
        """Take out and return the requests that have waited since before that time."""
        late = []
        with self._lock:
            for flight in self._leaders.values():
                late += [asked for asked in flight.waiting if asked.since_ns < before_ns]
                flight.waiting = [asked for asked in flight.waiting if asked.since_ns >= before_ns]
            for asked in late:
                self._waiting.pop(asked.connection_id, None)
        return late

    def _wait(self, asked: Asked, leader: Flight, key: bytes) -> None:
        leader.waiting.append(asked)
        self._waiting[asked.connection_id] = key

    def _lead(self, flight: Flight, key: bytes) -> None:
        self._leaders[key] = flight
        flight.keys.append(key)

    def _unregister(self, flight: Flight) -> list[Asked]:
        """Take a flight out and return who waited for it."""
        if self._by_connection.get(flight.asked.connection_id) is flight:
            del self._by_connection[flight.asked.connection_id]
        for key in flight.keys:
            del self._leaders[key]
        flight.keys = []
        waiting, flight.waiting = flight.waiting, []
        return waiting

    def _register(self, flight: Flight) -> Flight:
        self._by_connection[flight.asked.connection_id] = flight
        return flight


def _compilers(flight: Flight) -> int:
    if isinstance(flight.ticket, Spread):
        return flight.ticket.at_once
    # What is asked for apart is counted with the command that it belongs to.
    return 0 if flight.ticket is None or flight.asked.begin.flags & IS_APART else 1


class Recordings:
    """How many compiles are being recorded after their fronts were let go; a context manager for each."""

    def __init__(self) -> None:
        """Start with none."""
        self._changed = threading.Condition()
        self._count = 0

    def __enter__(self) -> None:
        with self._changed:
            self._count += 1

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._count -= 1
            self._changed.notify_all()

    def wait_for_none(self, *, within_s: float) -> bool:
        """Wait until none is under way, so that who asks now is told of every compile that has ended."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._count, within_s)
