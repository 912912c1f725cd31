"""Start many processes and get their times, through a small C program made on the spot.

A hit takes about a millisecond: Python's own way to start a process would be a good part of it.
"""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

SOURCE: Final = Path(__file__).with_name("native") / "runner.c"


class MeasurementFailed(Exception):
    """A command that was to be measured failed; the message says which and how."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command to run: absolute program, whole environment, and the output to remove before each run."""

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    output: str = ""

    def line(self) -> str:
        """Return this command as a line of the runner's plan."""
        env = [f"{name}={value}" for name, value in self.env.items()]
        return "\x1f".join([self.output, str(len(env)), *env, *self.argv]) + "\n"


@dataclass(frozen=True, slots=True)
class Run:
    """One finished run: elapsed time, and processor time of the process and its children."""

    wall_ns: int
    cpu_ns: int


@dataclass(frozen=True, slots=True)
class Runner:
    """The compiled runner."""

    program: Path

    @classmethod
    def compile(cls, compiler: str, folder: Path) -> "Runner":
        """Compile the runner into folder."""
        program = folder / "runner"
        compile_c(compiler, SOURCE, program)
        return cls(program)

    def serial(
        self, commands: Sequence[Command], rounds: int, *, cwd: Path, turn: int = 1
    ) -> list[list[Run]]:
        """Run every command `turn` times in a row each round, one at a time; return each command's runs."""
        runs: list[list[Run]] = [[] for _ in commands]
        repeated = [command for command in commands for _ in range(turn)]
        for line in self._run(["serial", str(rounds)], repeated, cwd).splitlines():
            index, wall_ns, cpu_ns = map(int, line.split())
            runs[index // turn].append(Run(wall_ns, cpu_ns))
        return runs

    def parallel(self, commands: Sequence[Command], jobs: int, runs: int, *, cwd: Path) -> float:
        """Run the commands in turn with some jobs at a time, and return the runs per second."""
        count, wall_ns = map(int, self._run(["parallel", str(jobs), str(runs)], commands, cwd).split())
        return count / wall_ns * 1e9

    def _run(self, words: Sequence[str], commands: Sequence[Command], cwd: Path) -> str:
        plan = "".join(command.line() for command in commands)
        done = subprocess.run(
            [self.program, *words], input=plan, capture_output=True, text=True, cwd=cwd, check=False
        )
        if done.returncode != 0:
            raise MeasurementFailed(done.stderr.strip()[-2000:] or f"runner: exit status {done.returncode}")
        return done.stdout


def compile_c(compiler: str, source: Path, program: Path, *flags: str) -> None:
    """Compile one C file to a program; raise MeasurementFailed with what the compiler said."""
    argv = [compiler, *flags, "-O2", "-o", str(program), str(source)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise MeasurementFailed(f"{' '.join(argv)}: {done.stderr.strip()}")
