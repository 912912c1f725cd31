"""Transcripts: commands as typed into a shell, with what they print and how they end.

    Words about the journey, up to the first command.

    $ zccache gcc -c broken.c
    broken.c:1:5: error: ...
    [1]
    $ test -e broken.o
    [1]

Both streams appear as on a terminal; `[n]` is the status, absent for 0. `...` within a line stands for any
text, `...` alone for any lines, and `> ` goes on with the command above. All commands run in one shell.
"""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_MARK = "transcript-7c1e:"
_STATUS = re.compile(r"\[(\d+)\]")
_LIMIT_S = 300


@dataclass
class Step:
    """One command, and what the transcript says about it."""

    command: str
    expected: list[str] = field(default_factory=list)
    status: int = 0


@dataclass(frozen=True)
class Outcome:
    """What a command really printed, and how it ended."""

    printed: list[str]
    status: int


def parse(text: str) -> list[Step]:
    """Return the commands of a transcript."""
    steps: list[Step] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            steps.append(Step(line[2:]))
        elif steps and line.startswith("> ") and not steps[-1].expected:
            steps[-1].command += "\n" + line[2:]
        elif steps and (match := _STATUS.fullmatch(line)):
            steps[-1].status = int(match.group(1))
        elif steps and line:
            steps[-1].expected.append(line)
    return steps


def play(steps: list[Step], cwd: Path, env: Mapping[str, str]) -> list[Outcome]:
    """Run the commands in one shell, and return what each of them did."""
    script = "".join(f"{{ {step.command}\n}} 2>&1\nprintf '\\n{_MARK}%s\\n' $?\n" for step in steps)
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=_LIMIT_S,
        text=True,
        errors="backslashreplace",
    )
    *parts, rest = re.split(rf"\n{_MARK}(\d+)\n", done.stdout)
    assert not rest, f"the shell ended early: {rest}"
    return [
        Outcome([line for line in printed.splitlines() if line], int(status))
        for printed, status in zip(parts[::2], parts[1::2], strict=True)
    ]


def differences(steps: list[Step], outcomes: list[Outcome]) -> str:
    """Return the first command that did otherwise than the transcript says, or nothing."""
    for step, outcome in zip(steps, outcomes, strict=True):
        if outcome.status != step.status or not _fits(step.expected, outcome.printed):
            expected = "\n".join([*step.expected, f"[{step.status}]"])
            printed = "\n".join([*outcome.printed, f"[{outcome.status}]"])
            return f"$ {step.command}\n--- expected\n{expected}\n--- printed\n{printed}"
    return ""


def _fits(expected: list[str], printed: list[str]) -> bool:
    pattern = "".join(
        r"(?:.*\n)*" if line == "..." else ".*".join(map(re.escape, line.split("..."))) + r"\n"
        for line in expected
    )
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in printed)) is not None
