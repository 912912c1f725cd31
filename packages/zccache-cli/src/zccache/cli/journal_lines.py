"""The lines of a journal, read back: what is no line of one is counted and left out."""

import json
import os
import re
from collections.abc import Iterable
from typing import Any, Final

from zccache.common.values import dataclass, field

HANDED_ON: Final = re.compile(r"/\S*/tmp/(\d+-\d+\.steps)/")
"""Where a step of a command left what a later one took; it is gone by now."""


@dataclass(frozen=True, slots=True)
class Told:
    """One command as the journal tells of it."""

    outcome: str
    compiler: str
    args: tuple[str, ...]
    cwd: str
    env: tuple[tuple[str, str], ...]
    exit_code: int
    latency_ns: int
    session: str
    reason: str
    miss_reason: str

    @property
    def is_hit(self) -> bool:
        """Whether the cache served it."""
        return self.outcome in {"hit", "link_hit", "cached_error"}

    @property
    def is_miss(self) -> bool:
        """Whether it was looked up in vain."""
        return self.outcome in {"miss", "link_miss"} and not self.is_non_cacheable

    @property
    def is_non_cacheable(self) -> bool:
        """Whether it was passed on without being looked up."""
        return self.outcome in {"miss", "link_miss"} and bool(self.reason) and not self.miss_reason


@dataclass(slots=True)
class Lines:
    """A journal's commands, and how many lines there were; malformed ones are numbers, from 1."""

    commands: list[Told] = field(default_factory=list)
    total: int = 0
    malformed: list[int] = field(default_factory=list)


def read_lines(path: str) -> Lines:
    """Return what a journal holds; raise OSError."""
    found = Lines()
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            found.total += 1
            told = _told(line)
            if told is None:
                found.malformed.append(number)
            else:
                found.commands.append(told)
    return found


def _told(line: bytes) -> Told | None:
    try:
        fields = json.loads(line)
        env = [(_text(name), _text(value)) for name, value in fields.get("env") or ()]
        return Told(
            outcome=_text(fields["outcome"]),
            compiler=_text(fields["compiler"]),
            args=tuple(_texts(fields["args"])),
            cwd=_text(fields["cwd"]),
            env=tuple((name, value) for name, value in env if name and "=" not in name),
            exit_code=int(fields["exit_code"]),
            latency_ns=int(fields["latency_ns"]),
            session=_text(fields.get("session_id") or ""),
            reason=_text(fields.get("reason", "")),
            miss_reason=_text(fields.get("miss_reason", "")),
        )
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return None


def _texts(words: Any) -> Iterable[str]:
    if not isinstance(words, list):
        raise TypeError("no list")
    return map(_text, words)


def _text(value: Any) -> str:
    """Return a text that can be given to a program; raise TypeError or ValueError."""
    if not isinstance(value, str):
        raise TypeError("no text")
    if b"\0" in os.fsencode(value):
        raise ValueError("a text that ends early")
    return value
