"""What every scenario needs at hand: scratch folder, compilers that count, runner, project, subjects."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from bench.peers import Found
from bench.project import Project, write_project
from bench.runner import Command, MeasurementFailed, Runner, compile_c
from bench.shim import Compilers, make_compilers
from bench.subjects import Subject, make_subjects

_STATIC_COMPILERS: Final = (
    ("musl-gcc", "-static"),
    ("zig", "cc", "-target", "x86_64-linux-musl"),
    ("gcc", "-static"),
)


@dataclass(frozen=True, slots=True)
class Workbench:
    """The tools of one run; warnings collects sentences for the report."""

    scratch: Path
    project: Project
    compilers: Compilers
    runner: Runner
    subjects: tuple[Subject, ...]
    static: Command | None
    python: Command
    say: Callable[[str], None]
    warnings: list[str] = field(default_factory=list)

    @property
    def caches(self) -> tuple[Subject, ...]:
        """Return the subjects that are caches."""
        return tuple(subject for subject in self.subjects if subject.is_cache)

    def warn(self, sentence: str) -> None:
        """Say a sentence now and put it into the report."""
        self.warnings.append(sentence)
        self.say(sentence)


@contextmanager
def set_up(
    ours: Path | None, peers: list[Found], *, cc: str, cxx: str, say: Callable[[str], None]
) -> Iterator[Workbench]:
    """Hand out a workbench; afterwards no daemon runs and the scratch folder is gone."""
    scratch = Path(mkdtemp(prefix="zccache-perf-"))
    subjects = tuple(make_subjects(scratch, ours, peers))
    try:
        # The project first: a header younger than a second or two is not trusted by some caches.
        project = write_project(scratch / "atlas")
        # The interpreter that our daemon runs in: another one may have far more to import at its start.
        beside = ours.with_name("python") if ours else Path(sys.executable)
        python = beside if beside.exists() else Path(sys.executable)
        yield Workbench(
            scratch=scratch,
            project=project,
            compilers=make_compilers(scratch / "bin", cc=cc, cxx=cxx),
            runner=Runner.compile(cc, scratch),
            subjects=subjects,
            static=_static_program(scratch),
            python=Command((str(python), "-c", "pass"), {"HOME": str(scratch)}),
            say=say,
        )
    finally:
        for subject in subjects:
            subject.end()
        shutil.rmtree(scratch, ignore_errors=True)


def _static_program(scratch: Path) -> Command | None:
    """Compile a static program that does nothing, with the smallest C library that is here."""
    source = scratch / "nothing.c"
    source.write_text("int main(void) { return 0; }\n", encoding="utf-8")
    for compiler, *flags in _STATIC_COMPILERS:
        program = scratch / "nothing"
        try:
            compile_c(compiler, source, program, *flags)
            subprocess.run([program], check=True)
        except (OSError, MeasurementFailed, subprocess.CalledProcessError):
            continue
        return Command((str(program),))
    return None
