"""Stands at the server's side while the real handler is being made, so that a daemon can be reached at once.

Making it means importing most of zccache and opening the index: two thirds of a start.
"""

import contextlib
import threading
from collections.abc import Callable, Mapping

from zccache.common.wire.frames import Kind
from zccache.common.wire.messages import pack_word, unpack_begin
from zccache.daemon.bare import bare
from zccache.daemon.handlers import LATER, Handler, Later, Outside

_NOT_MADE = pack_word(Kind.COLD, "daemon_error")


class LateHandler:
    """A handler whose requests wait until there is one, and then go straight to it.

    failure: the error by which there will never be one; the daemon is then told to stop.
    """

    def __init__(self, make: Callable[[], Handler], outside: Outside, stop: Callable[[str], None]) -> None:
        """Let requests wait until start() has made the handler."""
        self._make = make
        self._outside = outside
        self._stop = stop
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._handler: Handler | None = None
        self.failure: Exception | None = None
        self._waiting: dict[int, bytes] = {}

    def start(self) -> None:
        """Make the handler on a pool thread; when that fails, answer COLD and stop the daemon."""
        self._outside.submit(self._make_slowly)

    def begin(self, body: bytes, connection_id: int) -> bytes | Later:
        """Return the handler's answer, or LATER while there is none."""
        if self._handler is None:
            with self._lock:
                if self._handler is None:
                    self._waiting[connection_id] = body
                    return LATER
        return self._handler.begin(body, connection_id)

    def finish(self, body: bytes, connection_id: int) -> bytes | Later:
        """Return the handler's answer; nobody can finish before it has begun."""
        return _NOT_MADE if self._handler is None else self._handler.finish(body, connection_id)

    def control(self, request: Mapping[str, object]) -> dict[str, object]:
        """Return the handler's answer, once there is one; on a pool thread, which may wait."""
        self._ready.wait()
        if self._handler is None:
            return {"error": "the daemon cannot open its cache"}
        return self._handler.control(request)

    def let_go(self, connection_id: int) -> bytes | None:
        """Return the handler's answer; while there is none, send fronts on where its disk does not answer."""
        if self._handler is not None:
            return self._handler.let_go(connection_id)
        if not self._outside.is_held_up():
            return None
        with self._lock:
            body = self._waiting.pop(connection_id, None)
        return None if body is None else bare(unpack_begin(body))

    def gone(self, connection_id: int) -> None:
        """Forget a front that went away."""
        with self._lock:
            was_waiting = self._waiting.pop(connection_id, None) is not None
        if not was_waiting and self._handler is not None:
            self._handler.gone(connection_id)

    def idle(self) -> None:
        """Let the handler do what can wait."""
        if self._handler is not None:
            self._handler.idle()

    def close(self) -> None:
        """Let the handler write down what must last."""
        if self._handler is not None:
            self._handler.close()

    def _make_slowly(self) -> None:
        handler = None
        try:
            handler = self._make()
        except Exception as error:  # noqa: BLE001 - a thread's top: the daemon ends with this error
            self.failure = error
        with self._lock:
            self._handler = handler
            waiting, self._waiting = self._waiting, {}
        self._ready.set()
        for connection_id, body in waiting.items():
            self._send_in(handler, body, connection_id)
        if handler is None:
            self._stop("its cache cannot be opened")

    def _send_in(self, handler: Handler | None, body: bytes, connection_id: int) -> None:
        answer: bytes | Later = _NOT_MADE
        if handler is not None:
            with contextlib.suppress(Exception):
                answer = handler.begin(body, connection_id)
        if answer is not LATER:
            self._outside.answer(connection_id, answer)
