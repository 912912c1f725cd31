"""The daemons of one cache: found by the folder that their environment names, weighed, and ended by pid."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Final

_CLOCK_SCHED: Final = 2  # CPUCLOCK_SCHED of the kernel: the whole process, dead threads too, in ns
_GRACE_S: Final = 5.0


def pids_of(root: Path) -> list[int]:
    """Return the processes whose environment or command line names root, without this one."""
    needle = os.fsencode(root)
    found = []
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            seen = Path(entry.path, "environ").read_bytes() + Path(entry.path, "cmdline").read_bytes()
            if needle in seen:
                found.append(int(entry.name))
    return found


def cpu_ns(pid: int) -> int:
    """Return the processor time that a process has used so far."""
    return time.clock_gettime_ns((~pid << 3) | _CLOCK_SCHED)


def resident_kib(pid: int) -> int:
    """Return the resident memory of a process."""
    for line in Path("/proc", str(pid), "status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def is_alive(pid: int) -> bool:
    """Return whether a process runs; a zombie does not."""
    try:
        return Path("/proc", str(pid), "stat").read_bytes().rpartition(b")")[2].split()[0] != b"Z"
    except OSError:
        return False


def end(pids: list[int]) -> None:
    """End processes: ask, wait a little, then insist."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in filter(is_alive, pids):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + _GRACE_S
        while any(map(is_alive, pids)) and time.monotonic() < deadline:
            time.sleep(0.01)


def output_of(argv: list[str]) -> str:
    """Run a program and return what it prints."""
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout
