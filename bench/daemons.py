"""How long a daemon takes until it answers, and what a hit costs that must start it first."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from bench import processes
from bench.hits import C_UNIT, compile_command, warm_up
from bench.results import Row
from bench.runner import MeasurementFailed
from bench.subjects import Subject
from bench.workbench import Workbench

_READY_WITHIN_S = 20.0


def measure_daemons(bench: Workbench, rounds: int) -> Iterator[Row]:
    """Yield the rows of starting: the daemon alone, and a hit without one."""
    bench.say(f"daemon start: {rounds} rounds")
    subjects = [subject for subject in bench.caches if subject.has_daemon]
    ready: dict[str, list[float]] = {name: [] for name in ("python", *(s.name for s in subjects))}
    first: dict[str, list[float]] = {subject.name: [] for subject in subjects}
    hits = {
        s.name: compile_command(bench, s, C_UNIT, str(bench.scratch / f"{s.name}-start.o")) for s in subjects
    }
    for subject in subjects:
        subject.begin()
        warm_up(bench, subject, [hits[subject.name]])
    for _ in range(rounds):
        runs = bench.runner.serial([bench.python], 1, cwd=bench.scratch)[0]
        ready["python"] += [run.wall_ns / 1e6 for run in runs]
        for subject in subjects:
            subject.end()
            ready[subject.name].append(start_ms(subject))
            subject.end()
            runs = bench.runner.serial([hits[subject.name]], 1, cwd=bench.project.root)[0]
            first[subject.name].append(runs[0].wall_ns / 1e6)
    yield Row(
        "daemon-start", "Daemon start", "ms", "lower",
        "Ours: from starting zccache-daemon until its socket answers; others: their own start command.",
        ready,
    )  # fmt: skip
    yield Row(
        "first-hit", "A hit that must start the daemon first", "ms", "lower",
        "The C file, cached, no daemon running.", first,
    )  # fmt: skip


def start_ms(subject: Subject) -> float:
    """Start a subject's daemon and return how long it takes until it answers."""
    began = time.perf_counter()
    if subject.name == "ours":
        _start_ours(subject)
    else:
        subject.control(subject.start)
    return (time.perf_counter() - began) * 1e3


def _start_ours(subject: Subject) -> None:
    """Start our daemon as a service manager would and return when its socket accepts."""
    daemon = Path(subject.program).with_name("zccache-daemon")
    process = subprocess.Popen(
        [daemon, "--foreground"], env=dict(subject.env), cwd="/", stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + _READY_WITHIN_S
    address = os.path.join(subject.root or "/", "sockets", "daemon.sock")
    while time.monotonic() < deadline:
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(address)
                return
            except OSError:
                time.sleep(0.0005)
        if process.poll() is not None:
            raise MeasurementFailed(f"zccache-daemon: exit status {process.returncode}")
    processes.end([process.pid])
    raise MeasurementFailed(f"zccache-daemon: no socket within {_READY_WITHIN_S:.0f} s")
