"""Whole commands, cold and warm: many sources, response files, archives, links, sibling checkouts.

The rows have the names that the original gives them.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bench.results import Row
from bench.runner import Command
from bench.subjects import Subject
from bench.workbench import Workbench

TITLES: Final = {"same": "the same checkout", "sibling": "a sibling"}
_FILES: Final = 50
_FLAGS: Final = 500
_SETTLED: Final = 2
"""Runs after the cold one until a cache has all it will have."""


@dataclass(frozen=True, slots=True)
class Case:
    """One command in a folder: its words with the program first, and what it leaves."""

    name: str
    title: str
    words: tuple[str, ...]
    folder: Path
    note: str


def measure_commands(bench: Workbench, rounds: int) -> Iterator[Row]:
    """Yield for each case the cold run and the warm ones, of everybody who takes part."""
    folder = bench.scratch / "commands"
    sources = _write_sources(folder)
    for case in _cases(bench, folder, sources):
        yield from _measure(bench, case, rounds)
    yield from _measure_siblings(bench, folder, sources, rounds)


def _write_sources(folder: Path) -> list[str]:
    folder.mkdir()
    (folder / "shape.h").write_text("#pragma once\n#include <cstddef>\n")
    names = [f"unit{number}.cc" for number in range(_FILES)]
    for number, name in enumerate(names):
        (folder / name).write_text(
            f'#include "shape.h"\nstd::size_t sum{number}(const std::size_t *values, std::size_t count) '
            f"{{ return count ? values[0] + sum{number}(values + 1, count - 1) : {number}; }}\n"
        )
    (folder / "main.cc").write_text("int main() { return 0; }\n")
    (folder / "flags.rsp").write_text("\n".join(f"-DFLAG_{number}={number}" for number in range(_FLAGS)))
    return names


def _cases(bench: Workbench, folder: Path, sources: list[str]) -> Iterator[Case]:
    cxx = bench.compilers.cxx
    many, rsp = f"{_FILES} small C++ files", f"and {_FLAGS} flags in a response file"
    yield Case("cpp-inline", "Many files, one command", (cxx, "-c", *sources), folder, many)
    yield Case(
        "cpp-response-file-single", "One file, a long response file", (cxx, "-c", "@flags.rsp", sources[0]),
        folder, f"One small C++ file {rsp}",
    )  # fmt: skip
    yield Case(
        "cpp-response-file-multi", "Many files, a long response file", (cxx, "-c", "@flags.rsp", *sources),
        folder, f"{many} {rsp}",
    )  # fmt: skip
    objects = [name.replace(".cc", ".o") for name in sources]
    bench.runner.serial([Command((cxx, "-c", "main.cc", *sources))], 1, cwd=folder)
    archiver = shutil.which("ar") or "ar"
    yield Case(
        "c-static-library-link", "Static archive", (archiver, "rcsD", "libunits.a", *objects),
        folder, f"ar, {_FILES} objects, the old archive removed",
    )  # fmt: skip
    yield Case(
        "cpp-driver-link", "Link by the driver", (cxx, "main.o", *objects, "-o", "program"),
        folder, f"{_FILES + 1} objects",
    )  # fmt: skip


def _measure(bench: Workbench, case: Case, rounds: int) -> Iterator[Row]:
    bench.say(f"commands, {case.title}")
    output = str(case.folder / "libunits.a") if case.name == "c-static-library-link" else ""
    cold: dict[str, list[float]] = {}
    warm: dict[str, list[float]] = {}
    quick: dict[str, Command] = {}
    # Peers that know compilers alone refuse an archiver.
    links = case.name.endswith("-link")
    for subject in (one for one in bench.subjects if not links or one.name in {"bare", "ours"}):
        command = Command(subject.words(*case.words), subject.env, output)
        if subject.is_cache:
            subject.begin()
        cold[subject.name] = _times(bench, [command], 1, case.folder)[0]
        warm[subject.name] = _times(bench, [command], _SETTLED, case.folder)[0]
        # Who does not cache this at all shows it soon enough.
        if warm[subject.name][-1] < cold[subject.name][0] / 4:
            quick[subject.name] = command
    warm |= zip(quick, _times(bench, list(quick.values()), rounds, case.folder), strict=True) if quick else ()
    yield Row(f"{case.name}-cold", f"{case.title}, cold", "ms", "lower", case.note, cold)
    yield Row(f"{case.name}-warm", f"{case.title}, warm", "ms", "lower", case.note, warm)


def _measure_siblings(bench: Workbench, folder: Path, sources: list[str], rounds: int) -> Iterator[Row]:
    """Yield the row of a second checkout, built when the first one has been: ours alone shares."""
    subject = next((one for one in bench.caches if one.name == "ours"), None)
    if subject is None:
        return
    bench.say("commands, sibling checkouts")
    remapped = replace(subject, env={**subject.env, "ZCCACHE_PATH_REMAP": "auto"})
    first, *others = (folder.with_name(f"checkout{number}") for number in range(min(rounds, 6) + 1))
    for checkout in (first, *others):
        shutil.copytree(folder, checkout, ignore=shutil.ignore_patterns("*.o", "*.a", "program"))
        (checkout / ".git").mkdir()
    subject.begin()
    own = [_single(bench, remapped, first, name) for name in sources]
    _total(bench, own, first)
    same = [_total(bench, own, first) for _ in range(_SETTLED + len(others))][_SETTLED:]
    sibling, again = [], []
    for checkout in others:
        there = [_single(bench, remapped, checkout, name) for name in sources]
        sibling.append(_total(bench, there, checkout))
        again.append([_total(bench, there, checkout) for _ in range(_SETTLED + 1)][_SETTLED])
    yield Row(
        "cpp-sibling-remap", "A sibling checkout", "ms", "lower",
        f"{_FILES} commands of one file; the same checkout again, and another one that was built as often.",
        {"same": same, "sibling": again},
    )  # fmt: skip
    yield Row(
        "cpp-sibling-remap-first", "A sibling checkout, first build", "ms", "lower",
        "The same; each unit is compared with what the other checkout compiled, and taken over.",
        {"same": same, "sibling": sibling},
    )  # fmt: skip


def _single(bench: Workbench, subject: Subject, checkout: Path, name: str) -> Command:
    words = (bench.compilers.cxx, "-g", f"-I{checkout}", "-c", str(checkout / name))
    output = os.path.join(checkout, name.replace(".cc", ".o"))
    return Command(subject.words(*words, "-o", output), subject.env, output)


def _total(bench: Workbench, commands: list[Command], folder: Path) -> float:
    return sum(times[0] for times in _times(bench, commands, 1, folder))


def _times(bench: Workbench, commands: list[Command], rounds: int, folder: Path) -> list[list[float]]:
    runs = bench.runner.serial(commands, rounds, cwd=folder)
    return [[run.wall_ns / 1e6 for run in mine] for mine in runs]
