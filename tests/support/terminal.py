"""A terminal for a compiler: what it prints there, byte for byte."""

import os
import pty
import subprocess
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path


def printed_on_a_terminal(argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> bytes:
    """Run argv with standard error on a wide terminal and return what it printed there."""
    ours, theirs = open_terminal()
    try:
        with subprocess.Popen(
            argv, cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs
        ):
            os.close(theirs)
            theirs = -1
            return read_terminal(ours)
    finally:
        os.close(ours)
        if theirs >= 0:
            os.close(theirs)


def open_terminal() -> tuple[int, int]:
    """Return the two ends of a wide terminal that changes no byte: ours and the program's."""
    ours, theirs = pty.openpty()
    modes = termios.tcgetattr(theirs)
    modes[1] &= ~termios.OPOST
    termios.tcsetattr(theirs, termios.TCSANOW, modes)
    termios.tcsetwinsize(theirs, (50, 1000))
    return ours, theirs


def read_terminal(ours: int) -> bytes:
    """Return all that is printed until the last program has closed its end."""
    return b"".join(iter(lambda: _read(ours), b""))


def _read(fd: int) -> bytes:
    try:
        return os.read(fd, 65536)
    except OSError:
        # Linux says EIO where the last writer has gone.
        return b""
