"""The parts of a run: what each measures, how often, and what it needs from the machine."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeVar

from bench import (
    builds,
    cargo,
    checkers,
    commands,
    crates,
    daemons,
    delivery,
    disturbance,
    growth,
    hits,
    rates,
)
from bench.results import Row
from bench.workbench import Workbench

Amount = TypeVar("Amount", int, str)


class Pace(Enum):
    """How thorough a run is; the value is its name in reports."""

    QUICK = "quick"
    FULL = "full"

    def of(self, *, quick: Amount, full: Amount) -> Amount:
        """Return the amount that fits this pace."""
        return quick if self is Pace.QUICK else full


@dataclass(frozen=True, slots=True)
class Scenario:
    """A part of a run that can be asked for by itself."""

    name: str
    measure: Callable[[Workbench, Pace], Iterator[Row]]
    needs_cxx: bool = False
    needs_make: bool = False
    needs_checkers: bool = False
    needs_rustc: bool = False
    needs_crates: bool = False
    needs_emcc: bool = False

    def obstacle(self, bench: Workbench) -> str:
        """Return why this cannot be measured here, or an empty text."""
        if self.needs_cxx and not bench.compilers.cxx:
            return "no C++ compiler; on Debian: apt-get install g++"
        if self.needs_make and shutil.which("make") is None:
            return "no make; on Debian: apt-get install make"
        if self.needs_crates:
            return cargo.missing_crates()
        if self.needs_rustc:
            return crates.missing_rustc()
        if self.needs_emcc:
            return delivery.missing_tool()
        return checkers.missing_checker() if self.needs_checkers else ""


def _hits_c(bench: Workbench, pace: Pace) -> Iterator[Row]:
    return hits.measure_hits(bench, hits.C_UNIT, pace.of(quick=100, full=500))


def _hits_cxx(bench: Workbench, pace: Pace) -> Iterator[Row]:
    return hits.measure_hits(bench, hits.CXX_UNIT, pace.of(quick=60, full=400))


def _rates(bench: Workbench, pace: Pace) -> Iterator[Row]:
    return rates.measure_rates(bench, shots=pace.of(quick=3, full=9), runs=pace.of(quick=200, full=800))


def _daemons(bench: Workbench, pace: Pace) -> Iterator[Row]:
    return daemons.measure_daemons(bench, pace.of(quick=5, full=15))


def _builds_c(bench: Workbench, pace: Pace) -> Iterator[Row]:
    folders = pace.of(quick="lib/text lib/graph", full="lib")
    return builds.measure_builds(bench, builds.Part("c", "C", folders), pace.of(quick=1, full=5))


def _builds_cxx(bench: Workbench, pace: Pace) -> Iterator[Row]:
    folders = pace.of(quick="src/solver/b src/solver/c src/solver/l", full="src")
    return builds.measure_builds(bench, builds.Part("cxx", "C++", folders), pace.of(quick=1, full=3))


def _checkers(bench: Workbench, pace: Pace) -> Iterator[Row]:
    return checkers.measure_checkers(bench, pace.of(quick=60, full=400))


def _crates(bench: Workbench, pace: Pace) -> Iterator[Row]:
    return crates.measure_crates(bench, pace.of(quick=60, full=400))


def _cargo(bench: Workbench, pace: Pace) -> Iterator[Row]:
    return cargo.measure_cargo(bench, pace.of(quick=1, full=3))


def _commands(bench: Workbench, pace: Pace) -> Iterator[Row]:
    return commands.measure_commands(bench, pace.of(quick=5, full=30))


def _delivery(bench: Workbench, pace: Pace) -> Iterator[Row]:
    return delivery.measure_delivery(bench, pace.of(quick=40, full=300))


def _headers(bench: Workbench, pace: Pace) -> Iterator[Row]:
    return growth.measure_headers(bench, pace.of(quick=60, full=400))


def _entries(bench: Workbench, pace: Pace) -> Iterator[Row]:
    names = tuple(growth.ENTRIES)
    return growth.measure_entries(
        bench, pace.of(quick=60, full=400), names[:2] if pace is Pace.QUICK else names
    )


def _memory(bench: Workbench, pace: Pace) -> Iterator[Row]:
    return growth.measure_memory(bench, pace.of(quick=1000, full=20_000), pace.of(quick="100", full="100k"))


def _disturbance(bench: Workbench, pace: Pace) -> Iterator[Row]:
    return disturbance.measure_disturbance(bench, pace.of(quick=200, full=2000))


SCENARIOS: Final = (
    Scenario("hit-c", _hits_c),
    Scenario("hit-cxx", _hits_cxx, needs_cxx=True),
    Scenario("rate", _rates),
    Scenario("daemon", _daemons),
    Scenario("build-c", _builds_c, needs_make=True),
    Scenario("build-cxx", _builds_cxx, needs_cxx=True, needs_make=True),
    Scenario("checkers", _checkers, needs_cxx=True, needs_checkers=True),
    Scenario("rust", _crates, needs_rustc=True),
    Scenario("cargo", _cargo, needs_crates=True),
    Scenario("commands", _commands, needs_cxx=True),
    Scenario("delivery", _delivery, needs_emcc=True),
    Scenario("headers", _headers),
    Scenario("entries", _entries),
    Scenario("memory", _memory),
    Scenario("disturbed", _disturbance),
)
NAMES: Final = tuple(scenario.name for scenario in SCENARIOS)


def wanted(words: Sequence[str]) -> tuple[Scenario, ...]:
    """Return the scenarios asked for by name or by the beginning of names, all for no words.

    Raises ValueError for a word that no name begins with.
    """
    for word in words:
        if not any(name.startswith(word) for name in NAMES):
            raise ValueError(f"{word!r} is none of {', '.join(NAMES)}")
    return tuple(
        scenario for scenario in SCENARIOS if not words or any(_means(word, scenario) for word in words)
    )


def _means(word: str, scenario: Scenario) -> bool:
    return scenario.name == word if word in NAMES else scenario.name.startswith(word)
