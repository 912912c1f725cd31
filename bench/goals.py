"""What we promised, and whether one run shows it; a goal is a sentence in a report, never an exit status."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from bench.results import Report


@dataclass(frozen=True, slots=True)
class Goal:
    """A number that must not be passed: at_most a limit, or at least it."""

    title: str
    limit: float
    unit: str
    measure: Callable[[Report], float | None]
    at_most: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """A goal and what was measured; value is None where it was not."""

    goal: Goal
    value: float | None

    @property
    def reached(self) -> bool:
        """Return whether the goal is reached; what was not measured is not."""
        if self.value is None:
            return False
        return self.value <= self.goal.limit if self.goal.at_most else self.value >= self.goal.limit

    def __str__(self) -> str:
        sign = "<=" if self.goal.at_most else ">="
        promise = f"{self.goal.title} {sign} {self.goal.limit:g} {self.goal.unit}"
        if self.value is None:
            return f"goal {promise}: not measured"
        return f"goal {promise}: {'reached' if self.reached else 'not reached'} ({self.value:.2f})"


def _ratio(row: str, reference: str) -> Callable[[Report], float | None]:
    return _ratio_of(row, "ours", reference)


def _ratio_of(row: str, one: str, other: str) -> Callable[[Report], float | None]:
    def measure(report: Report) -> float | None:
        found = report.row(row)
        return found.ratio(one, other) if found else None

    return measure


def _slowest_of(row: str, one: str, other: str) -> Callable[[Report], float | None]:
    """Compare the times that 99 of 100 do not exceed."""

    def measure(report: Report) -> float | None:
        found = report.row(row)
        samples = [found.samples.get(name, ()) if found else () for name in (one, other)]
        if not all(samples):
            return None
        above, below = (sorted(values)[len(values) * 99 // 100] for values in samples)
        return above / below

    return measure


def _median(row: str) -> Callable[[Report], float | None]:
    def measure(report: Report) -> float | None:
        found = report.row(row)
        spread = found.spread("ours") if found else None
        return spread.median if spread else None

    return measure


def _above_the_floor(name: str, reference: str) -> Callable[[Report], float | None]:
    """Compare what ours and another take beyond what nobody can do without."""

    def measure(report: Report) -> float | None:
        row = report.row(name)
        ours, other, floor = (row.spread(one) if row else None for one in ("ours", reference, "floor"))
        if ours is None or other is None or floor is None or other.median <= floor.median:
            return None
        return (ours.median - floor.median) / (other.median - floor.median)

    return measure


def _against_the_best(name: str, *peers: str) -> Callable[[Report], float | None]:
    """Compare ours with the fastest of these peers."""

    def measure(report: Report) -> float | None:
        row = report.row(name)
        ratios = [row.ratio("ours", peer) for peer in peers] if row else []
        known = [ratio for ratio in ratios if ratio is not None]
        return max(known) if known else None

    return measure


GOALS: Final = (
    Goal("heavy C++ hit / the original", 0.35, "x", _ratio("hit-cxx", "original")),
    Goal(
        "heavy C++ hit / the better of ccache and sccache",
        0.25,
        "x",
        _against_the_best("hit-cxx", "ccache", "sccache"),
    ),
    Goal(
        "a Rust library's hit / the better peer",
        0.4,
        "x",
        _against_the_best("hit-rust", "sccache", "original"),
    ),
    Goal("a large Rust library's hit / cp of its files", 1.5, "x", _ratio("rust-large-cp", "cp")),
    Goal("cold cargo build / bare", 1.05, "x", _ratio("cargo-build-cold", "bare")),
    Goal(
        "warm cargo build / the original, above the floor",
        0.6,
        "x",
        _above_the_floor("cargo-build-warm", "original"),
    ),
    Goal(
        "warm cargo build / sccache, above the floor",
        0.3,
        "x",
        _above_the_floor("cargo-build-warm", "sccache"),
    ),
    Goal("heavy C++ hit / starting a static program", 3, "x", _ratio("hit-cxx", "static")),
    Goal(
        "hits per second at 8 jobs / starts of a static program",
        0.5,
        "x",
        _ratio("rate-8", "static"),
        at_most=False,
    ),
    Goal("daemon's processor time a hit, 8 jobs", 0.5, "ms", _median("daemon-cpu")),
    Goal("cold build of C++ / bare", 1.05, "x", _ratio("cold-cxx", "bare")),
    Goal("cold build of C / bare", 1.10, "x", _ratio("cold-c", "bare")),
    Goal("cold build of C++ / ccache", 1, "x", _ratio("cold-cxx", "ccache")),
    Goal("cold build of C / ccache", 1, "x", _ratio("cold-c", "ccache")),
    Goal("daemon ready / python -c pass", 4, "x", _ratio("daemon-start", "python")),
    Goal("hit of clang-tidy / of the compiler", 1.5, "x", _ratio_of("checkers", "hit-tidy", "hit-compile")),
    Goal("hit of iwyu / of the compiler", 1.5, "x", _ratio_of("checkers", "hit-iwyu", "hit-compile")),
    Goal("50 files in one warm command / the original", 0.7, "x", _ratio("cpp-inline-warm", "original")),
    Goal("50 files in one cold command / bare", 1.05, "x", _ratio("cpp-inline-cold", "bare")),
    Goal("50 files in one cold command / the original", 0.8, "x", _ratio("cpp-inline-cold", "original")),
    Goal("a sibling checkout / the same again", 1.2, "x", _ratio_of("cpp-sibling-remap", "sibling", "same")),
    Goal("hit of emcc / of the C compiler", 3, "x", _ratio("emscripten", "compile")),
    Goal("hit of a link by emcc / of the C compiler", 3, "x", _ratio("emscripten-link", "compile")),
    Goal("link by the driver / cp of its files", 1.5, "x", _ratio("cpp-driver-link-cp", "cp")),
    Goal("static archive / cp of its files", 1.5, "x", _ratio("c-static-library-link-cp", "cp")),
    Goal("wasm-ld / cp of its files", 1.5, "x", _ratio("wasm-ld", "cp")),
    Goal("hit of 2500 headers / of 25", 2, "x", _ratio_of("headers", "headers-2500", "headers-25")),
    Goal("hit among 100k entries / among 100", 1.2, "x", _ratio_of("entries", "entries-100k", "entries-100")),
    Goal(
        "daemon start with 100k entries / with 100",
        1.2,
        "x",
        _ratio_of("entries-start", "entries-100k", "entries-100"),
    ),
    Goal("daemon's memory after 20k hits of 2500 headers, 100k entries", 80, "MiB", _median("memory-hits")),
    Goal("p99 of a hit while entries leave / idle", 2, "x", _slowest_of("disturbed", "evicting", "idle")),
    Goal(
        "p99 of a hit while 8 misses are stored / idle", 2, "x", _slowest_of("disturbed", "storing", "idle")
    ),
)


def verdicts(report: Report) -> Iterator[Verdict]:
    """Yield a verdict for every goal."""
    for goal in GOALS:
        yield Verdict(goal, goal.measure(report))
