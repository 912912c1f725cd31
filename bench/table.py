"""A report as text for a terminal."""

from collections.abc import Iterator
from typing import Final

from bench.goals import verdicts
from bench.results import Report, Row
from bench.spread import Spread

# The order in which a row's reference is looked for: a ratio above 1 is that much of it.
REFERENCES: Final = ("bare", "static", "python")


def render_text(report: Report) -> str:
    """Return the whole report: machine, one block a row, warnings, goals."""
    machine = report.machine
    lines = [
        f"{machine.processor}, {machine.cores} cores, {machine.memory_gib:g} GiB, {machine.system}",
        f"Python {machine.python}, {machine.compiler}, files on {machine.file_system}",
        f"load {report.load_before:g} before, {report.load_after:g} after",
        *(f"absent: {name} ({why})" for name, why in report.absent.items()),
    ]
    for row in report.rows:
        lines += ["", f"{row.title} [{row.unit}]", *_block(report, row)]
    lines += ["", *(f"warning: {warning}" for warning in report.warnings)] if report.warnings else []
    return "\n".join([*lines, "", *map(str, verdicts(report))]) + "\n"


def number(value: float) -> str:
    """Return a value with three digits that count."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def ratio_to_ours(row: Row, subject: str) -> float | None:
    """Return how many times better ours is than a subject; below 1 it is worse."""
    ratio = row.ratio(subject, "ours")
    if ratio is None or ratio == 0:
        return None
    return ratio if row.better == "lower" else 1 / ratio


def _block(report: Report, row: Row) -> Iterator[str]:
    width = max((len(title) for title in report.titles.values()), default=0)
    for name, title in report.titles.items():
        spread = row.spread(name)
        if spread is not None:
            yield f"  {title:<{width}}  {_values(spread)}  {_ratios(row, name)}".rstrip()


def _values(spread: Spread) -> str:
    middle_half = f"({number(spread.low)} to {number(spread.high)}, n={spread.count})"
    return f"{number(spread.median):>9}  {middle_half:<32}"


def _ratios(row: Row, name: str) -> str:
    found = []
    for reference in REFERENCES:
        ratio = row.ratio(name, reference)
        if ratio is not None and name != reference:
            found.append(f"{number(ratio)} x {reference}")
    ours = row.ratio("ours", name)
    if ours is not None and name not in ("ours", *REFERENCES):
        found.append(f"ours is {number(ours)} x")
    return ", ".join(found)
