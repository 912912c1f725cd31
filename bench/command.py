"""The words of `./perf`, and the order of one run."""

import argparse
import datetime as dt
import signal
import sys
from pathlib import Path
from typing import Final

from bench import cargo, checkers, commands, delivery, disturbance, growth
from bench.machine import describe_machine, load
from bench.page import render_page
from bench.peers import find_peers
from bench.results import Report, Row, to_json
from bench.runner import MeasurementFailed
from bench.scenarios import NAMES, Pace, wanted
from bench.table import render_text
from bench.workbench import Workbench, set_up

ROOT: Final = Path(__file__).resolve().parent.parent
ANCHORS: Final = {"static": "static program", "python": "python -c pass"}


def main(argv: list[str] | None = None) -> int:
    """Run what was asked for, print the report, and write the files."""
    parser = _parser()
    options = parser.parse_args(argv)
    try:
        wanted(options.only)
    except ValueError as mistake:
        parser.error(str(mistake))
    # As for Ctrl-C: the daemons and the scratch folder go before we do.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
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
    pace = Pace.QUICK if options.quick else Pace.FULL
    rows: list[Row] = []
    for scenario in wanted(options.only):
        if obstacle := scenario.obstacle(bench):
            bench.warn(f"{scenario.name} was left out: {obstacle}")
            continue
        try:
            rows += scenario.measure(bench, pace)
        except MeasurementFailed as failure:
            bench.warn(f"{scenario.name} failed: {failure}")
        for subject in bench.caches:
            subject.end()
    return Report(
        when=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        kind=pace.value,
        machine=describe_machine(bench.scratch, bench.compilers.real_cc),
        load_before=before,
        load_after=load(),
        titles={
            **{subject.name: subject.title for subject in bench.subjects},
            **ANCHORS,
            **growth.TITLES,
            **checkers.TITLES,
            **delivery.TITLES,
            **cargo.TITLES,
            **commands.TITLES,
            **disturbance.TITLES,
        },
        absent=absent,
        rows=[row for row in rows if any(row.samples.values())],
        warnings=bench.warnings,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="perf", description="Measure zccache, its peers and the bare compiler in one interleaved run."
    )
    parser.add_argument("--quick", action="store_true", help="a shorter run, with wider spreads")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="ROW",
        help=f"only these ({', '.join(NAMES)}; beginnings will do)",
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
