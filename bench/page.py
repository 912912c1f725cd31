"""A report as one self-contained HTML page: the summary first, then a picture for each row."""

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Final

from bench.goals import Verdict, verdicts
from bench.plots import Bar, bars
from bench.results import Report, Row
from bench.table import number, ratio_to_ours

STYLE: Final = Path(__file__).with_name("page.css")
_ANCHORS: Final = ("bare", "static", "python")
_GROUPS: Final = (
    (
        "One hit",
        "What a build system waits for when nothing has changed.",
        ("hit-cxx", "hit-c", "cpu-cxx", "cpu-c"),
    ),
    ("Hits per second", "Many jobs at a time; more is better.", ("rate-2", "rate-8", "rate-32")),
    ("Whole builds", "The demo project, by make.", ("warm-cxx", "warm-c", "cold-cxx", "cold-c")),
    (
        "The daemon",
        "What works behind the hits.",
        (
            "daemon-cpu",
            "daemon-cpu-cxx",
            "daemon-cpu-c",
            "daemon-start",
            "first-hit",
            "memory-cxx",
            "memory-c",
        ),
    ),
)


def render_page(report: Report) -> str:
    """Return the page."""
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8"/>',
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>',
        "<title>zccache, measured</title>",
        f"<style>{STYLE.read_text(encoding='utf-8')}</style></head><body><main>",
        *_head(report),
        *_tiles(report),
        *_warnings(report),
        *_goals(report),
    ]
    for title, words, names in _GROUPS:
        rows = [row for name in names if (row := report.row(name)) is not None]
        if rows:
            parts.append(f'<section><h2>{title}</h2><p class="lead">{words}</p><div class="cards">')
            parts += [_card(report, row) for row in rows]
            parts.append("</div></section>")
    parts += [*_numbers(report), *_method(report), "</main></body></html>\n"]
    return "\n".join(parts)


def _head(report: Report) -> Iterator[str]:
    machine = report.machine
    yield f'<header><p class="kicker">{escape(report.when[:16].replace("T", " "))} UTC, {report.kind} run</p>'
    yield "<h1>zccache, measured</h1>"
    yield (
        f'<p class="machine">{escape(machine.processor)}, {machine.cores} cores, {machine.memory_gib:g} GiB, '
        f"{escape(machine.system)}, {escape(machine.file_system)}. Python {escape(machine.python)}, "
        f"{escape(machine.compiler)}. "
        f"Load {report.load_before:g} before, {report.load_after:g} after.</p></header>"
    )


def _tiles(report: Report) -> Iterator[str]:
    tiles = [
        tile for tile in (_tile(report, name) for name in ("hit-cxx", "hit-c", "rate-8", "warm-cxx")) if tile
    ]
    if tiles:
        yield f'<div class="tiles">{"".join(tiles)}</div>'


def _tile(report: Report, name: str) -> str:
    """Return the headline of a row: our number, and how many times better it is than each peer's."""
    row = report.row(name)
    spread = row.spread("ours") if row else None
    if row is None or spread is None:
        return ""
    gains = []
    for subject, title in report.titles.items():
        gain = ratio_to_ours(row, subject)
        if gain is not None and subject not in ("ours", "static", "python"):
            gains.append(f"<li><b>{number(gain)}&times;</b> {escape(title)}</li>")
    than = "times faster than" if row.better == "lower" else "times more than"
    return (
        f'<div class="tile"><h3>{escape(row.title)}</h3><p class="big">{number(spread.median)}'
        f"<small> {escape(row.unit)}</small></p><ul><li>{than}</li>{''.join(gains)}</ul></div>"
    )


def _warnings(report: Report) -> Iterator[str]:
    said = [*(f"{name} is absent: {why}" for name, why in report.absent.items()), *report.warnings]
    if said:
        yield f'<ul class="warnings">{"".join(f"<li>{escape(each)}</li>" for each in said)}</ul>'


def _goals(report: Report) -> Iterator[str]:
    found = [verdict for verdict in verdicts(report) if verdict.value is not None]
    if not found:
        return
    reached = sum(verdict.reached for verdict in found)
    yield f'<section><h2>Goals</h2><p class="lead">{reached} of {len(found)} reached.</p><div class="goals">'
    yield from map(_goal, found)
    yield "</div></section>"


def _goal(verdict: Verdict) -> str:
    goal, value = verdict.goal, verdict.value or 0.0
    end = max(value, goal.limit) * 1.15
    kind = "reached" if verdict.reached else "missed"
    sign = "at most" if goal.at_most else "at least"
    return (
        f'<div class="goal {kind}"><span class="mark">{"✓" if verdict.reached else "✗"}</span>'
        f'<span class="what">{escape(goal.title)}</span>'
        f'<span class="gauge"><i style="width:{value / end:.1%}"></i>'
        f'<u style="left:{goal.limit / end:.1%}"></u></span>'
        f'<span class="got"><b>{value:.2f}</b> {goal.unit}, {sign} {goal.limit:g}</span></div>'
    )


def _card(report: Report, row: Row) -> str:
    items = []
    for name, title in report.titles.items():
        spread = row.spread(name)
        if spread is None:
            continue
        kind = "ours" if name == "ours" else "anchor" if name in _ANCHORS else "peer"
        gain = None if name in ("ours", "static", "python") else ratio_to_ours(row, name)
        aside = f"{number(gain)}\N{MULTIPLICATION SIGN}" if gain is not None else ""
        items.append(Bar(title, kind, spread, f"{number(spread.median)} {row.unit}", aside))
    direction = "less is better" if row.better == "lower" else "more is better"
    return (
        f'<figure class="card"><figcaption><h3>{escape(row.title)}</h3><span>{direction}</span></figcaption>'
        f'{bars(items, title=row.title)}<p class="note">{escape(row.note)}</p></figure>'
    )


def _numbers(report: Report) -> Iterator[str]:
    yield "<section><details><summary>All numbers</summary><table><thead><tr><th>row</th><th>who</th>"
    yield "<th>median</th><th>middle half</th><th>samples</th><th>ours is</th></tr></thead><tbody>"
    for row in report.rows:
        for name, title in report.titles.items():
            spread = row.spread(name)
            if spread is None:
                continue
            ratio = row.ratio("ours", name)
            yield (
                f"<tr><td>{escape(row.title)}</td><td>{escape(title)}</td>"
                f"<td>{number(spread.median)} {row.unit}</td>"
                f"<td>{number(spread.low)} to {number(spread.high)}</td><td>{spread.count}</td>"
                f"<td>{f'{number(ratio)}&times;' if ratio is not None else ''}</td></tr>"
            )
    yield "</tbody></table></details></section>"


def _method(report: Report) -> Iterator[str]:
    versions = ", ".join(title for name, title in report.titles.items() if name not in _ANCHORS)
    yield (
        f"<footer><p>One run, everybody in turns ({escape(versions)}), through real processes. Bars are "
        "medians, whiskers span the middle half of the samples, a slanted cut marks a bar longer than the "
        "picture. The number in grey says how many times better ours is. Every compiler was a shim that "
        "counts its runs, so that a hit is known to be one.</p></footer>"
    )
