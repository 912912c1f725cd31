"""`zccache why`: what made a command miss, in words."""

import json
import os
import sys
import time
from collections.abc import Callable

from zccache.cli.amounts import span
from zccache.cli.found_index import found_index
from zccache.cli.journal_lines import HANDED_ON
from zccache.cli.options import Options
from zccache.cli.place import Place
from zccache.common.explanation import Explanation, contexts_of, explain, last_miss
from zccache.common.index.commands import Miss
from zccache.common.index.database import Index

USAGE = """Tell why a command was not in the cache: in what it differs from the nearest stored one.

Of a file it is the last command that named it, as a source or as an output. A key is that of a
command or of a result, as the journal and `zccache inspect` show it; its first digits will do.

Usage:
  zccache why [--json] (--last | FILE_OR_KEY) [--endpoint E]

Options:
  --last        of the last command that missed
  --json        print one JSON object
  --endpoint E  where the daemon listens: unix:PATH, an absolute path or tcp://127.0.0.1:PORT
"""


def run(options: Options) -> int:
    """Print why something missed; 1 where nothing is known of it."""
    place = Place.of(options)
    named = options["FILE_OR_KEY"]
    with found_index(place) as index:
        miss = None if index is None else last_miss(index, _meaning(named, place, index))
        if index is None or miss is None:
            what = "anything" if named is None else f"'{named}'"
            print(f"zccache why: no miss of {what} is known", file=sys.stderr)
            return 1
        explained = explain(miss, index)
    print(json.dumps(_plain(explained), indent=2) if options["--json"] else "\n".join(_lines(explained)))
    return 0


def _meaning(named: object, place: Place, index: Index) -> Callable[[Miss], bool]:
    """Return which misses are meant: all, those that named a file, or those of a key."""
    if not isinstance(named, str):
        return lambda _: True
    path = os.path.normpath(os.path.join(place.cwd, named))
    real = os.path.realpath(path)
    contexts = () if os.path.exists(path) else contexts_of(named, index)
    if len(contexts) == 1:
        return lambda miss: miss.context == contexts[0]
    return lambda miss: path in miss.names or real in miss.names


def _lines(explained: Explanation) -> list[str]:
    miss = explained.miss
    ago = span(max(0, time.time_ns() - miss.at_ns) / 1e9)
    # What one step of a command leaves for the next is known to nobody.
    names = [name for name in miss.names if HANDED_ON.match(name) is None]
    what = names[0] if names else "a command"
    head = f"{what} {'missed' if miss.context else 'was passed on'} {ago} ago:"
    found = [head, *(f"  {HANDED_ON.sub('', cause.text)}" for cause in explained.causes)]
    if not explained.causes:
        found.append("  nothing that is known of it differs from what is stored")
    if explained.nearest is not None:
        near = explained.nearest
        source = HANDED_ON.sub("", near.source)
        found.append(f"Compared with {source}, key {near.context.hex()[:16]}, in {near.parts.cwd}.")
    return found


def _plain(explained: Explanation) -> dict[str, object]:
    miss, near = explained.miss, explained.nearest
    return {
        "names": list(miss.names),
        "at_ns": miss.at_ns,
        "context_key": miss.context.hex() or None,
        "miss_reason": miss.why or None,
        "reason": miss.refused or None,
        "causes": [
            {"kind": cause.kind.value, "subject": cause.subject, "text": cause.text}
            for cause in explained.causes
        ],
        "nearest": None
        if near is None
        else {"context_key": near.context.hex(), "source": near.source, "cwd": near.parts.cwd},
    }
