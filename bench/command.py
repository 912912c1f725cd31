"""The words of `./perf`, and the order of one run."""

import argparse
import datetime as dt
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench import builds, daemons, hits, rates
from bench.machine import describe_machine, load
from bench.page import render_page
from bench.peers import find_peers
from bench.results import Report, Row, to_json
from bench.runner import MeasurementFailed
from bench.table import render_text
from bench.workbench import Workbench, set_up

ROOT: Final = Path(__file__).resolve().parent.parent
ANCHORS: Final = {"static": "static program", "python": "python -c pass"}


@dataclass(frozen=True, slots=True)
class Scenario:
    """A part of the run that can be asked for by itself; measure takes the bench and whether it is quick."""

    name: str
    measure: Callable[[Workbench, bool], Iterator[Row]]
    needs_cxx: bool = False


SCENARIOS: Final = (
    Scenario("hit-c", lambda bench, quick: hits.measure_hits(bench, hits.C_UNIT, 100 if quick else 500)),
    Scenario(
        "hit-cxx", lambda bench, quick: hits.measure_hits(bench, hits.CXX_UNIT, 60 if quick else 400), True
    ),
    Scenario("rate", lambda bench, quick: rates.measure_rates(bench, *((3, 200) if quick else (9, 800)))),
    Scenario("daemon", lambda bench, quick: daemons.measure_daemons(bench, 5 if quick else 15)),
    Scenario("build-c", lambda bench, quick: builds.measure_builds(bench, *builds.c_part(quick=quick))),
    Scenario(
        "build-cxx", lambda bench, quick: builds.measure_builds(bench, *builds.cxx_part(quick=quick)), True
    ),
)


def main(argv: list[str] | None = None) -> int:
    """Run what was asked for, print the report, and write the files."""
    options = _parser().parse_args(argv)
    ours = Path(options.ours).resolve() if options.ours else ROOT / ".venv" / "bin" / "zccache"
    peers = find_peers(install=not options.no_install, say=_say)
    absent = {found.peer.name: found.absence for found in peers if found.absence}
    if not ours.exists():
        absent["ours"] = "no .venv/bin/zccache: run `make setup` or pass --ours"
    present = ours if "ours" not in absent else None
    try:
        with set_up(present, peers, cc=options.cc, cxx=options.cxx, say=_say) as bench:
            report = _run(bench, options, absent)
    except MeasurementFailed as failure:
        sys.stderr.write(f"perf: {failure}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    sys.stdout.write(render_text(report))
    for path, text in ((options.json, to_json(report)), (options.html, render_page(report))):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text, encoding="utf-8")
        sys.stdout.write(f"wrote {path}\n")
    return 0


def _run(bench: Workbench, options: argparse.Namespace, absent: dict[str, str]) -> Report:
    before = load()
    rows: list[Row] = []
    for scenario in SCENARIOS:
        if not _is_wanted(scenario.name, options.only):
            continue
        if scenario.needs_cxx and not bench.compilers.cxx:
            bench.warn(
                f"{scenario.name} was left out: no {options.cxx} on PATH; on Debian: apt-get install g++"
            )
            continue
        rows += scenario.measure(bench, options.quick)
        for subject in bench.caches:
            subject.end()
    return Report(
        when=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        kind="quick" if options.quick else "full",
        machine=describe_machine(bench.scratch, bench.compilers.real_cc),
        load_before=before,
        load_after=load(),
        titles={**{subject.name: subject.title for subject in bench.subjects}, **ANCHORS},
        absent=absent,
        rows=[row for row in rows if any(row.samples.values())],
        warnings=bench.warnings,
    )


def _is_wanted(name: str, only: list[str] | None) -> bool:
    """Return whether a scenario was asked for: by its name, or by a beginning that is no scenario's name."""
    names = {scenario.name for scenario in SCENARIOS}
    return not only or any(name == word or (word not in names and name.startswith(word)) for word in only)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="perf", description="Measure zccache, its peers and the bare compiler in one interleaved run."
    )
    names = ", ".join(scenario.name for scenario in SCENARIOS)
    parser.add_argument("--quick", action="store_true", help="a run of about two minutes")
    parser.add_argument(
        "--only", action="append", metavar="ROW", help=f"only these ({names}; beginnings will do)"
    )
    parser.add_argument(
        "--json", default="perf-results/perf.json", metavar="FILE", help="default: %(default)s"
    )
    parser.add_argument(
        "--html", default="perf-results/perf.html", metavar="FILE", help="default: %(default)s"
    )
    parser.add_argument("--cc", default="gcc", metavar="CC", help="the C compiler (default: %(default)s)")
    parser.add_argument("--cxx", default="g++", metavar="CXX", help="the C++ compiler (default: %(default)s)")
    parser.add_argument("--ours", metavar="FILE", help="the zccache to measure (default: the one in .venv)")
    parser.add_argument("--no-install", action="store_true", help="do not install peers that are missing")
    return parser


def _say(text: str) -> None:
    sys.stderr.write(f"perf: {text}\n")
