"""A daemon whose handler does what a request's words say; run as a program, all else is the real thing.

Words (argv of BEGIN): `hit TEXT`, `big BYTES`, `run`, `raise`, `raise-later`, `later FILE` (once it exists).
What the handler was told goes to `events` in the cache root, a line each.
"""

import os
import sys
import time
from collections.abc import Callable, Mapping

from zccache.common.layout import Layout
from zccache.common.settings import Settings
from zccache.common.wire.frames import Kind
from zccache.common.wire.messages import RunOrder, pack_hit, pack_run, pack_word, unpack_begin, unpack_finish
from zccache.daemon.handlers import LATER, Later, Outside
from zccache.daemon.log import Log
from zccache.daemon.main import run


class Echo:
    """Answers with what it was told to answer."""

    def __init__(self, layout: Layout, settings: Settings, outside: Outside, log: Log) -> None:
        self._outside = outside
        self._events = os.open(f"{layout.root}/events", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._note(f"idle_timeout {settings.idle_timeout_s} umask {os.umask(0o077):03o} cwd {os.getcwd()}")

    def begin(self, body: bytes, connection_id: int) -> bytes | Later:
        word, *rest = unpack_begin(body).argv
        if word == "raise":
            raise RuntimeError("told to")
        if word == "raise-later":
            self._outside.submit(_raise, connection_id)
            return LATER
        if word == "later":
            self._outside.submit(lambda: self._answer_when(rest[0], connection_id), connection_id)
            return LATER
        if word == "run":
            return pack_run(RunOrder(connection_id, 0, "/bin/true", ("true",), ()))
        if word == "big":
            return pack_hit(0, b"x" * int(rest[0]), b"")
        return pack_hit(0, " ".join(rest).encode(), b"")

    def finish(self, body: bytes, connection_id: int) -> bytes | Later:
        end = unpack_finish(body)
        return pack_word(Kind.RECORDED, f"ticket {end.ticket} printed {len(end.stdout)}")

    def control(self, request: Mapping[str, object]) -> dict[str, object]:
        if request.get("command") == "raise":
            _raise()
        return {"echo": dict(request)}

    def let_go(self, connection_id: int) -> bytes | None:
        return None

    def gone(self, connection_id: int) -> None:
        self._note("gone")

    def idle(self) -> None:
        self._note("idle")

    def close(self) -> None:
        self._note("close")
        os.close(self._events)

    def _answer_when(self, path: str, connection_id: int) -> None:
        while not os.path.exists(path):
            time.sleep(0.01)
        self._outside.answer(connection_id, pack_hit(0, b"at last", b""))

    def _note(self, event: str) -> None:
        os.write(self._events, f"{event}\n".encode())


def _raise() -> None:
    raise RuntimeError("told to, later")


# Named, so that the annotation of the shell is checked against it.
MAKE: Callable[[Layout, Settings, Outside, Log], Echo] = Echo

if __name__ == "__main__":
    sys.exit(run(sys.argv[1:], MAKE))
