"""What a session has seen, as JSON and in lines for people."""

from collections.abc import Mapping
from typing import NamedTuple

from zccache.cli.amounts import span
from zccache.cli.control import find_daemon, question
from zccache.cli.place import Place
from zccache.common import stats
from zccache.common.sessions import session_id


class NoSession(Exception):
    """There is no session that could be told of; the text says why."""


class Seen(NamedTuple):
    """A session as the cache tells of it."""

    id: str
    started_ns: int
    cwd: str
    log: str
    journal: str
    wants_stats: bool
    counts: Mapping[str, int]

    def count(self, name: str) -> int:
        """Return one count."""
        return self.counts.get(name, 0)

    def by_word(self, name: str) -> dict[str, int]:
        """Return the counts of a counter by word."""
        stem = f"{name}."
        return {key.removeprefix(stem): value for key, value in self.counts.items() if key.startswith(stem)}


def ask_for(text: str, command: str, place: Place) -> Seen | None:
    """Have a session told of, or ended (the command); None where there is none.

    Raises NoSession for what is no id.
    """
    named = session_id(text)
    if named is None:
        raise NoSession(f"invalid session ID: {text}")
    return seen_in(question(place, find_daemon(place), {"command": command, "id": named}))


def seen_in(answer: Mapping[str, object]) -> Seen | None:
    """Return the session in an answer."""
    told = answer.get("session")
    if not isinstance(told, dict):
        return None
    counts = told.get("counts")
    return Seen(
        id=str(told.get("id", "")),
        started_ns=int(str(told.get("started_ns", 0))),
        cwd=str(told.get("cwd", "")),
        log=str(told.get("log", "")),
        journal=str(told.get("journal", "")),
        wants_stats=told.get("stats") is True,
        counts={str(name): int(value) for name, value in counts.items()} if isinstance(counts, dict) else {},
    )


def plain(seen: Seen, *, is_active: bool, now_ns: int) -> dict[str, object]:
    """Return what a session has seen in values that JSON can hold."""
    hits, misses, passed = (seen.count(name) for name in (stats.HITS, stats.MISSES, stats.PASSED))
    errors = seen.count(stats.ERRORS)
    return {
        "status": "ok",
        "session_id": seen.id,
        "active": is_active,
        "started_at": seen.started_ns // 1_000_000_000,
        "duration_ms": max(0, now_ns - seen.started_ns) // 1_000_000,
        "cwd": seen.cwd,
        "log_path": seen.log or None,
        "journal_path": seen.journal or None,
        "stats_enabled": seen.wants_stats,
        "compilations": hits + misses + passed + errors,
        "hits": hits,
        "equivalent_hits": seen.count(stats.EQUIVALENT),
        "misses": misses,
        "non_cacheable": passed,
        "errors": errors,
        "hit_rate": round(hits / (hits + misses), 4) if hits + misses else 0.0,
        "time_saved_ms": seen.count(stats.TIME_SAVED_NS) // 1_000_000,
        "miss_reasons": seen.by_word(stats.MISSES),
        "non_cacheable_reasons": seen.by_word(stats.PASSED),
        "not_recorded_reasons": seen.by_word(stats.NOT_RECORDED),
    }


def lines(seen: Seen, *, is_active: bool, now_ns: int) -> list[str]:
    """Return what a session has seen, for people."""
    hits, misses, passed = (seen.count(name) for name in (stats.HITS, stats.MISSES, stats.PASSED))
    lasted = span(max(0, now_ns - seen.started_ns) / 1e9)
    total = hits + misses + passed + seen.count(stats.ERRORS)
    rate = f"{100 * hits / (hits + misses):.1f}%" if hits + misses else "n/a"
    found = [
        f"Session {seen.id} {f'(active, {lasted})' if is_active else f'complete ({lasted})'}",
        f"  {total} compilations: {hits} hits, {misses} misses, {passed} non-cacheable",
        f"  Hit rate: {rate}",
    ]
    if equivalent := seen.count(stats.EQUIVALENT):
        found.append(f"  From other checkouts: {equivalent} of the hits")
    if errors := seen.count(stats.ERRORS):
        found.append(f"  Errors: {errors}")
    if saved_ns := seen.count(stats.TIME_SAVED_NS):
        found.append(f"  Time saved: ~{span(saved_ns / 1e9)}")
    return found
