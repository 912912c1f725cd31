"""The processes of one cache root: find them, stop its daemon, see what is left."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from waiting import wait_until

STOP_WITHIN_S = 20.0


def processes_of(root: Path) -> set[int]:
    """Return the living processes (not this one) whose environment names the cache root; Linux only."""
    return {pid for pid, named in _named_roots() if named == root}


def processes_below(folder: Path) -> set[int]:
    """Return the living processes (not this one) with a cache root anywhere below the folder; Linux only."""
    return {pid for pid, named in _named_roots() if named.is_relative_to(folder)}


def daemon_pid(root: Path) -> int | None:
    """Return the pid that the root's daemon wrote into its lock file, living or not."""
    with contextlib.suppress(OSError, IndexError, ValueError):
        return int((root / "locks" / "daemon.lock").read_text().split()[0])
    return None


def stop_daemon(root: Path, *, within_s: float = STOP_WITHIN_S) -> set[int]:
    """Stop the root's daemon and return the processes that stayed all the same (they are killed)."""
    if sys.platform != "linux":
        _stop_by_command(root)
        return set()
    wait_until(lambda: _is_quiet(root), within_s=within_s)
    left = processes_of(root)
    kill(left)
    return left


def kill(pids: set[int]) -> None:
    """Kill processes that had their chance."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _named_roots() -> Iterator[tuple[int, Path]]:
    mark = b"ZCCACHE_CACHE_DIR="
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                for variable in (entry / "environ").read_bytes().split(b"\0"):
                    if variable.startswith(mark):
                        # A path may keep two slashes in front; it is the same folder all the same.
                        yield int(entry.name), Path("/" + os.fsdecode(variable[len(mark) :]).lstrip("/"))


def _is_quiet(root: Path) -> bool:
    # Asked again each round: a daemon that was still starting writes its lock file only now.
    living = processes_of(root)
    pid = daemon_pid(root)
    if pid in living and pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    return not living


def _stop_by_command(root: Path) -> None:
    command = shutil.which("zccache-cli", path=str(Path(sys.executable).parent))
    if command is not None and (root / "locks" / "daemon.lock").exists():
        env = os.environ | {"ZCCACHE_CACHE_DIR": str(root)}
        subprocess.run([command, "stop"], env=env, check=True, timeout=STOP_WITHIN_S, capture_output=True)
