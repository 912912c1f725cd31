"""Single-file hits, one after another: elapsed time, and processor time of client and daemon."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench import processes
from bench.project import HEAVY_UNIT
from bench.results import Row
from bench.runner import Command
from bench.subjects import Subject
from bench.workbench import Workbench

_CHUNKS: Final = 5
TURN: Final = 10
"""Hits in a row, as in a build. One after each other cache's would measure how they disturb ours: they
open the headers whose events we watch, and we look at these once again."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A translation unit to hit again and again."""

    name: str
    title: str
    source: str
    flags: tuple[str, ...]


C_UNIT: Final = Unit("c", "C", "lib/graph/path.c", ("-O2", "-g", "-std=c11", "-Iinclude"))
CXX_UNIT: Final = Unit("cxx", "heavy C++", HEAVY_UNIT, ("-O1", "-std=c++17", "-Iinclude"))


def compile_command(bench: Workbench, subject: Subject, unit: Unit, output: str) -> Command:
    """Return the command by which a subject compiles a unit."""
    compiler = bench.compilers.cxx if unit.source.endswith(".cc") else bench.compilers.cc
    argv = subject.words(compiler, *unit.flags, "-c", unit.source, "-o", output)
    return Command(argv, subject.env, output)


def warm_up(bench: Workbench, subject: Subject, commands: Sequence[Command]) -> bool:
    """Fill a cache until a pass runs no compiler; warn and return False where it never comes to that."""
    runs = len(commands)
    for _ in range(3):
        bench.compilers.reset()
        bench.runner.serial(commands, 1, cwd=bench.project.root)
        runs = bench.compilers.count().compiles
        if runs == 0:
            return True
    bench.warn(
        f"{subject.title}: {runs} of {len(commands)} compiles still ran the compiler after three passes"
    )
    return False


def measure_hits(bench: Workbench, unit: Unit, rounds: int) -> Iterator[Row]:
    """Yield the rows of one unit: a hit's time, its processor time, and the daemon's part of that."""
    bench.say(f"hits, {unit.title}: {rounds} rounds")
    outputs = {
        subject.name: str(bench.scratch / f"{subject.name}-{unit.name}.o") for subject in bench.subjects
    }
    commands = {s.name: compile_command(bench, s, unit, outputs[s.name]) for s in bench.subjects}
    bare = commands.pop("bare")
    bench.runner.serial([bare], 1, cwd=bench.project.root)
    for subject in bench.caches:
        subject.begin()
        if not warm_up(bench, subject, [commands[subject.name]]):
            del commands[subject.name]
    _compare_outputs(bench, unit, outputs, commands)
    if bench.static is not None:
        commands["static"] = bench.static

    wall: dict[str, list[float]] = {"bare": [], **{name: [] for name in commands}}
    cpu: dict[str, list[float]] = {subject.name: [] for subject in bench.caches}
    daemon_cpu: dict[str, list[float]] = {s.name: [] for s in bench.caches if s.has_daemon}
    pids = {subject.name: subject.daemons() for subject in bench.caches}
    chunk = max(TURN, rounds // _CHUNKS)
    bench.compilers.reset()
    for _ in range(_CHUNKS):
        wall["bare"] += [
            run.wall_ns / 1e6 for run in bench.runner.serial([bare], 1, cwd=bench.project.root)[0]
        ]
        before = {name: _used_ns(pids[name]) for name in daemon_cpu}
        results = bench.runner.serial(
            list(commands.values()), chunk // TURN, cwd=bench.project.root, turn=TURN
        )
        for name, runs in zip(commands, results, strict=True):
            wall[name] += [run.wall_ns / 1e6 for run in runs]
            if name in cpu:
                served = (_used_ns(pids[name]) - before[name]) / chunk if name in before else 0
                cpu[name] += [(run.cpu_ns + served) / 1e6 for run in runs]
                if name in before:
                    daemon_cpu[name].append(served / 1e6)
    if (extra := bench.compilers.count().compiles - len(wall["bare"])) > 0:
        bench.warn(f"hits, {unit.title}: {extra} compiles were no hits")
    yield Row(
        f"hit-{unit.name}", f"A hit, {unit.title}", "ms", "lower",
        f"One file, whole process, in turns of {TURN}; the output is removed before each.", wall,
    )  # fmt: skip
    yield Row(
        f"cpu-{unit.name}", f"Processor time of a hit, {unit.title}", "ms", "lower",
        "Client and daemon together.", cpu,
    )  # fmt: skip
    yield Row(
        f"daemon-cpu-{unit.name}", f"Daemon's processor time of a hit, {unit.title}", "ms", "lower",
        f"Read from the daemon's own clock over {chunk} hits.", daemon_cpu,
    )  # fmt: skip


def _used_ns(pids: Sequence[int]) -> int:
    return sum(processes.cpu_ns(pid) for pid in pids if processes.is_alive(pid))


def _compare_outputs(
    bench: Workbench, unit: Unit, outputs: Mapping[str, str], taking_part: Mapping[str, Command]
) -> None:
    """Warn about a cache whose object differs from the bare compiler's."""
    wanted = Path(outputs["bare"]).read_bytes()
    for subject in bench.caches:
        if subject.name in taking_part and Path(outputs[subject.name]).read_bytes() != wanted:
            bench.warn(f"{subject.title}: the object of the {unit.title} file is not the bare compiler's")
