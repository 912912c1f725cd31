"""What a compile journal tells of one build: hits, misses, and the time that they took."""

import json
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from bench.spread import Spread


@dataclass(frozen=True, slots=True)
class Served:
    """The records of one build: times are of the hits, phases the sum of each step over them."""

    hits: int
    misses: int
    total_ns: int
    median_ns: float
    phases_ns: tuple[tuple[str, int], ...]

    @property
    def hit_rate(self) -> float:
        """Return the share of hits, 0 to 1."""
        return self.hits / max(1, self.hits + self.misses)


def await_records(path: Path, count: int, *, within_s: float = 5.0) -> int:
    """Wait until a journal has so many records, or some seconds, and return its size in bytes."""
    deadline = time.monotonic() + within_s
    while True:
        written = path.read_bytes() if path.exists() else b""
        if written.count(b"\n") >= count or time.monotonic() > deadline:
            return len(written)
        time.sleep(0.02)


def read_journal(path: Path, *, skip_bytes: int = 0) -> Served:
    """Read the records after some bytes; a journal that is not there has none."""
    outcomes: Counter[str] = Counter()
    phases: Counter[str] = Counter()
    latencies = []
    try:
        lines = path.read_bytes()[skip_bytes:].splitlines()
    except FileNotFoundError:
        lines = []
    for line in lines:
        record = json.loads(line)
        outcomes[record["outcome"]] += 1
        if record["outcome"] == "hit":
            latencies.append(record["latency_ns"])
            phases.update(record.get("phases", {}))
    return Served(
        hits=outcomes["hit"],
        misses=outcomes["miss"],
        total_ns=sum(latencies),
        median_ns=Spread.of(latencies).median if latencies else 0.0,
        phases_ns=tuple(phases.most_common(4)),
    )
