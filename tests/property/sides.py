"""A command run bare, and through the cache by a daemon's own service in this process."""

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from orders import Ask
from terminal import open_terminal, read_terminal
from zccache.common.command.invocation import Invocation
from zccache.common.housekeeping import empty_cache
from zccache.common.index.database import Index
from zccache.common.layout import Layout
from zccache.common.pipeline import begin, finish
from zccache.common.policy import policy_of
from zccache.common.request import Answer, Fail, Finished, Hit, NotStored, Pass, Request, Run, Spread
from zccache.common.rooms import open_rooms
from zccache.common.settings import load
from zccache.common.store.artifacts import Artifacts
from zccache.common.store.eviction import trim
from zccache.common.streams import shows_colours
from zccache.common.version import pack_version
from zccache.common.wire.frames import HEADER, Kind, parse_header
from zccache.common.wire.messages import (
    STDERR_IS_TTY,
    Begin,
    Finish,
    pack_begin,
    pack_block,
    pack_finish,
    unpack_fail,
    unpack_hit,
    unpack_pass,
    unpack_run,
    unpack_word,
)
from zccache.daemon.compile_service import CompileService
from zccache.daemon.handlers import LATER
from zccache.daemon.log import Log


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it printed; how is the way it took through the cache."""

    status: int
    stdout: bytes
    stderr: bytes
    how: str = ""


def _nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True)
class Meanwhile:
    """What happens while a compiler runs: before it starts, after it has ended, and once the front may go."""

    before: Callable[[], object] = _nothing
    after: Callable[[], object] = _nothing
    told: Callable[[], object] = _nothing


NOTHING = Meanwhile()


class Side(Protocol):
    """A cached way to run a command, and what befalls caches and daemons."""

    def compile(self, ask: Ask, meanwhile: Meanwhile = NOTHING) -> Ended: ...
    def compile_cold(self, ask: Ask) -> Ended: ...
    def restart(self) -> None: ...
    def kill(self) -> None: ...
    def clear(self) -> None: ...
    def close(self) -> None: ...
    @property
    def layout(self) -> Layout: ...


def run(
    ask: Ask,
    *,
    argv: tuple[str, ...] = (),
    program: str | None = None,
    changes: Mapping[str, str] | None = None,
    on_terminal: bool = False,
) -> Ended:
    """Run a command in the place of an ask, standard error on a terminal or not."""
    stderr = b""
    with contextlib.ExitStack() as stack:
        out = stack.enter_context(tempfile.TemporaryFile())
        if on_terminal:
            ours, theirs = open_terminal()
            stack.callback(os.close, ours)
        else:
            err = stack.enter_context(tempfile.TemporaryFile())
            ours, theirs = -1, err.fileno()
        with subprocess.Popen(
            argv or ask.argv,
            executable=program or _found(ask),
            cwd=ask.cwd,
            env={**ask.env, **(changes or {})},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=theirs,
            umask=ask.umask,
        ) as process:
            if on_terminal:
                os.close(theirs)
                stderr = read_terminal(ours)
            status = process.wait()
        if not on_terminal:
            os.lseek(theirs, 0, os.SEEK_SET)
            stderr = os.read(theirs, 1 << 20)
        out.seek(0)
        return Ended(status, out.read(), stderr)


def _found(ask: Ask) -> str:
    """Return where PATH leads; subprocess would look in the PATH of this process."""
    for folder in ask.env["PATH"].split(":"):
        if os.access(f"{folder}/{ask.argv[0]}", os.X_OK):
            return f"{folder}/{ask.argv[0]}"
    raise FileNotFoundError(ask.argv[0])


class _Pool:
    """Does submitted work at once and keeps the answers."""

    def __init__(self) -> None:
        self.answers: dict[int, bytes] = {}
        self.told: Callable[[], object] = _nothing

    def answer(self, connection_id: int, frame: bytes) -> None:
        self.answers[connection_id] = frame
        if parse_header(frame).kind == Kind.RECORDED:
            # The front goes on at once, while the service still records.
            self.told()

    def is_waiting(self, connection_id: int) -> bool:
        return True

    def is_held_up(self) -> bool:
        return False

    def submit(self, work: Callable[[], None], connection_id: int | None = None) -> None:
        work()


class ServiceSide:
    """The daemon's compile service without its socket: hot memory, fence and pipeline are the real ones."""

    def __init__(self, root: Path) -> None:
        self.layout = Layout(str(root))
        self._settings = load({}, "/", "").settings
        self._connection = 0
        self._open()

    def compile(self, ask: Ask, meanwhile: Meanwhile = NOTHING) -> Ended:
        """Do what a front does with the answers of the service."""
        self._connection += 1
        kind, body, is_hot = self._begin(ask)
        match kind:
            case Kind.HIT:
                status, stdout, stderr = unpack_hit(body)
                return Ended(status, stdout, stderr, "hot hit" if is_hot else "hit")
            case Kind.PASS:
                program, reason = unpack_pass(body)
                ended = run(ask, program=program, on_terminal=ask.on_terminal)
                return Ended(ended.status, ended.stdout, ended.stderr, f"passed {reason}")
            case Kind.RUN:
                return self._run(ask, body, meanwhile)
            case Kind.FAIL:
                status, message = unpack_fail(body)
                return Ended(status, b"", message.encode(), "failed")
            case Kind.COLD:
                return self.compile_cold(ask)
            case _:
                raise AssertionError(f"an answer of kind {kind:#x}")

    def compile_cold(self, ask: Ask) -> Ended:
        """Walk as the Python front does when there is no daemon."""
        rooms = open_rooms(self.layout)
        try:
            invocation = Invocation(ask.argv[0], ask.argv[1:], str(ask.cwd), ask.env)
            colour = shows_colours(is_tty=ask.on_terminal, env=ask.env)
            policy = policy_of(ask.env, str(ask.cwd))
            answer: Answer = begin(Request(invocation, ask.umask, wants_colour=colour, policy=policy), rooms)
            match answer:
                case Hit():
                    return Ended(answer.exit_status, answer.stdout, answer.stderr, "cold hit")
                case Pass():
                    ended = run(ask, program=answer.program, on_terminal=ask.on_terminal)
                    return Ended(
                        ended.status, ended.stdout, ended.stderr, f"cold passed {answer.reason.word}"
                    )
                case Fail():
                    return Ended(answer.exit_status, b"", answer.message.encode(), "cold failed")
                case Run():
                    changes = dict(change.partition("=")[::2] for change in answer.env_changes)
                    ended = run(ask, argv=answer.argv, program=answer.program, changes=changes)
                    finished = Finished(
                        abs(ended.status), ended.status < 0, ended.stdout, ended.stderr, 10**6
                    )
                    recorded = finish(answer.ticket, finished, rooms)
                    how = recorded.reason.word if isinstance(recorded, NotStored) else "stored"
                    return Ended(ended.status, ended.stdout, ended.stderr, f"cold {how}")
                case Spread():
                    raise AssertionError("several commands to run, and this one has one source")
        finally:
            rooms.index.close()

    def restart(self) -> None:
        """End the service in order and start another."""
        self.service.idle()
        self.close()
        self._open()

    def kill(self) -> None:
        """Let the service go without a word, as SIGKILL does, and start another."""
        if self.service._fence is not None:
            self.service._fence.close()
        self.service._rooms.index.close()
        self._log.close()
        self._open()

    def clear(self) -> None:
        """Empty the cache as `zccache clear` does."""
        self.service.control({"command": "clear"})

    def close(self) -> None:
        """End the service."""
        self.service.close()
        self._log.close()

    def _open(self) -> None:
        self._pool = _Pool()
        self.layout.create()
        self._log = Log(self.layout.daemon_log, "info")
        self.service = CompileService(self.layout, self._settings, self._pool, self._log)

    def _begin(self, ask: Ask) -> tuple[int, bytes, bool]:
        folder = ask.cwd.stat()
        asked = Begin(
            pack_version(),
            ask.umask,
            STDERR_IS_TTY if ask.on_terminal else 0,
            0,
            folder.st_dev,
            folder.st_ino,
            os.fsencode(ask.cwd),
            pack_block(ask.argv),
            pack_block([f"{name}={value}" for name, value in ask.env.items()]),
        )
        frame = self.service.begin(pack_begin(asked)[HEADER.size :], self._connection)
        is_hot = frame is not LATER
        if not isinstance(frame, bytes):
            frame = self._pool.answers.pop(self._connection)
        return parse_header(frame).kind, frame[HEADER.size :], is_hot

    def _run(self, ask: Ask, body: bytes, meanwhile: Meanwhile) -> Ended:
        order = unpack_run(body)
        changes = dict(change.partition("=")[::2] for change in order.env_changes)
        meanwhile.before()
        ended = run(ask, argv=order.argv, program=order.program, changes=changes)
        meanwhile.after()
        self._pool.told = meanwhile.told
        done = Finish(order.ticket, 0, ended.status, 10**6, 0, ended.stdout, ended.stderr)
        self.service.finish(pack_finish(done)[HEADER.size :], self._connection)
        word = unpack_word(self._pool.answers.pop(self._connection)[HEADER.size :])
        self._pool.told = _nothing
        return Ended(ended.status, ended.stdout, ended.stderr, word)


def blobs(layout: Layout) -> Iterator[Path]:
    """Yield the files of the store, in order of their names."""
    yield from sorted(path for path in Path(layout.artifacts).glob("*/*") if path.is_file())


@contextlib.contextmanager
def another_process(layout: Layout) -> Iterator[tuple[Index, Artifacts]]:
    """Open index and store as another process on this root would."""
    index = Index.open(layout)
    try:
        yield index, Artifacts(layout)
    finally:
        index.close()


def evict(layout: Layout, limit_bytes: int) -> None:
    """Keep the cache below a limit, behind the back of its daemon."""
    with another_process(layout) as (index, artifacts):
        trim(layout, index, artifacts, limit_bytes=limit_bytes, now_ns=0)


def clear_behind(layout: Layout) -> None:
    """Empty the cache behind the back of its daemon."""
    with another_process(layout) as (index, artifacts):
        empty_cache(index, artifacts)
