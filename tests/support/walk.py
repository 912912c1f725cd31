"""A compile walked in this process beside the bare compiler: what each leaves, and whether it is the same."""

import os
import stat
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from waiting import wait_until
from zccache.common.command.invocation import Invocation
from zccache.common.errors import ZccacheError
from zccache.common.freshness import FileDigests, tick_ns
from zccache.common.layout import Layout
from zccache.common.pipeline import begin, finish
from zccache.common.policy import policy_of
from zccache.common.request import (
    Answer,
    Ended,
    Facts,
    Fail,
    Finished,
    Hit,
    NotStored,
    Pass,
    Request,
    Run,
    Spread,
)
from zccache.common.rooms import Rooms, open_rooms
from zccache.common.toolchains.identifying import Toolchains
from zccache.common.values import replace

UMASK = 0o022
FELL_BACK = "fell back"
TO_AND_FRO = ["stored", "hit", "stored", "hit", "hit"]


class State(NamedTuple):
    """One path below the folder: what it is, with what in it."""

    kind: int
    mode: int
    data: bytes
    links: int
    inode: int
    ctime_ns: int


class Trace(NamedTuple):
    """What a command did to one path; is_same_inode: it wrote into what had other names."""

    kind: int
    mode: int
    data: bytes
    links: int
    is_same_inode: bool


@dataclass(frozen=True)
class Left:
    """What a command left behind: status, streams, and the paths that it made, changed or removed."""

    status: int
    stdout: bytes
    stderr: bytes
    files: Mapping[str, Trace | None]


@dataclass(frozen=True)
class Walked:
    """What a command through the cache left, and how it went: hit, stored, or the word of a reason."""

    left: Left
    how: str


class _Memo:
    """What the compilers of this machine are, kept for all walks of a run."""

    def __init__(self) -> None:
        self._facts: dict[tuple[str, bytes], bytes] = {}

    def memo_get(self, kind: str, key: bytes) -> bytes | None:
        return self._facts.get((kind, key))

    def memo_put(self, kind: str, key: bytes, value: bytes) -> None:
        self._facts[kind, key] = value


_DIGESTS = FileDigests()
_TOOLCHAINS = Toolchains(_DIGESTS, _Memo())


def nothing() -> None:
    """Do nothing."""


@dataclass
class Walk:
    """A folder of sources, and a cache to compile them through, with the bare compiler beside it.

    Each `same` call runs the bare compiler and the walk in the same folder, from the same
    state, and fails where they leave different things. A warm walk knows the compilers
    from earlier ones, as a daemon would. at_once: how many commands a spread may have; then they
    are carried out backwards, since they may end in any order.
    """

    folder: Path
    root: Path
    env: dict[str, str] = field(default_factory=dict)
    is_warm: bool = True
    streams_are_one: bool = False
    at_once: int = 1
    captures_all: bool = True
    was_equivalent: bool = False
    """Whether the last walk took what another checkout had made."""
    unshared: str | None = None
    """Why the last walk that ran a compiler took nothing from another checkout."""
    facts: Facts | None = None
    """What the last hit rested on, where it could be given again."""
    _rooms: Rooms | None = None

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        plain = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.env = {**plain, "LC_ALL": "C", **self.env}

    @property
    def rooms(self) -> Rooms:
        """The rooms, opened when first needed."""
        if self._rooms is None:
            rooms = open_rooms(Layout(str(self.root)))
            self._rooms = replace(rooms, digests=_DIGESTS, toolchains=_TOOLCHAINS) if self.is_warm else rooms
        return self._rooms

    def restart(self, *, is_warm: bool = True) -> None:
        """Begin anew on what is on disk, as a new daemon would; not warm: knowing no compiler."""
        self.close()
        self.is_warm = is_warm

    def close(self) -> None:
        """Close the index."""
        if self._rooms is not None:
            self._rooms.index.close()
            self._rooms = None

    def write(self, **files: str) -> None:
        """Write sources: a name's `__` is a dot, `_` stays (a__h is a.h)."""
        for name, text in files.items():
            self.put(name.replace("__", "."), text)

    def put(self, name: str, text: str | bytes) -> Path:
        """Write one file below the folder, and let its tick pass."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        self.settle()
        return path

    def settle(self) -> None:
        """Wait until what was just written lies in the past."""
        now_ns = tick_ns()
        assert wait_until(lambda: tick_ns() > now_ns)

    def same(
        self,
        *argv: str,
        umask: int = UMASK,
        cwd: str = ".",
        given: Callable[[], object] = nothing,
    ) -> str:
        """Run argv bare and through the cache, compare all that they leave, and return how the walk went.

        given makes, before each of both, what is to be there when they start.
        """
        before = self._snapshot()
        given()
        bare = self.bare(*argv, umask=umask, cwd=cwd)
        self._restore(before)
        given()
        walked = self.walk(*argv, umask=umask, cwd=cwd)
        self._restore(before)
        assert walked.left.status == bare.status, walked.left.stderr
        assert walked.left.stdout == bare.stdout
        assert walked.left.stderr == bare.stderr
        assert walked.left.files == bare.files
        return walked.how

    def twice(self, *argv: str, cwd: str = ".") -> list[str]:
        """Return how two walks of the same command went, each compared with the bare compiler."""
        return [self.same(*argv, cwd=cwd), self.same(*argv, cwd=cwd)]

    def to_and_fro(
        self, argv: list[str], change: Callable[[], object], undo: Callable[[], object]
    ) -> list[str]:
        """Return how it went to compile twice, twice after a change, and once after its undoing."""
        hows = self.twice(*argv)
        change()
        hows += self.twice(*argv)
        undo()
        return [*hows, self.same(*argv)]

    def bare(self, *argv: str, umask: int = UMASK, cwd: str = ".") -> Left:
        """Run argv as if there were no cache."""
        before = self._snapshot()
        return self._left(before, *self._run(argv, argv[0], {}, umask, cwd))

    def walk(
        self,
        *argv: str,
        umask: int = UMASK,
        cwd: str = ".",
        colour: bool = False,
        meanwhile: Callable[[], object] = nothing,
        afterwards: Callable[[], object] = nothing,
    ) -> Walked:
        """Run argv through the cache; meanwhile is called before the compiler runs, afterwards after it."""
        before = self._snapshot()
        place = os.path.realpath(self.folder / cwd)
        request = Request(
            Invocation(argv[0], argv[1:], place, self.env),
            umask,
            wants_colour=colour,
            streams_are_one=self.streams_are_one,
            policy=policy_of(self.env, place),
            at_once=lambda: self.at_once,
        )
        try:
            answer: Answer | None = begin(request, self.rooms)
        except (ZccacheError, OSError):
            answer = None
        self.was_equivalent = isinstance(answer, Hit) and answer.is_equivalent
        self.facts = answer.facts if isinstance(answer, Hit) else None
        self.unshared = answer.ticket.unshared if isinstance(answer, Run) else None
        match answer:
            case Hit():
                left = self._left(before, answer.exit_status, answer.stdout, answer.stderr)
                return Walked(left, "hit")
            case Pass():
                ended = self._run(argv, answer.program, {}, umask, cwd)
                return Walked(self._left(before, *ended), answer.reason.word)
            case Fail():
                return Walked(self._left(before, answer.exit_status, b"", answer.message.encode()), "fail")
            case None:
                return Walked(self._left(before, *self._run(argv, argv[0], {}, umask, cwd)), FELL_BACK)
            case Run() | Spread():
                meanwhile()
                return self._steps(answer, before, umask=umask, cwd=cwd, afterwards=afterwards)

    def _steps(
        self,
        answer: Run | Spread | Ended,
        before: dict[str, State],
        *,
        umask: int,
        cwd: str,
        afterwards: Callable[[], object],
    ) -> Walked:
        """Run one step after another; how is told for each step, in the order of the answers."""
        said_out, said_err, status = b"", b"", 0
        how: list[str] = []
        while True:
            if isinstance(answer, Spread):
                how += ["hit"] * len(answer.hits)
                status, stdout, stderr = self._spread(answer, how, umask=umask, cwd=cwd)
                said_out += stdout + answer.stdout
                said_err += stderr + answer.stderr
                answer = answer.sequel.go_on(Finished(status, False, b"", b"", 1_000_000, False))
                continue
            said_out += answer.stdout
            said_err += answer.stderr
            how += ["hit"] * len(answer.hits)
            if isinstance(answer, Ended):
                left = self._left(before, answer.exit_status, said_out, said_err)
                return Walked(left, " ".join(how))
            changes = dict(change.partition("=")[::2] for change in answer.env_changes)
            one = answer.one_stream
            status, stdout, stderr = self._run(
                answer.argv, answer.program, changes, umask, cwd, one_stream=one
            )
            said_out += stdout
            said_err += stderr
            left = self._left(before, status, said_out, said_err)
            afterwards()
            finished = Finished(abs(status), status < 0, stdout, stderr, 1_000_000, self.captures_all)
            sequel = answer.ticket.sequel
            recorded = finish(answer.ticket, finished, self.rooms)
            how.append(recorded.reason.word if isinstance(recorded, NotStored) else "stored")
            if sequel is None:
                return Walked(left, " ".join(how))
            answer = sequel.go_on(finished)

    def _spread(self, spread: Spread, how: list[str], *, umask: int, cwd: str) -> tuple[int, bytes, bytes]:
        """Walk each command as if it had been typed, the last one first; return status and streams."""
        ended = {
            index: self.walk(*spread.commands[index][0], umask=umask, cwd=cwd)
            for index in _last_first(spread)
        }
        in_order = [ended[index] for index in range(len(ended))]
        how += [f"apart:{walked.how}" for walked in in_order]
        said = zip(spread.commands, in_order, strict=True)
        stdout, stderr = b"", b""
        for (_, before_out, before_err), walked in said:
            stdout += before_out + walked.left.stdout
            stderr += before_err + walked.left.stderr
        return max(walked.left.status for walked in in_order), stdout, stderr

    def _run(
        self,
        argv: tuple[str, ...],
        program: str,
        changes: Mapping[str, str],
        umask: int,
        cwd: str,
        *,
        one_stream: bool = False,
    ) -> tuple[int, bytes, bytes]:
        done = subprocess.run(
            argv,
            executable=program if os.sep in program else None,
            cwd=self.folder / cwd,
            env={**self.env, **changes},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if one_stream else subprocess.PIPE,
            check=False,
            umask=umask,
        )
        return done.returncode, done.stdout, done.stderr or b""

    def _snapshot(self) -> dict[str, State]:
        paths = sorted(self.folder.rglob("*"))
        return {str(path.relative_to(self.folder)): _state(path) for path in paths}

    def _left(self, before: dict[str, State], status: int, stdout: bytes, stderr: bytes) -> Left:
        after = self._snapshot()
        files: dict[str, Trace | None] = {name: None for name in before if name not in after}
        for name, now in after.items():
            then = before.get(name)
            if now != then:
                # The number of a file that has no other name may be that of the next file.
                kept = then is not None and then.links > 1 and then.inode == now.inode
                files[name] = Trace(now.kind, now.mode, now.data, now.links, kept)
        return Left(status, stdout, stderr, files)

    def _restore(self, before: dict[str, State]) -> None:
        after = self._snapshot()
        for name in reversed(after):
            if name not in before:
                path = self.folder / name
                path.rmdir() if after[name].kind == stat.S_IFDIR else path.unlink()
        for name, then in before.items():
            if after.get(name) != then and then.kind == stat.S_IFREG:
                (self.folder / name).write_bytes(then.data)
                (self.folder / name).chmod(then.mode)


def _last_first(spread: Spread) -> range:
    return range(len(spread.commands) - 1, -1, -1)


def _state(path: Path) -> State:
    try:
        return _open_state(path)
    except PermissionError:
        return State(0, 0, b"closed", 0, 0, 0)


def _open_state(path: Path) -> State:
    status = path.lstat()
    kind = stat.S_IFMT(status.st_mode)
    mode = stat.S_IMODE(status.st_mode)
    if kind == stat.S_IFREG:
        return State(kind, mode, path.read_bytes(), status.st_nlink, status.st_ino, status.st_ctime_ns)
    target = os.fsencode(path.readlink()) if kind == stat.S_IFLNK else b""
    return State(kind, mode, target, 1, status.st_ino, 0)
