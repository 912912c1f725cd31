"""What becomes of a hit, of a start and of the memory as projects and caches grow: ours alone."""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from bench import processes
from bench.daemons import start_ms
from bench.hits import C_UNIT, TURN, compile_command, warm_up
from bench.results import Row
from bench.runner import Command, MeasurementFailed
from bench.subjects import Subject
from bench.workbench import Workbench

HEADERS: Final = (25, 250, 2500)
ENTRIES: Final = {"100": 100, "10k": 10_000, "100k": 100_000}
TITLES: Final = {
    **{f"headers-{count}": f"{count} headers" for count in HEADERS},
    **{f"entries-{name}": f"{name} entries" for name in ENTRIES},
}
_FILLER: Final = Path(__file__).with_name("filling.py")
_WIDE: Final = "wide"
_WIDE_UNITS: Final = 8
_JOBS: Final = 8
_STARTS: Final = 15


def measure_headers(bench: Workbench, rounds: int) -> Iterator[Row]:
    """Yield the row of hits on units that read few, many and very many headers."""
    subject = our_subject(bench)
    bench.say(f"hits against headers: {rounds} rounds")
    _write_wide_project(bench.project.root / _WIDE)
    commands = [_compile(bench, subject, count, 0) for count in HEADERS]
    subject.begin()
    if not warm_up(bench, subject, commands):
        return
    # The first of these prove what the rest only ask for.
    bench.runner.serial(commands, 1, cwd=bench.project.root, turn=TURN)
    runs = bench.runner.serial(commands, max(1, rounds // TURN), cwd=bench.project.root, turn=TURN)
    samples = {
        f"headers-{count}": [run.wall_ns / 1e6 for run in mine]
        for count, mine in zip(HEADERS, runs, strict=True)
    }
    yield Row(
        "headers", "A hit against the number of headers", "ms", "lower",
        f"One C file, whole process, in turns of {TURN}.", samples,
    )  # fmt: skip


def measure_entries(bench: Workbench, rounds: int, names: Sequence[str]) -> Iterator[Row]:
    """Yield the rows of hits and starts against the number of entries in the cache."""
    subject = our_subject(bench)
    roots = {name: with_root(subject, bench.scratch / f"entries-{name}") for name in names}
    try:
        for name, mine in roots.items():
            bench.say(f"a cache of {name} entries")
            mine.begin()
            mine.end()
            fill(mine, ENTRIES[name])
        bench.say(f"hits against entries: {rounds} rounds")
        yield _hits_against_entries(bench, roots, rounds)
        yield _starts_against_entries(roots)
    finally:
        for mine in roots.values():
            mine.end()


def measure_memory(bench: Workbench, hits: int, name: str) -> Iterator[Row]:
    """Yield the row of the daemon's memory: a large cache, and many hits on units of very many headers."""
    subject = with_root(our_subject(bench), bench.scratch / "memory")
    _write_wide_project(bench.project.root / _WIDE)
    bench.say(f"memory: {name} entries, {hits} hits")
    commands = [_compile(bench, subject, HEADERS[-1], unit) for unit in range(_WIDE_UNITS)]
    try:
        subject.begin()
        subject.end()
        fill(subject, ENTRIES[name])
        if not warm_up(bench, subject, commands):
            return
        bench.runner.parallel(commands, _JOBS, hits, cwd=bench.project.root)
        resident = [sum(map(processes.resident_kib, subject.daemons())) / 1024]
    finally:
        subject.end()
    yield Row(
        "memory-hits", "Daemon's memory after many hits", "MiB", "lower",
        f"{hits} hits on {_WIDE_UNITS} units of {HEADERS[-1]} headers, {name} entries in the cache.",
        {"ours": resident},
    )  # fmt: skip


def with_root(subject: Subject, root: Path) -> Subject:
    """Return a subject on a cache root of its own."""
    return replace(subject, root=root, env={**subject.env, "ZCCACHE_CACHE_DIR": str(root)})


def our_subject(bench: Workbench) -> Subject:
    """Return the zccache that takes part; raise MeasurementFailed where there is none."""
    for subject in bench.caches:
        if subject.name == "ours":
            return subject
    raise MeasurementFailed("there is no zccache to measure")


def _hits_against_entries(bench: Workbench, roots: Mapping[str, Subject], rounds: int) -> Row:
    commands = {
        name: compile_command(bench, mine, C_UNIT, str(bench.scratch / f"entries-{name}.o"))
        for name, mine in roots.items()
    }
    for name, mine in roots.items():
        mine.control(mine.start)
        warm_up(bench, mine, [commands[name]])
    bench.runner.serial(list(commands.values()), 1, cwd=bench.project.root, turn=TURN)
    runs = bench.runner.serial(
        list(commands.values()), max(1, rounds // TURN), cwd=bench.project.root, turn=TURN
    )
    samples = {
        f"entries-{name}": [run.wall_ns / 1e6 for run in mine]
        for name, mine in zip(commands, runs, strict=True)
    }
    return Row(
        "entries", "A hit against the number of entries", "ms", "lower",
        f"The C file, whole process, in turns of {TURN}; the other entries are made up.", samples,
    )  # fmt: skip


def _starts_against_entries(roots: Mapping[str, Subject]) -> Row:
    samples: dict[str, list[float]] = {f"entries-{name}": [] for name in roots}
    for _ in range(_STARTS):
        for name, mine in roots.items():
            mine.end()
            samples[f"entries-{name}"].append(start_ms(mine))
    return Row(
        "entries-start", "Daemon start against the number of entries", "ms", "lower",
        "From starting zccache-daemon until its socket answers.", samples,
    )  # fmt: skip


def fill(subject: Subject, count: int) -> None:
    """Give a root made-up entries; its daemon must not run."""
    python = Path(subject.program).with_name("python")
    done = subprocess.run(
        [python, _FILLER, str(subject.root), str(count)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise MeasurementFailed(f"filling a cache: {done.stderr.strip()[-2000:]}")


def _compile(bench: Workbench, subject: Subject, headers: int, unit: int) -> Command:
    output = str(bench.scratch / f"{subject.name}-wide-{headers}-{unit}.o")
    name = f"{_WIDE}/{_unit_name(headers, unit)}"
    argv = subject.words(bench.compilers.cc, "-O1", f"-I{_WIDE}/include", "-c", name, "-o", output)
    return Command(argv, subject.env, output)


def _unit_name(headers: int, unit: int) -> str:
    return f"reads_{headers}_{unit}.c"


def _write_wide_project(root: Path) -> None:
    """Write units that include so many headers, each with a declaration."""
    include = root / "include"
    include.mkdir(parents=True, exist_ok=True)
    for number in range(HEADERS[-1]):
        text = f"#pragma once\nextern int value_{number};\n"
        (include / f"part_{number}.h").write_text(text, encoding="utf-8")
    for count in HEADERS:
        includes = "".join(f'#include "part_{number}.h"\n' for number in range(count))
        for unit in range(_WIDE_UNITS):
            text = f"{includes}int unit_{unit}(void) {{ return value_0; }}\n"
            (root / _unit_name(count, unit)).write_text(text, encoding="utf-8")
