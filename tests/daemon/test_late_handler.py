"""The stand-in for a handler that is still being made."""

import threading
from collections.abc import Callable, Mapping

from waiting import wait_until
from zccache.common.wire.frames import HEADER, Kind, parse_header
from zccache.daemon.handlers import LATER, Handler, Later
from zccache.daemon.late_handler import LateHandler


class Echo:
    """Answers every request with its body, and notes what else it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def begin(self, body: bytes, connection_id: int) -> bytes | Later:
        return body

    def finish(self, body: bytes, connection_id: int) -> bytes | Later:
        return body

    def control(self, request: Mapping[str, object]) -> dict[str, object]:
        return {"asked": request.get("command")}

    def gone(self, connection_id: int) -> None:
        self.told.append(f"gone {connection_id}")

    def idle(self) -> None:
        self.told.append("idle")

    def close(self) -> None:
        self.told.append("close")


class Around:
    """The shell around a handler: pool threads, answers, and the reason to stop."""

    def __init__(self) -> None:
        self.answers: dict[int, bytes] = {}
        self.stopped = ""

    def answer(self, connection_id: int, frame: bytes) -> None:
        self.answers[connection_id] = frame

    def is_waiting(self, connection_id: int) -> bool:
        return True

    def submit(self, work: Callable[[], None], connection_id: int | None = None) -> None:
        threading.Thread(target=work).start()

    def stop(self, reason: str) -> None:
        self.stopped = reason


def test_requests_wait_until_there_is_a_handler_and_then_go_straight_to_it() -> None:
    around, go = Around(), threading.Event()

    def make() -> Handler:
        go.wait()
        return Echo()

    late = LateHandler(make, around, around.stop)
    first = late.begin(b"early", 1)
    go.set()

    assert first is LATER
    assert wait_until(lambda: around.answers.get(1) == b"early")
    assert late.begin(b"straight", 2) == b"straight"
    assert late.control({"command": "status"}) == {"asked": "status"}


def test_who_leaves_while_waiting_is_not_answered() -> None:
    around, go = Around(), threading.Event()
    echo = Echo()

    def make() -> Handler:
        go.wait()
        return echo

    late = LateHandler(make, around, around.stop)
    late.begin(b"early", 1)
    late.gone(1)
    go.set()
    assert wait_until(lambda: late.begin(b"x", 2) == b"x")

    assert 1 not in around.answers
    assert echo.told == []


def test_without_a_handler_everybody_walks_cold_and_the_daemon_stops() -> None:
    around, go = Around(), threading.Event()

    def make() -> Handler:
        go.wait()
        raise OSError("no cache today")

    late = LateHandler(make, around, around.stop)
    late.begin(b"early", 1)
    go.set()

    assert wait_until(lambda: around.stopped)
    assert parse_header(around.answers[1][: HEADER.size]).kind == Kind.COLD
    assert isinstance(late.failure, OSError)
    assert "error" in late.control({"command": "status"})
