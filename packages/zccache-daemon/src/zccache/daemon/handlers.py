"""Knows what the server asks of whoever answers requests, and the door where their exceptions end.

Must never learn what a request is for: bodies go through unread, but for the version of a front.
"""

import json
import struct
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final, Protocol

from zccache.common.crashes import Crashes
from zccache.common.errors import WireBroken
from zccache.common.version import VERSION, pack_version
from zccache.common.wire.frames import PROTOCOL, Header, Kind, pack_frame
from zccache.common.wire.messages import pack_word
from zccache.daemon.log import Log

_RESTART: Final = pack_frame(Kind.RESTART)
_OWN_VERSION: Final = pack_version(VERSION)
_FRONT_VERSION: Final = struct.Struct("<I")


class Later(Enum):
    """The sign that a request's answer will come through `Outside.answer`."""

    LATER = "later"


LATER: Final = Later.LATER


class Outside(Protocol):
    """What a handler may ask of the shell around it; every call from any thread."""

    def answer(self, connection_id: int, frame: bytes) -> None:
        """Send the answer to a request that was answered LATER; dropped when its front is gone."""

    def is_waiting(self, connection_id: int) -> bool:
        """Tell whether the front of a connection is still there, waiting for its answer."""

    def submit(self, work: Callable[[], None], connection_id: int | None = None) -> None:
        """Run the work on a pool thread; if it raises, that connection gets COLD and a crash is noted."""

    def is_held_up(self) -> bool:
        """Tell whether work on the pool waits for a disk that does not answer; on the server's thread."""


class Handler(Protocol):
    """Who answers: on the server's one thread, so begin, finish, gone and idle never block for long."""

    def begin(self, body: bytes, connection_id: int) -> bytes | Later:
        """Return the whole frame that answers a BEGIN body, or LATER."""

    def finish(self, body: bytes, connection_id: int) -> bytes | Later:
        """Return the whole frame that answers the FINISH body of a connection that got RUN, or LATER."""

    def control(self, request: Mapping[str, object]) -> dict[str, object]:
        """Return the answer to a question other than `ping` and `stop`; called on a pool thread."""

    def let_go(self, connection_id: int) -> bytes | None:
        """Return the answer for a front that is not to wait any longer; None: it is to wait."""

    def gone(self, connection_id: int) -> None:
        """Forget a connection that ended with an answer or a FINISH still to come; at most once each."""

    def idle(self) -> None:
        """Do what can wait: called after a second without requests, and at least every 10 s."""

    def close(self) -> None:
        """Write down what must last: called once, after the last answer."""


class Door:
    """Stands between the server and a handler: whatever a request does there, the daemon goes on."""

    def __init__(
        self,
        handler: Handler,
        outside: Outside,
        facts: Mapping[str, object],
        *,
        stop: Callable[[str], None],
        is_stopping: Callable[[], bool],
        crashes: Crashes,
        log: Log,
    ) -> None:
        self._handler = handler
        self._outside = outside
        self._facts = facts
        self._stop = stop
        self._is_stopping = is_stopping
        self._crashes = crashes
        self._log = log

    def request(self, header: Header, body: bytes, connection_id: int) -> bytes | Later:
        """Return the answer to one frame; never raises."""
        try:
            return self._answer(header, body, connection_id)
        except WireBroken as error:
            self._log.warning(f"connection {connection_id}: {error}")
            return pack_word(Kind.COLD, "bad_request")
        except Exception as error:  # noqa: BLE001 - a door: the front can still compile by itself
            self.note_crash("request", error, {"frame": f"{header.kind:#x}"})
            return pack_word(Kind.COLD, "daemon_error")

    def let_go(self, connection_id: int) -> bytes | None:
        """Return the answer for a front that is not to wait any longer; None: it is to wait."""
        try:
            return self._handler.let_go(connection_id)
        except Exception as error:  # noqa: BLE001 - a door: the front can still compile by itself
            self.note_crash("let_go", error, {})
            return pack_word(Kind.COLD, "daemon_error")

    def gone(self, connection_id: int) -> None:
        """Tell the handler that a front went away early."""
        self._shielded("gone", lambda: self._handler.gone(connection_id))

    def idle(self) -> None:
        """Let the handler do what can wait."""
        self._shielded("idle", self._handler.idle)

    def close(self) -> None:
        """Let the handler write down what must last."""
        self._shielded("close", self._handler.close)

    def work_crashed(self, error: BaseException, connection_id: int | None) -> None:
        """Note an exception on a pool thread and answer whoever waits for that work."""
        self.note_crash("work", error, {})
        if connection_id is not None:
            self._outside.answer(connection_id, pack_word(Kind.COLD, "daemon_error"))

    def note_crash(self, kind: str, error: BaseException, facts: Mapping[str, str]) -> None:
        """Write a crash dump and a line in the log."""
        path = self._crashes.write("daemon", kind, error, facts)
        self._log.error(f"{kind} failed: {type(error).__name__}: {error}; dump: {path or 'not writable'}")

    def _answer(self, header: Header, body: bytes, connection_id: int) -> bytes | Later:
        if header.protocol > PROTOCOL:
            return self._give_way(f"a front speaks protocol {header.protocol}")
        if header.protocol < PROTOCOL:
            return pack_word(Kind.COLD, "older_protocol")
        if header.kind == Kind.BEGIN:
            if len(body) < _FRONT_VERSION.size:
                raise WireBroken("BEGIN is cut short")
            if _FRONT_VERSION.unpack_from(body)[0] > _OWN_VERSION:
                return self._give_way("a front is newer than this daemon")
            return self._handler.begin(body, connection_id)
        if header.kind == Kind.FINISH:
            return self._handler.finish(body, connection_id)
        if header.kind == Kind.CONTROL:
            return self._control(body, connection_id)
        raise WireBroken(f"frame of unknown kind {header.kind:#x}")

    def _give_way(self, why: str) -> bytes:
        self._stop(why)
        return _RESTART

    def _control(self, body: bytes, connection_id: int) -> bytes | Later:
        try:
            request = json.loads(body)
        except ValueError as error:
            raise WireBroken(f"CONTROL is not JSON: {error}") from error
        if not isinstance(request, dict):
            raise WireBroken("CONTROL is not a JSON object")
        match request.get("command"):
            case "ping":
                return self._ping()
            case "stop":
                self._stop("asked to stop")
                return self._ping()
            case _:
                answer = self._outside.answer
                handler = self._handler
                self._outside.submit(
                    lambda: answer(connection_id, _controlled(handler.control(request))), connection_id
                )
                return LATER

    def _ping(self) -> bytes:
        return _controlled({**self._facts, "is_stopping": self._is_stopping()})

    def _shielded(self, kind: str, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - a door: housekeeping must not end the daemon
            self.note_crash(kind, error, {})


def _controlled(answer: Mapping[str, object]) -> bytes:
    return pack_frame(Kind.CONTROLLED, json.dumps(dict(answer)).encode())
