"""Knows how to run a program aside and read what it says; the user's own compiles are run by the front."""

from collections.abc import Mapping
from typing import Final

from zccache.common.values import dataclass

_LIMIT_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Completed:
    """How a program that was run aside ended, and what it printed."""

    status: int
    stdout: bytes
    stderr: bytes


def run_quietly(argv: list[str], cwd: str, env: Mapping[str, str]) -> Completed:
    """Run argv without input and return what it printed.

    A program that cannot be started or takes more than 30 s gives status 127 and its
    cause in stderr: the caller has no use for the difference.
    """
    import subprocess

    try:
        done = subprocess.run(
            argv,
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_LIMIT_S,
            check=False,
        )
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        return Completed(127, b"", str(error).encode(errors="replace"))
    return Completed(done.returncode, done.stdout, done.stderr)
