"""Knows what the counters are called and what `status` tells from them, not where they are kept."""

from collections.abc import Mapping
from typing import Final

from zccache.common.values import dataclass

HITS: Final = "hits"
EQUIVALENT: Final = "equivalent"
MISSES: Final = "misses"
LINK_HITS: Final = "link_hits"
LINK_MISSES: Final = "link_misses"
PASSED: Final = "passed"
NOT_RECORDED: Final = "not_recorded"
ERRORS: Final = "errors"
COLD: Final = "cold"
COALESCED: Final = "coalesced"
DAEMON_STARTS: Final = "daemon_starts"
DAMAGED_BLOBS: Final = "damaged_blobs"
MISSING_BLOBS: Final = "missing_blobs"
INDEX_SET_ASIDE: Final = "index_set_aside"
EVICTED: Final = "evicted"
TIME_SAVED_NS: Final = "time_saved_ns"
DELIVERED: Final = "delivered"
SESSIONS_TOTAL: Final = "sessions_total"

PLAIN: Final = (
    HITS,
    EQUIVALENT,
    LINK_HITS,
    LINK_MISSES,
    COALESCED,
    DAEMON_STARTS,
    DAMAGED_BLOBS,
    MISSING_BLOBS,
    INDEX_SET_ASIDE,
    EVICTED,
    TIME_SAVED_NS,
    SESSIONS_TOTAL,
)
"""Counters that are one number."""

BY_WORD: Final = (MISSES, PASSED, NOT_RECORDED, ERRORS, COLD, DELIVERED)
"""Counters that are kept by a word too: a reason, a kind of error, a method of delivery."""


def one_more(name: str, word: str = "") -> dict[str, int]:
    """Return what to add to the counters for one event: its number, and that of its word."""
    return {name: 1, f"{name}.{word}": 1} if word else {name: 1}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What `status` tells: the counters, how much the cache holds, its limit (0: none), open sessions."""

    counts: Mapping[str, int]
    entries: int
    artifacts: int
    size_bytes: int
    limit_bytes: int
    sessions_active: int = 0

    def count(self, name: str) -> int:
        """Return one counter."""
        return self.counts.get(name, 0)

    def by_word(self, name: str) -> dict[str, int]:
        """Return the counts of a counter by word, the largest first."""
        stem = f"{name}."
        found = [(key[len(stem) :], value) for key, value in self.counts.items() if key.startswith(stem)]
        return dict(sorted(found, key=lambda pair: (-pair[1], pair[0])))

    @property
    def hit_rate(self) -> float:
        """The share of hits in what was looked up, 0 to 1; 0 when nothing was."""
        looked_up = self.count(HITS) + self.count(MISSES)
        return self.count(HITS) / looked_up if looked_up else 0.0

    def to_json(self) -> dict[str, object]:
        """Return plain values for `status --json` and the wire.

        A counter by word is two fields: `passed` with its number, `passed_by` with the words.
        """
        return {
            **{name: self.count(name) for name in (*PLAIN, *BY_WORD)},
            **{f"{name}_by": self.by_word(name) for name in BY_WORD},
            "hit_rate": round(self.hit_rate, 4),
            "entries": self.entries,
            "artifacts": self.artifacts,
            "size_bytes": self.size_bytes,
            "limit_bytes": self.limit_bytes,
            "sessions_active": self.sessions_active,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, object]) -> "Snapshot":
        """Return the snapshot that another version may have written; what is missing or odd counts as 0."""
        counts = {name: _number(values.get(name)) for name in (*PLAIN, *BY_WORD)}
        for name in BY_WORD:
            words = values.get(f"{name}_by")
            if isinstance(words, dict):
                counts |= {f"{name}.{word}": _number(value) for word, value in words.items()}
        names = ("entries", "artifacts", "size_bytes", "limit_bytes", "sessions_active")
        totals = (_number(values.get(name)) for name in names)
        return cls({name: value for name, value in counts.items() if value}, *totals)


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
