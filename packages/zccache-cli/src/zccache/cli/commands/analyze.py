"""`zccache analyze`: what a build did, from its journal."""

import json
import os
import sys

from zccache.cli import analysis
from zccache.cli.amounts import share, span
from zccache.cli.analysis import SORTS, Group
from zccache.cli.journal_lines import Lines, Told, read_lines
from zccache.cli.options import USAGE_STATUS, Options
from zccache.cli.place import Place

USAGE = """Tell from a journal what was slow, what missed most, and the hit rate of each tool and folder.

Without JOURNAL it is the journal of the cache.

Usage:
  zccache analyze [JOURNAL] [--json] [--session ID] [--outcome KIND] [--sort ORDER] [--top N]

Options:
  --json          print one JSON object
  --session ID    only the commands of this session
  --outcome KIND  only those that were: hit, miss, non-cacheable or error
  --sort ORDER    of tools and folders: wall-clock, misses or hits [default: wall-clock]
  --top N         how many of the slowest, the most missed and so on [default: 10]
"""

_KINDS = ("hit", "miss", "non-cacheable", "error")
_FIELDS = ("calls", "hits", "misses", "non_cacheable", "errors")


def run(options: Options) -> int:
    """Print what the journal comes to; that the cache has none yet is no error."""
    sort, kind, top = str(options["--sort"]), options["--outcome"], str(options["--top"])
    if sort not in SORTS or (kind is not None and kind not in _KINDS) or not top.isdecimal():
        allowed = f"--sort is one of {', '.join(SORTS)}; --outcome one of {', '.join(_KINDS)}; --top a number"
        print(f"zccache analyze: {allowed}", file=sys.stderr)
        return USAGE_STATUS
    named = options["JOURNAL"]
    path = named if isinstance(named, str) else Place.of(options).layout.journal
    if not isinstance(named, str) and not os.path.exists(path):
        print(
            json.dumps(_plain(Lines(), [], sort, int(top)), indent=2) if options["--json"] else "(no journal)"
        )
        return 0
    try:
        lines = read_lines(path)
    except OSError as error:
        print(f"zccache analyze: {path}: {error.strerror}", file=sys.stderr)
        return 1
    if lines.malformed:
        numbers = ", ".join(map(str, lines.malformed[:5])) + (" ..." if len(lines.malformed) > 5 else "")
        print(f"zccache analyze: {path}: lines left out, they are none of ours: {numbers}", file=sys.stderr)
    commands = [told for told in lines.commands if _is_wanted(told, options["--session"], kind)]
    if options["--json"]:
        print(json.dumps(_plain(lines, commands, sort, int(top)), indent=2))
    else:
        print("\n".join(_text(commands, sort, int(top))))
    return 0


def _is_wanted(told: Told, session: object, kind: object) -> bool:
    if session is not None and told.session != str(session).lower():
        return False
    kinds = {
        None: True,
        "hit": told.is_hit,
        "miss": told.is_miss,
        "non-cacheable": told.is_non_cacheable,
        "error": told.outcome == "error",
    }
    return kinds[kind if isinstance(kind, str) else None]


def _plain(lines: Lines, commands: list[Told], sort: str, top: int) -> dict[str, object]:
    counts = analysis.outcomes(commands)
    whole = Group("")
    for told in commands:
        whole.add(told)
    tools = analysis.grouped(commands, analysis.tool_of, sort)
    extensions = analysis.grouped(commands, analysis.extension_of, sort)
    return {
        "schema_version": 1,
        "status": "ok",
        "line_count": lines.total,
        "parsed_count": len(lines.commands),
        "compile_count": len(commands) - counts["link_hit"] - counts["link_miss"],
        "hit_count": counts["hit"],
        "miss_count": counts["miss"],
        "non_cacheable_count": counts["non_cacheable"],
        "error_count": counts["error"],
        "link_hit_count": counts["link_hit"],
        "link_miss_count": counts["link_miss"],
        "hit_rate": round(whole.hit_rate, 4),
        "total_latency_ms": _ms(whole.total_ns),
        "by_tool_calls": {group.name: group.calls for group in tools},
        "by_tool_total_ms": {group.name: _ms(group.total_ns) for group in tools},
        "by_tool": [_plain_group(group) for group in tools],
        "by_extension": [_plain_group(group) for group in extensions],
        "by_directory": [
            _plain_group(group) for group in analysis.grouped(commands, analysis.folder_of, sort)[:top]
        ],
        "top_slowest": [
            {"what": analysis.what_of(told), "outcome": told.outcome, "latency_ms": _ms(told.latency_ns)}
            for told in analysis.slowest(commands, top)
        ],
        "top_missed": [_plain_group(group) for group in analysis.most_missed(commands, top)],
        **analysis.reasons(commands),
    }


def _plain_group(group: Group) -> dict[str, object]:
    numbers = {name: getattr(group, name) for name in _FIELDS}
    return {
        "name": group.name,
        **numbers,
        "hit_rate": round(group.hit_rate, 4),
        "total_ms": _ms(group.total_ns),
    }


def _ms(nanoseconds: int) -> float:
    return round(nanoseconds / 1e6, 3)


def _text(commands: list[Told], sort: str, top: int) -> list[str]:
    whole = Group("")
    for told in commands:
        whole.add(told)
    others = f"{whole.non_cacheable} non-cacheable, {whole.errors} errors"
    lines = [
        f"{whole.calls} commands: {whole.hits} hits, {whole.misses} misses, {others}",
        f"Hit rate {share(whole.hits, whole.hits + whole.misses)}, {span(whole.total_ns / 1e9)} in all",
    ]
    for title, name_of in (("By tool", analysis.tool_of), ("By folder", analysis.folder_of)):
        lines += ["", f"{title:30}   calls    hits  misses  hit rate      time"]
        lines += [_row(group) for group in analysis.grouped(commands, name_of, sort)[:top]]
    lines += ["", "Slowest"]
    for told in analysis.slowest(commands, top):
        lines.append(f"  {span(told.latency_ns / 1e9):>9}  {told.outcome:9} {analysis.what_of(told)}")
    missed = analysis.most_missed(commands, top)
    if missed:
        lines += ["", "Missed most often", *(f"  {group.misses:>9}  {group.name}" for group in missed)]
    for title, counts in analysis.reasons(commands).items():
        if counts:
            lines += ["", title.replace("_", " ").capitalize()]
            lines += [f"  {number:>9}  {word}" for word, number in counts.items()]
    return lines


def _row(group: Group) -> str:
    rate = share(group.hits, group.hits + group.misses)
    numbers = f"{group.calls:>8}{group.hits:>8}{group.misses:>8}{rate:>10}{span(group.total_ns / 1e9):>10}"
    return f"  {group.name:28} {numbers}"
