"""Who is measured: the bare compiler, ours and the peers, each with its own cache, daemon and endpoint."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench import processes
from bench.peers import Found, version_of


@dataclass(frozen=True, slots=True)
class Subject:
    """One way to compile: the words before the compiler, and the environment that keeps it apart.

    start and stop are the words after the program that control its daemon; empty where it has none.
    """

    name: str
    title: str
    version: str = ""
    program: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    root: Path | None = None
    start: str = ""
    stop: str = ""

    @property
    def is_cache(self) -> bool:
        """Return whether this is a cache at all."""
        return bool(self.program)

    @property
    def has_daemon(self) -> bool:
        """Return whether a daemon works for it."""
        return bool(self.start)

    def words(self, *argv: str) -> tuple[str, ...]:
        """Return a compiler command as this subject runs it."""
        return (self.program, *argv) if self.program else argv

    def control(self, word: str) -> None:
        """Run one of its own commands and wait for it."""
        subprocess.run([self.program, word], env=dict(self.env), capture_output=True, check=False, cwd="/")

    def daemons(self) -> list[int]:
        """Return the processes that work for it now."""
        return processes.pids_of(self.root) if self.root and self.has_daemon else []

    def begin(self) -> None:
        """Start with an empty cache and, where there is one, a daemon that is ready."""
        self.end()
        if self.root:
            shutil.rmtree(self.root, ignore_errors=True)
            self.root.mkdir(parents=True)
        if self.has_daemon:
            self.control(self.start)

    def end(self) -> None:
        """Leave no process behind."""
        if self.has_daemon:
            if self.daemons():
                self.control(self.stop)
            processes.end(self.daemons())


def make_subjects(scratch: Path, ours: Path | None, peers: Sequence[Found]) -> Iterator[Subject]:
    """Yield the bare compiler, then every cache that is there."""
    home = scratch / "home"
    home.mkdir(exist_ok=True)
    env = {"PATH": os.defpath, "HOME": str(home), "LANG": "C", "TMPDIR": str(scratch)}
    yield Subject("bare", "bare compiler", env=env)
    if ours is not None:
        root = scratch / "ours"
        env_ours = {**env, "PATH": f"{ours.parent}:{os.defpath}", "ZCCACHE_CACHE_DIR": str(root)}
        yield Subject("ours", "zccache", version_of(ours), str(ours), env_ours, root, "start", "stop")
    for found in peers:
        if found.program is not None:
            yield _peer(found.peer.name, found.version, found.program, env, scratch / found.peer.name)


def _peer(name: str, version: str, program: Path, env: Mapping[str, str], root: Path) -> Subject:
    if name == "ccache":
        return Subject(
            name, f"ccache {version}", version, str(program), {**env, "CCACHE_DIR": str(root)}, root
        )
    if name == "sccache":
        settings = {"SCCACHE_DIR": str(root), "SCCACHE_SERVER_UDS": str(root.parent / "sccache.sock")}
        start, stop = "--start-server", "--stop-server"
    else:
        settings = {"ZCCACHE_CACHE_DIR": str(root)}
        start, stop = "start", "stop"
    title = f"original {version}" if name == "original" else f"{name} {version}"
    return Subject(name, title, version, str(program), {**env, **settings}, root, start, stop)
