"""Identical requests in flight: who leads, who waits, who goes when."""

from dataclasses import dataclass, field
from typing import cast

from zccache.common.request import Ticket
from zccache.common.wire.messages import Begin
from zccache.daemon.flights import Asked, Flight, Flights, Landing

TICKET = cast("Ticket", object())
BEGIN = Begin(0, 0, 0, 0, 0, 0, b"/", b"gcc\0", b"")


def asked(connection_id: int, key: bytes = b"k", since_ns: int = 0) -> Asked:
    return Asked(BEGIN, key, connection_id, since_ns)


@dataclass
class Runway:
    """Flights, and the connections that were launched, in order."""

    launched: list[Flight] = field(default_factory=list)
    flights: Flights = field(init=False)

    def __post_init__(self) -> None:
        self.flights = Flights(self.launched.append)

    @property
    def connections(self) -> list[int]:
        return [flight.asked.connection_id for flight in self.launched]


def test_one_of_several_identical_requests_takes_off() -> None:
    runway = Runway()

    for connection in (1, 2, 3):
        runway.flights.take_off(asked(connection))

    assert runway.connections == [1]


def test_different_requests_do_not_wait_for_each_other() -> None:
    runway = Runway()

    runway.flights.take_off(asked(1, b"one"))
    runway.flights.take_off(asked(2, b"two"))

    assert runway.connections == [1, 2]


def test_all_who_waited_go_at_once_when_the_flight_has_landed() -> None:
    runway = Runway()
    for connection in (1, 2, 3):
        runway.flights.take_off(asked(connection))

    runway.flights.land(runway.launched[0], Landing.DECIDED)

    assert runway.connections == [1, 2, 3]


def test_when_the_leader_goes_away_one_of_the_others_leads() -> None:
    runway = Runway()
    for connection in (1, 2, 3):
        runway.flights.take_off(asked(connection))

    gone = runway.flights.leave(1)
    assert gone is runway.launched[0]
    runway.flights.land(gone, Landing.GONE)

    assert runway.connections == [1, 2]
    runway.flights.land(runway.launched[1], Landing.DECIDED)
    assert runway.connections == [1, 2, 3]


def test_who_leaves_while_waiting_is_not_launched() -> None:
    runway = Runway()
    for connection in (1, 2):
        runway.flights.take_off(asked(connection))

    left = runway.flights.leave(2)
    runway.flights.land(runway.launched[0], Landing.DECIDED)

    assert left is None
    assert runway.connections == [1]


def test_a_ticket_is_refused_for_a_front_that_is_gone() -> None:
    runway = Runway()
    runway.flights.take_off(asked(1))
    flight = runway.launched[0]
    runway.flights.land(flight, Landing.GONE)

    given = runway.flights.give_ticket(flight, TICKET)

    assert not given
    assert flight.ticket is None


def test_a_connection_finds_its_flight_and_ticket_until_it_lands() -> None:
    runway = Runway()
    runway.flights.take_off(asked(1))
    flight = runway.launched[0]

    assert runway.flights.give_ticket(flight, TICKET)

    assert runway.flights.of(1) is flight
    runway.flights.land(flight, Landing.DECIDED)
    assert runway.flights.of(1) is None


def test_landing_twice_launches_nobody_twice() -> None:
    runway = Runway()
    for connection in (1, 2):
        runway.flights.take_off(asked(connection))
    flight = runway.launched[0]

    runway.flights.land(flight, Landing.DECIDED)
    runway.flights.land(flight, Landing.DECIDED)

    assert runway.connections == [1, 2]


def test_who_has_waited_too_long_is_handed_out_once() -> None:
    runway = Runway()
    runway.flights.take_off(asked(1))
    runway.flights.take_off(asked(2, since_ns=10))
    runway.flights.take_off(asked(3, since_ns=90))

    late = runway.flights.overdue(50)

    assert [one.connection_id for one in late] == [2]
    assert runway.flights.overdue(50) == []
    runway.flights.land(runway.launched[0], Landing.DECIDED)
    assert runway.connections == [1, 3]


def test_a_flight_alone_neither_leads_nor_ends_the_one_of_its_key() -> None:
    runway = Runway()
    runway.flights.take_off(asked(1))
    runway.flights.fly_alone(asked(2))

    runway.flights.land(runway.launched[1], Landing.DECIDED)
    runway.flights.take_off(asked(3))

    assert runway.connections == [1, 2]


def test_a_flight_joins_the_one_of_its_group_with_all_who_wait_for_it() -> None:
    runway = Runway()
    for connection, key in ((1, b"one"), (2, b"two"), (3, b"two")):
        runway.flights.take_off(asked(connection, key))
    first, second = runway.launched

    assert not runway.flights.join(first, b"group")
    assert runway.flights.join(second, b"group")

    assert runway.flights.of(2) is None
    assert runway.flights.asked_on(3) == asked(3, b"two")
    assert runway.flights.land(first, Landing.DECIDED) == 2
    assert runway.connections == [1, 2, 2, 3]


def test_who_leaves_a_group_is_not_launched_and_the_next_leads_when_the_leader_goes() -> None:
    runway = Runway()
    for connection, key in ((1, b"one"), (2, b"two"), (3, b"three")):
        runway.flights.take_off(asked(connection, key))
    for flight in tuple(runway.launched):
        runway.flights.join(flight, b"group")

    assert runway.flights.leave(2) is None
    runway.flights.land(runway.launched[0], Landing.GONE)

    assert runway.connections == [1, 2, 3, 3]
    assert not runway.flights.join(runway.launched[-1], b"group")


def test_a_flight_alone_joins_no_group() -> None:
    runway = Runway()
    runway.flights.take_off(asked(1, b"one"))
    runway.flights.join(runway.launched[0], b"group")
    runway.flights.fly_alone(asked(2, b"two"))

    assert not runway.flights.join(runway.launched[1], b"group")
