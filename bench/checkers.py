"""Hits of clang-tidy and include-what-you-use, beside a hit of the compiler on the same file: ours alone."""

import shutil
from collections.abc import Iterator
from typing import Final

from bench.hits import CXX_UNIT, TURN, compile_command, warm_up
from bench.results import Row
from bench.runner import Command, MeasurementFailed
from bench.subjects import Subject
from bench.workbench import Workbench

TITLES: Final = {"hit-compile": "compile", "hit-tidy": "clang-tidy", "hit-iwyu": "include-what-you-use"}


def missing_checker() -> str:
    """Return why this cannot be measured here, or an empty text."""
    for program, package in (("clang-tidy", "clang-tidy"), ("include-what-you-use", "iwyu")):
        if shutil.which(program) is None:
            return f"no {program}; on Debian: apt-get install {package}"
    return ""


def measure_checkers(bench: Workbench, rounds: int) -> Iterator[Row]:
    """Yield the rows of one file that is compiled and checked: bare runs of the checkers, and hits."""
    subject = next((one for one in bench.caches if one.name == "ours"), None)
    if subject is None:
        raise MeasurementFailed("there is no zccache to measure")
    bench.say(f"checkers: {rounds} rounds")
    compile_ = compile_command(bench, subject, CXX_UNIT, str(bench.scratch / "checked.o"))
    checks = [_check(subject, *words) for words in _words()]
    subject.begin()
    if not warm_up(bench, subject, [compile_]):
        return
    bare = bench.runner.serial([Command(words) for words in _words()], 2, cwd=bench.project.root)
    # The first fills the cache, the second proves what the rest only ask for.
    bench.runner.serial([compile_, *checks], 2, cwd=bench.project.root)
    runs = bench.runner.serial([compile_, *checks], max(1, rounds // TURN), cwd=bench.project.root, turn=TURN)
    hits = {name: [run.wall_ns / 1e6 for run in mine] for name, mine in zip(TITLES, runs, strict=True)}
    yield Row(
        "checkers", "A hit of a checker", "ms", "lower",
        f"The heavy C++ file, whole process, in turns of {TURN}.", hits,
    )  # fmt: skip
    names = list(TITLES)[1:]
    yield Row(
        "checkers-bare", "A checker without the cache", "ms", "lower", "The same file.",
        {name: [run.wall_ns / 1e6 for run in mine] for name, mine in zip(names, bare, strict=True)},
    )  # fmt: skip


def _words() -> list[tuple[str, ...]]:
    """Return the commands of the checkers, their programs absolute; their standard output stays empty."""
    tidy, iwyu = (shutil.which(name) or name for name in ("clang-tidy", "include-what-you-use"))
    flags = CXX_UNIT.flags
    return [
        (tidy, "--checks=-*,clang-analyzer-core*", "--quiet", CXX_UNIT.source, "--", *flags),
        (iwyu, *flags, "-c", CXX_UNIT.source),
    ]


def _check(subject: Subject, *words: str) -> Command:
    return Command(subject.words(*words), subject.env)
