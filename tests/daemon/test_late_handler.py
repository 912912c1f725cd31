"""The stand-in for a handler that is still being made."""

import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from waiting import wait_until
from zccache.common.reasons import Reason
from zccache.common.wire.frames import HEADER, Kind, parse_header
from zccache.common.wire.messages import Begin, pack_begin, pack_block, unpack_pass
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

    def let_go(self, connection_id: int) -> bytes | None:
        return b"let go"

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
        self.held_up = False

    def answer(self, connection_id: int, frame: bytes) -> None:
        self.answers[connection_id] = frame

    def is_waiting(self, connection_id: int) -> bool:
        return True

    def submit(self, work: Callable[[], None], connection_id: int | None = None) -> None:
        threading.Thread(target=work).start()

    def is_held_up(self) -> bool:
        return self.held_up

    def stop(self, reason: str) -> None:
        self.stopped = reason


def test_requests_wait_until_there_is_a_handler_and_then_go_straight_to_it() -> None:
    around, go = Around(), threading.Event()

    def make() -> Handler:
        go.wait()
        return Echo()

    late = LateHandler(make, around, around.stop)
    late.start()
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
    late.start()
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
    late.start()
    late.begin(b"early", 1)
    go.set()

    assert wait_until(lambda: around.stopped)
    assert parse_header(around.answers[1][: HEADER.size]).kind == Kind.COLD
    assert isinstance(late.failure, OSError)
    assert "error" in late.control({"command": "status"})


def test_while_there_is_no_handler_a_disk_that_holds_it_up_holds_up_nobody_else(tmp_path: Path) -> None:
    """hazard 100"""
    around, go = Around(), threading.Event()

    def make() -> Handler:
        go.wait(10)
        return Echo()

    late = LateHandler(make, around, around.stop)
    late.start()
    words = pack_block(("true",))
    body = pack_begin(
        Begin(1, 0, 0, 0, 0, 0, os.fsencode(tmp_path), words, pack_block(("PATH=/usr/bin:/bin",)))
    )
    assert late.begin(body[HEADER.size :], 1) is LATER

    waits = late.let_go(1)
    around.held_up = True
    goes = late.let_go(1)
    go.set()

    assert waits is None
    assert goes is not None
    assert unpack_pass(goes[HEADER.size :])[1] == Reason.CACHE_BLOCKED.word
    assert wait_until(lambda: late.let_go(1) == b"let go")
    assert around.answers == {}
