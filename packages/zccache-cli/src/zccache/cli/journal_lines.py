"""The lines of a journal, read back: what is no line of one is counted and left out."""

import json
from dataclasses import dataclass, field


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
        return Told(
            outcome=str(fields["outcome"]),
            compiler=str(fields["compiler"]),
            args=tuple(map(str, fields["args"])),
            cwd=str(fields["cwd"]),
            env=tuple((str(name), str(value)) for name, value in fields.get("env") or ()),
            exit_code=int(fields["exit_code"]),
            latency_ns=int(fields["latency_ns"]),
            session=str(fields.get("session_id") or ""),
            reason=str(fields.get("reason", "")),
            miss_reason=str(fields.get("miss_reason", "")),
        )
    except (ValueError, TypeError, KeyError):
        return None
