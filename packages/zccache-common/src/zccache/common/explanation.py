"""Knows why a command was not served: finds what is known of its last miss, and the nearest stored entry."""

import os
from collections.abc import Callable, Iterable

from zccache.common.causes import Cause, Kind, appeared_cause, input_causes, is_place, part_causes
from zccache.common.index.commands import Command, Miss
from zccache.common.index.database import Index
from zccache.common.index.entries import Record
from zccache.common.keys import Key, Parts
from zccache.common.miss_reasons import MissReason
from zccache.common.reasons import Reason
from zccache.common.values import dataclass

_NEIGHBOURS = 64
_MEANINGS = {reason.word: reason.meaning for reason in Reason}
_MISS_MEANINGS = {reason.word: reason.meaning for reason in MissReason}


@dataclass(frozen=True, slots=True)
class Explanation:
    """A miss and what made it one, the weightiest first; nearest is the stored command beside it."""

    miss: Miss
    causes: tuple[Cause, ...]
    nearest: Command | None = None


def last_miss(index: Index, is_meant: Callable[[Miss], bool]) -> Miss | None:
    """Return the newest miss that is meant, of those that are still known."""
    return next(filter(is_meant, index.misses()), None)


def explain(miss: Miss, index: Index) -> Explanation:
    """Return why a command was not served; raise IndexUnavailable."""
    refusal = _refusal(miss)
    if not miss.context:
        return Explanation(miss, tuple(refusal))
    own = index.command(miss.context)
    if miss.why == MissReason.INPUT_MISMATCH.word:
        causes, nearest = _other_inputs(miss, own, index), own
    elif miss.why == MissReason.CONTEXT_NOT_FOUND.word:
        causes, nearest = _other_command(miss, own, index)
    else:
        causes, nearest = [Cause(Kind.UNSERVED, miss.path, _MISS_MEANINGS.get(miss.why, miss.why))], own
    return Explanation(miss, (*causes, *refusal), nearest)


def _refusal(miss: Miss) -> list[Cause]:
    if not miss.refused:
        return []
    meaning = _MEANINGS.get(miss.refused, miss.refused)
    about = f" ({miss.detail})" if miss.detail else ""
    if miss.context:
        return [Cause(Kind.NOT_KEPT, miss.refused, f"its result was not kept: {meaning}{about}")]
    return [Cause(Kind.REFUSED, miss.refused, f"it is not cached: {meaning}{about}")]


def _other_inputs(miss: Miss, own: Command | None, index: Index) -> list[Cause]:
    records = list(index.records(miss.context))
    if not records:
        text = f"{miss.path} had changed; what was stored then has been removed since"
        return [Cause(Kind.INPUT_CHANGED, miss.path, text)]
    newest, *older = records
    source = own.source if own is not None else ""
    if miss.refused or not older:
        # What this run read was not kept: the first difference that was seen is all that is known.
        return [_first_seen(miss.path, newest, source)]
    return min((input_causes(newest, record, source) for record in older), key=len) or [
        _first_seen(miss.path, newest, source)
    ]


def _first_seen(path: str, record: Record, source: str) -> Cause:
    if is_place(path, record):
        return appeared_cause(path)
    if not os.path.lexists(path):
        return Cause(Kind.GONE, path, f"{path} was read before, and is gone")
    kind = Kind.SOURCE_CHANGED if path == source else Kind.INPUT_CHANGED
    return Cause(kind, path, f"{path} has changed")


def _other_command(miss: Miss, own: Command | None, index: Index) -> tuple[list[Cause], Command | None]:
    if own is None:
        return [Cause(Kind.FIRST, "", _MISS_MEANINGS[miss.why])], None
    if 0 < own.stored_ns < miss.at_ns:
        text = "this very command was stored once; its result was removed since, to make room or by a command"
        return [Cause(Kind.REMOVED, "", text)], own
    others = (found for found in index.commands_like(own.source, _NEIGHBOURS) if found.stored_ns < miss.at_ns)
    nearest = _nearest(own.parts, others)
    if nearest is None:
        return [Cause(Kind.FIRST, own.source, f"nothing was stored for {own.source} before")], None
    return part_causes(own.parts, nearest.parts), nearest


def _nearest(parts: Parts, others: Iterable[Command]) -> Command | None:
    """Return the command with the fewest differences, of several the one stored last."""
    return min(
        others, key=lambda other: (len(part_causes(parts, other.parts)), -other.stored_ns), default=None
    )


def contexts_of(text: str, index: Index, limit: int = 2) -> list[Key]:
    """Return the contexts that the first digits of a key mean: of a command's, or of a result's."""
    digits = text.lower()
    if not digits or len(digits) > 64 or set(digits) - set("0123456789abcdef"):
        return []
    start, end = bytes.fromhex(digits.ljust(64, "0")), bytes.fromhex(digits.ljust(64, "f"))
    return index.contexts_from(start, end, limit)
