"""How a cache stands, in lines for people."""

from collections.abc import Iterator

from zccache.cli.amounts import share, size, span
from zccache.cli.control import Daemon, NoDaemon, Told
from zccache.cli.place import Place
from zccache.common import stats
from zccache.common.miss_reasons import MissReason
from zccache.common.reasons import Reason
from zccache.common.stats import Snapshot
from zccache.common.version import VERSION

_LABEL = 22
_NUMBER = 8
_MEANINGS = {reason.word: reason.meaning for reason in Reason}
_MISS_MEANINGS = {reason.word: reason.meaning for reason in MissReason}
_COLD_MEANINGS = {
    "no_spawn": "ZCCACHE_NO_SPAWN is set",
    "no_answer": "the daemon did not answer in time",
    "closed": "the daemon went away while it was asked",
    "start_failed": "no daemon could be started; `zccache start` tells why",
    "start_failed_recently": "no daemon could be started a moment before",
    "bad_endpoint": "ZCCACHE_ENDPOINT is not an endpoint",
}
_DELIVERIES = {
    "clone": "they share their blocks with the cache",
    "copy": "copied from the cache",
    "link": "they are the files in the cache",
    "memory": "small, written from memory",
    "rewrite": "written into what was there, as the compiler does",
}
_REPAIRS = {
    stats.DAMAGED_BLOBS: "artifacts with wrong bytes, set aside",
    stats.MISSING_BLOBS: "artifacts that were gone",
    stats.INDEX_SET_ASIDE: "times that the index was damaged and begun anew",
}


def lines(place: Place, daemon: Daemon | NoDaemon, told: Told, *, now_ns: int) -> list[str]:
    """Return the lines of `zccache status`."""
    snapshot = told.snapshot
    return [
        *_head(place, daemon, now_ns),
        *_watching(told),
        "",
        *_compiles(snapshot),
        *_by_word("Passed on, not cached", snapshot, stats.PASSED, _MEANINGS),
        *_by_word("Compiled, not kept", snapshot, stats.NOT_RECORDED, _MEANINGS),
        *_by_word("Without the daemon", snapshot, stats.COLD, _MEANINGS | _COLD_MEANINGS),
        *_by_word("Errors", snapshot, stats.ERRORS, {}),
        *_by_word("Files delivered", snapshot, stats.DELIVERED, _DELIVERIES),
        *_repairs(snapshot),
        *_sessions(snapshot),
        "",
        *_holdings(snapshot),
        *_problems(place),
    ]


def _head(place: Place, daemon: Daemon | NoDaemon, now_ns: int) -> Iterator[str]:
    yield f"zccache {VERSION}"
    match daemon:
        case Daemon():
            up = span(max(0, now_ns - daemon.started_ns) / 1e9)
            facts = f"pid {daemon.pid}, version {daemon.version}, up {up}"
            yield f"  daemon  running at {daemon.endpoint}, {facts}"
            yield f"  cache   {daemon.root}"
        case NoDaemon(is_silent=True):
            yield f"  daemon  silent at {place.endpoint}; `zccache start` puts another in its place"
            yield f"  cache   {place.root.path}"
        case NoDaemon():
            yield f"  daemon  not running at {place.endpoint} ({daemon.why})"
            yield f"  cache   {place.root.path}"
    if place.root.source == "fallback:private":
        yield "          (the home folder is missing or cannot be written)"


def _watching(told: Told) -> Iterator[str]:
    if not told.fence:
        return
    if not told.fence.get("is_open"):
        yield "  inputs  checked one by one: this kernel has no events for us"
        return
    files, folders = told.fence.get("watched_files"), told.fence.get("watched_folders")
    yield f"  inputs  {files} files and {folders} folders watched by the kernel"
    refused = told.fence.get("uncovered_by")
    if isinstance(refused, dict) and refused:
        words = ", ".join(f"{word} {number}" for word, number in refused.items())
        yield f"          checked one by one where it cannot: {words}"


def _row(label: str, number: object, more: str = "") -> str:
    return f"{label:{_LABEL}} {number:>{_NUMBER}}  {more}".rstrip()


def _compiles(snapshot: Snapshot) -> Iterator[str]:
    hits, misses = snapshot.count(stats.HITS), snapshot.count(stats.MISSES)
    yield _row("Looked up", hits + misses)
    yield _row("  hits", hits, share(hits, hits + misses) if hits else "")
    yield _row("  misses", misses)
    for word, number in snapshot.by_word(stats.MISSES).items():
        yield _row(f"    {word}", number, _MISS_MEANINGS.get(word, ""))
    link_hits, link_misses = snapshot.count(stats.LINK_HITS), snapshot.count(stats.LINK_MISSES)
    if link_hits or link_misses:
        yield _row("  of these, links", link_hits + link_misses, f"archives among them; {link_hits} hits")
    if equivalent := snapshot.count(stats.EQUIVALENT):
        yield _row("  from a sibling", equivalent, "made in another checkout of the same sources")
    if coalesced := snapshot.count(stats.COALESCED):
        yield _row("  waited for another", coalesced, "the same compile was under way")
    if saved_ns := snapshot.count(stats.TIME_SAVED_NS):
        yield _row("  time saved", span(saved_ns / 1e9))


def _by_word(title: str, snapshot: Snapshot, name: str, meanings: dict[str, str]) -> Iterator[str]:
    if snapshot.count(name):
        yield _row(title, snapshot.count(name))
        for word, number in snapshot.by_word(name).items():
            yield _row(f"  {word}", number, meanings.get(word, ""))


def _repairs(snapshot: Snapshot) -> Iterator[str]:
    found = {name: snapshot.count(name) for name in _REPAIRS if snapshot.count(name)}
    if found:
        yield _row("Repaired", sum(found.values()))
        for name, number in found.items():
            yield _row(f"  {name}", number, _REPAIRS[name])


def _sessions(snapshot: Snapshot) -> Iterator[str]:
    if total := snapshot.count(stats.SESSIONS_TOTAL):
        yield _row("Sessions", total, f"{snapshot.sessions_active} active")


def _holdings(snapshot: Snapshot) -> Iterator[str]:
    yield _row("Results", snapshot.entries)
    yield _row("Artifacts", snapshot.artifacts)
    limit = snapshot.limit_bytes
    of_limit = f"of {size(limit)} ({share(snapshot.size_bytes, limit)})" if limit else "no limit"
    yield _row("Size", size(snapshot.size_bytes), of_limit)
    if evicted := snapshot.count(stats.EVICTED):
        yield _row("  removed for space", evicted, "least recently used first")


def _problems(place: Place) -> Iterator[str]:
    if place.loaded.problems:
        yield ""
        yield "Settings that are not used"
        for problem in place.loaded.problems:
            yield f"  {problem}"
    if place.root_trouble:
        yield ""
        yield "Nothing is cached"
        yield f"  {place.root_trouble}"
