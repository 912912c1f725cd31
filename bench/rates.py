"""Hits per second with many jobs at a time, and what they cost the daemon."""

from collections.abc import Iterator
from typing import Final

from bench import processes
from bench.hits import C_UNIT, Unit, compile_command, warm_up
from bench.results import Row
from bench.runner import Command
from bench.subjects import Subject
from bench.workbench import Workbench

JOBS: Final = (2, 8, 32)
_DAEMON_JOBS: Final = 8
_UNITS: Final = 8


def measure_rates(bench: Workbench, shots: int, runs: int) -> Iterator[Row]:
    """Yield a row for each number of jobs, and the daemon's processor time of a hit at 8."""
    sources = sorted(
        path.relative_to(bench.project.root) for path in bench.project.root.glob("lib/text/*.c")
    )[:_UNITS]
    units = [Unit("rate", "C", str(source), C_UNIT.flags) for source in sources]
    for subject in bench.caches:
        subject.begin()
    served: dict[str, list[float]] = {subject.name: [] for subject in bench.caches if subject.has_daemon}
    for jobs in JOBS:
        bench.say(f"hits per second, {jobs} jobs: {shots} shots of {runs}")
        plans = {s.name: _plan(bench, s, units, jobs) for s in bench.caches}
        plans = {s.name: plans[s.name] for s in bench.caches if warm_up(bench, s, plans[s.name])}
        if bench.static is not None:
            plans["static"] = [bench.static]
        rates: dict[str, list[float]] = {name: [] for name in plans}
        pids = {subject.name: subject.daemons() for subject in bench.caches}
        for _ in range(shots):
            for name, plan in plans.items():
                before = sum(map(processes.cpu_ns, pids.get(name, [])))
                rates[name].append(bench.runner.parallel(plan, jobs, runs, cwd=bench.project.root))
                if jobs == _DAEMON_JOBS and name in served:
                    served[name].append((sum(map(processes.cpu_ns, pids[name])) - before) / runs / 1e6)
        yield Row(
            f"rate-{jobs}", f"Hits per second, {jobs} jobs", "/s", "higher",
            f"{len(units)} C files, {runs} hits a shot; the static program is started as often.", rates,
        )  # fmt: skip
    yield Row(
        "daemon-cpu", f"Daemon's processor time of a hit, {_DAEMON_JOBS} jobs", "ms", "lower",
        f"Read from the daemon's own clock over {runs} hits.", served,
    )  # fmt: skip


def _plan(bench: Workbench, subject: Subject, units: list[Unit], jobs: int) -> list[Command]:
    """Return commands so that every job has its own outputs and the units are shared out evenly."""
    folder = bench.scratch / "rate" / subject.name
    folder.mkdir(parents=True, exist_ok=True)
    return [
        compile_command(bench, subject, units[index % len(units)], str(folder / f"{index}.o"))
        for index in range(max(jobs, len(units)))
    ]
