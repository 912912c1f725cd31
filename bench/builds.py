"""The demo project built by make: cold into an empty cache, then warm into an empty output folder."""

import hashlib
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench import processes
from bench.project import remove_outputs
from bench.results import Row
from bench.runner import MeasurementFailed
from bench.subjects import Subject
from bench.workbench import Workbench


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the project to build: folders, or the beginnings of file names."""

    name: str
    title: str
    folders: str


def build(project: Path, target: str, env: dict[str, str], **variables: str) -> float:
    """Run make with these variables and return the seconds that it took; raise MeasurementFailed."""
    words = [f"{name}={value}" for name, value in variables.items()]
    argv = ["make", "--silent", f"-j{os.cpu_count()}", target, *words]
    began = time.perf_counter()
    done = subprocess.run(argv, cwd=project, env=env, capture_output=True, text=True, check=False)
    took = time.perf_counter() - began
    if done.returncode != 0:
        raise MeasurementFailed(f"{' '.join(argv)}: {done.stderr.strip()[-2000:]}")
    return took


def measure_builds(bench: Workbench, part: Part, rounds: int) -> Iterator[Row]:
    """Yield the rows of one part: cold build, warm build, and the daemon's memory after both."""
    cold: dict[str, list[float]] = {subject.name: [] for subject in bench.subjects}
    warm: dict[str, list[float]] = {subject.name: [] for subject in bench.subjects}
    memory: dict[str, list[float]] = {s.name: [] for s in bench.subjects if s.has_daemon}
    expected: dict[str, bytes] = {}
    for round_number in range(rounds):
        for turn in range(len(bench.subjects)):
            subject = bench.subjects[(turn + round_number) % len(bench.subjects)]
            bench.say(f"build, {part.title}, {subject.title}: round {round_number + 1} of {rounds}")
            subject.begin()
            cold[subject.name].append(_timed(bench, subject, part))
            if not subject.is_cache:
                warm[subject.name].append(cold[subject.name][-1])
                expected = object_digests(bench.project.root / "build")
                continue
            warm[subject.name].append(_timed(bench, subject, part))
            _check_warm(bench, subject, part, expected)
            if subject.has_daemon:
                memory[subject.name].append(sum(map(processes.resident_kib, subject.daemons())) / 1024)
    units = len(expected)
    jobs = os.cpu_count()
    yield Row(
        f"cold-{part.name}", f"Cold build, {part.title}", "s", "lower",
        f"{units} units, make -j{jobs}, every cache empty, its daemon started before.", cold,
    )  # fmt: skip
    yield Row(
        f"warm-{part.name}", f"Warm build, {part.title}", "s", "lower",
        f"{units} units, make -j{jobs}, output folder empty; bare is its only build.", warm,
    )  # fmt: skip
    yield Row(
        f"memory-{part.name}", f"Daemon's memory after the {part.title} builds", "MiB", "lower",
        "Resident memory of all its processes.", memory,
    )  # fmt: skip


def _timed(bench: Workbench, subject: Subject, part: Part) -> float:
    remove_outputs(bench.project)
    bench.compilers.reset()
    cc, cxx = (" ".join(subject.words(name)) for name in (bench.compilers.cc, bench.compilers.cxx))
    return build(bench.project.root, "objects", dict(subject.env), PARTS=part.folders, CC=cc, CXX=cxx)


def object_digests(folder: Path) -> dict[str, bytes]:
    """Return the digest of every object below a folder, by its relative name."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).digest()
        for path in folder.rglob("*.o")
    }


def _check_warm(bench: Workbench, subject: Subject, part: Part, expected: dict[str, bytes]) -> None:
    if runs := bench.compilers.count().compiles:
        bench.warn(f"{subject.title}: the warm build of {part.title} ran {runs} compiles")
    delivered = object_digests(bench.project.root / "build")
    # In the first round a cache may come before the bare compiler: then there is nothing to compare with.
    if expected and delivered != expected:
        wrong = sum(delivered.get(name) != digest for name, digest in expected.items())
        bench.warn(f"{subject.title}: {wrong} of {len(expected)} objects differ from the bare compiler's")
