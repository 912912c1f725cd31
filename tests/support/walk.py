"""A compile walked in this process, beside the bare compiler: what each leaves behind, and whether that is the same."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from waiting import wait_until
from zccache.common.command.invocation import Invocation
from zccache.common.freshness import tick_ns
from zccache.common.layout import Layout
from zccache.common.pipeline import begin, finish
from zccache.common.request import Fail, Finished, Hit, NotStored, Pass, Request, Run
from zccache.common.rooms import Rooms, open_rooms

UMASK = 0o022


@dataclass(frozen=True)
class Left:
    """What a command left behind: status, streams, and the files that it made or changed (mode and bytes)."""

    status: int
    stdout: bytes
    stderr: bytes
    files: Mapping[str, tuple[int, bytes]]


@dataclass(frozen=True)
class Walked:
    """What a command through the cache left, and how it went: hit, stored, or the word of a reason."""

    left: Left
    how: str


@dataclass
class Walk:
    """A folder of sources, and a cache to compile them through, with the bare compiler beside it.

    Each `same` call runs the bare compiler and the walk in the same folder, from the same
    state, and fails where they leave different things.
    """

    folder: Path
    root: Path
    env: dict[str, str] = field(default_factory=dict)
    compiler_runs: int = 0
    _rooms: Rooms | None = None

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        plain = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.env = {**plain, "LC_ALL": "C", **self.env}

    @property
    def rooms(self) -> Rooms:
        """The rooms, opened when first needed."""
        if self._rooms is None:
            self._rooms = open_rooms(Layout(str(self.root)))
        return self._rooms

    def restart(self) -> None:
        """Forget everything that is not on disk, as a new daemon would."""
        self.close()

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

    def same(self, *argv: str, umask: int = UMASK, colour: bool = False) -> str:
        """Run argv bare and through the cache, compare all that they leave, and return how the walk went."""
        before = self._snapshot()
        bare = self._left(before, *self._run(argv, argv[0], {}, umask))
        self._restore(before)
        walked = self.walk(*argv, umask=umask, colour=colour)
        assert walked.left.status == bare.status, walked.left.stderr
        assert walked.left.stdout == bare.stdout
        assert walked.left.stderr == bare.stderr
        assert walked.left.files == bare.files
        self._restore(before)
        return walked.how

    def walk(self, *argv: str, umask: int = UMASK, colour: bool = False) -> Walked:
        """Run argv through the cache."""
        before = self._snapshot()
        invocation = Invocation(argv[0], argv[1:], str(self.folder), self.env)
        answer = begin(Request(invocation, umask, wants_colour=colour), self.rooms)
        match answer:
            case Hit():
                return Walked(self._left(before, answer.exit_status, answer.stdout, answer.stderr), "hit")
            case Pass():
                return Walked(
                    self._left(before, *self._run(argv, answer.program, {}, umask)), answer.reason.word
                )
            case Fail():
                return Walked(self._left(before, answer.exit_status, b"", answer.message.encode()), "fail")
            case Run():
                changes = dict(change.partition("=")[::2] for change in answer.env_changes)
                self.compiler_runs += 1
                status, stdout, stderr = self._run(answer.argv, answer.program, changes, umask)
                ended = Finished(abs(status), status < 0, stdout, stderr, 1_000_000)
                recorded = finish(answer.ticket, ended, self.rooms)
                how = recorded.reason.word if isinstance(recorded, NotStored) else "stored"
                return Walked(self._left(before, status, stdout, stderr), how)

    def _run(
        self, argv: tuple[str, ...], program: str, changes: Mapping[str, str], umask: int
    ) -> tuple[int, bytes, bytes]:
        done = subprocess.run(
            argv,
            executable=program if os.sep in program else None,
            cwd=self.folder,
            env={**self.env, **changes},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            umask=umask,
        )
        return done.returncode, done.stdout, done.stderr

    def _snapshot(self) -> dict[str, tuple[int, int, bytes]]:
        return dict(self._states())

    def _states(self) -> Iterator[tuple[str, tuple[int, int, bytes]]]:
        for path in sorted(self.folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                status = path.stat()
                yield (
                    str(path.relative_to(self.folder)),
                    (status.st_mode & 0o777, status.st_ctime_ns, path.read_bytes()),
                )

    def _left(
        self, before: dict[str, tuple[int, int, bytes]], status: int, stdout: bytes, stderr: bytes
    ) -> Left:
        after = self._snapshot()
        changed = {name: (state[0], state[2]) for name, state in after.items() if before.get(name) != state}
        gone = {name: (-1, b"") for name in before if name not in after}
        return Left(status, stdout, stderr, {**changed, **gone})

    def _restore(self, before: dict[str, tuple[int, int, bytes]]) -> None:
        for name, (mode, ctime, data) in self._states():
            if name not in before:
                (self.folder / name).unlink()
            elif before[name] != (mode, ctime, data):
                (self.folder / name).write_bytes(before[name][2])
                (self.folder / name).chmod(before[name][0])
