"""What a run of the property did, counted."""

from collections import Counter


class Differs(AssertionError):
    """Through the cache came something else than the bare compiler makes."""


class Tally:
    """What was done, counted: steps by kind, compiles by how they went through the cache."""

    def __init__(self) -> None:
        self.steps: Counter[str] = Counter()
        self.compiles: Counter[str] = Counter()
        self.differences: list[str] = []

    @property
    def hit_rate(self) -> float:
        """The share of hits in all compiles."""
        hits = sum(count for how, count in self.compiles.items() if how.endswith("hit"))
        return hits / max(1, self.compiles.total())

    def __str__(self) -> str:
        steps = ", ".join(f"{kind} {count}" for kind, count in self.steps.most_common())
        hows = ", ".join(f"{how} {count}" for how, count in self.compiles.most_common())
        return (
            f"{self.steps.total()} steps ({steps});"
            f" {self.compiles.total()} compiles, {self.hit_rate:.0%} hits ({hows})"
        )
