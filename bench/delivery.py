"""Hits of emcc beside a hit of the C compiler, and hits of links beside `cp` of what they leave."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bench.results import Row
from bench.runner import Command, MeasurementFailed
from bench.subjects import Subject
from bench.workbench import Workbench

TITLES: Final = {"compile": "a hit of the C compiler", "cp": "cp of what it leaves"}
_OBJECTS: Final = 50
_SETTLED: Final = 3
_PROGRAMS: Final = {"emcc": "emscripten", "wasm-ld": "lld", "ar": "binutils"}


@dataclass(frozen=True, slots=True)
class _Case:
    """A command and the files that it leaves; beside: "compile" or "cp", what its hit is measured with."""

    name: str
    title: str
    words: tuple[str, ...]
    left: tuple[str, ...]
    beside: str


def missing_tool() -> str:
    """Return why this cannot be measured here, or an empty text."""
    for program, package in _PROGRAMS.items():
        if shutil.which(program) is None:
            return f"no {program}; on Debian: apt-get install {package}"
    return ""


def measure_delivery(bench: Workbench, rounds: int) -> Iterator[Row]:
    """Yield for each case its hits and what they are measured with, in turn; then a sibling's of emcc."""
    subject = next((one for one in bench.caches if one.name == "ours"), None)
    if subject is None:
        raise MeasurementFailed("there is no zccache to measure")
    # An interpreter that starts fast: it is emcc's own time that is saved.
    subject = replace(subject, env={**subject.env, "EMSDK_PYTHON": "/usr/bin/python3"})
    folder = bench.scratch / "delivery"
    names = _write_sources(folder)
    subject.begin()
    compile_ = Command(
        subject.words(bench.compilers.cc, "-c", "unit0.c", "-o", "timed.o"), subject.env, "timed.o"
    )
    for case in _cases(bench, folder, names):
        bench.say(f"delivery, {case.title}")
        yield _measure(bench, subject, case, compile_, folder, rounds)
    yield _measure_sibling(bench, subject, folder, rounds)


def _write_sources(folder: Path) -> list[str]:
    folder.mkdir()
    names = [f"unit{number}" for number in range(_OBJECTS)]
    for number, name in enumerate(names):
        (folder / f"{name}.c").write_text(f"int sum{number}(int value) {{ return value + {number}; }}\n")
    (folder / "main.c").write_text("int sum0(int value);\nint main(void) { return sum0(0); }\n")
    return names


def _cases(bench: Workbench, folder: Path, names: list[str]) -> Iterator[_Case]:
    emcc, wasm_ld, archiver = (shutil.which(name) or name for name in ("emcc", "wasm-ld", "ar"))
    env = {"PATH": os.defpath, "HOME": str(folder), "EMSDK_PYTHON": "/usr/bin/python3"}
    sources = [f"{name}.c" for name in names]
    objects = [f"{name}.o" for name in names]
    bench.runner.serial([Command((emcc, "-c", "main.c", "unit0.c"), env)], 1, cwd=folder)
    for name in ("main", "unit0"):
        (folder / f"{name}.o").rename(folder / f"{name}.wasm.o")
    bench.runner.serial([Command((bench.compilers.cc, "-c", "main.c", *sources), env)], 1, cwd=folder)
    yield _Case("emscripten", "emcc, a compile", (emcc, "-c", "unit0.c", "-o", "em.o"), ("em.o",), "compile")
    yield _Case(
        "emscripten-link", "emcc, a link", (emcc, "main.wasm.o", "unit0.wasm.o", "-o", "app.js"),
        ("app.js", "app.wasm"), "compile",
    )  # fmt: skip
    yield _Case(
        "wasm-ld", "wasm-ld", (wasm_ld, "--no-entry", "--export-all", "unit0.wasm.o", "-o", "unit.wasm"),
        ("unit.wasm",), "cp",
    )  # fmt: skip
    yield _Case(
        "cpp-driver-link-cp", "Link by the driver", (bench.compilers.cc, "main.o", *objects, "-o", "program"),
        ("program",), "cp",
    )  # fmt: skip
    yield _Case(
        "c-static-library-link-cp", "Static archive", (archiver, "rcsD", "libunits.a", *objects),
        ("libunits.a",), "cp",
    )  # fmt: skip


def _measure(
    bench: Workbench, subject: Subject, case: _Case, compile_: Command, folder: Path, rounds: int
) -> Row:
    ours = Command(subject.words(*case.words), subject.env, case.left[0])
    bench.runner.serial([ours, compile_], _SETTLED, cwd=folder)
    (folder / "kept").mkdir(exist_ok=True)
    for name in case.left:
        shutil.copy(folder / name, folder / "kept" / name)
    copy = Command(
        (shutil.which("cp") or "cp", *(f"kept/{name}" for name in case.left), "."), subject.env, case.left[0]
    )
    other = compile_ if case.beside == "compile" else copy
    note = f"Whole process, {TITLES[case.beside]} in turn with it."
    return _row(bench, case.name, case.title, note, {"ours": ours, case.beside: other}, folder, rounds)


def _measure_sibling(bench: Workbench, subject: Subject, folder: Path, rounds: int) -> Row:
    """Return the row of a compile by emcc in a second checkout, in turn with the first one's."""
    bench.say("delivery, emcc in a sibling checkout")
    remapped = replace(subject, env={**subject.env, "ZCCACHE_PATH_REMAP": "auto"})
    commands = {}
    for title, name in (("same", "one"), ("ours", "two")):
        checkout = folder / name
        (checkout / ".git").mkdir(parents=True)
        shutil.copy(folder / "unit0.c", checkout)
        words = (shutil.which("emcc") or "emcc", "-g", "-c", str(checkout / "unit0.c"))
        output = str(checkout / "unit0.o")
        commands[title] = Command(remapped.words(*words, "-o", output), remapped.env, output)
    for command, title in zip(commands.values(), ("one", "two"), strict=True):
        bench.runner.serial([command], _SETTLED, cwd=folder / title)
    note = "A compile with -g in a second checkout, and in the first, in turn."
    return _row(bench, "emscripten-sibling-remap", "emcc in a sibling", note, commands, folder, rounds)


def _row(
    bench: Workbench,
    name: str,
    title: str,
    note: str,
    commands: dict[str, Command],
    folder: Path,
    rounds: int,
) -> Row:
    runs = bench.runner.serial(list(commands.values()), rounds, cwd=folder)
    samples = {key: [run.wall_ns / 1e6 for run in mine] for key, mine in zip(commands, runs, strict=True)}
    return Row(name, title, "ms", "lower", note, samples)
