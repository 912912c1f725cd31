"""What a check-up finds: how it stands with one thing, and what to do next where it stands badly."""

from enum import Enum
from typing import NamedTuple


class Level(Enum):
    """How it stands; the value is the word for people."""

    OK = "ok"
    NOTE = "note"
    BROKEN = "broken"


class Finding(NamedTuple):
    """One thing that was looked at; next_step is what to do about it, empty where there is nothing to do."""

    level: Level
    about: str
    what: str
    next_step: str = ""


def ok(about: str, what: str) -> Finding:
    """Return that it is as it should be."""
    return Finding(Level.OK, about, what)


def note(about: str, what: str, next_step: str) -> Finding:
    """Return that it works, and could be better."""
    return Finding(Level.NOTE, about, what, next_step)


def broken(about: str, what: str, next_step: str) -> Finding:
    """Return that it does not work."""
    return Finding(Level.BROKEN, about, what, next_step)
