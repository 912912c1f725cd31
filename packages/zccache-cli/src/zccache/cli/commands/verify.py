"""`zccache verify`: whether every byte of the cache is what it should be."""

import os
from collections import Counter

from zccache.cli.amounts import count, size
from zccache.cli.control import Daemon, find_daemon
from zccache.cli.options import Options
from zccache.cli.place import Place
from zccache.common.inspection import inspect
from zccache.common.layout import Layout

USAGE = """Read the whole cache and check it: the index, every result, every artifact.

It ends with 0 when all is well, and with 1 when something was wrong, repaired or not. Compiles may go on.

Usage:
  zccache verify [--repair] [--endpoint E]

Options:
  --repair      take out what is wrong: what is damaged is set aside, what misses a part is removed
  --endpoint E  where the daemon listens: unix:PATH or an absolute path
"""

_SHOWN = 20


def run(options: Options) -> int:
    """Check, tell what is wrong, and return whether something is."""
    place = Place.of(options).refuse_bad_settings()
    daemon = find_daemon(place)
    root = daemon.root if isinstance(daemon, Daemon) else place.root.path
    layout = Layout(root)
    if not os.path.exists(layout.artifacts):
        print(f"Nothing is cached in {root}.")
        return 0
    repair = bool(options["--repair"])
    found = inspect(layout, repair=repair)
    for problem in found.problems[:_SHOWN]:
        print(f"{problem.kind.value}: {problem.where}")
    if len(found.problems) > _SHOWN:
        print(f"... and {len(found.problems) - _SHOWN} more")
    what = f"{count(found.entries, 'result')}, {count(found.records, 'record')}"
    print(f"Checked {what}, {count(found.artifacts, 'artifact')}, {size(found.bytes)}.")
    if found.litter:
        gone = "removed" if repair else "they go with the next trim, or with --repair"
        print(f"{count(found.litter, 'file')} that no result needs: {gone}.")
    if not found.problems:
        print("Everything is as it should be.")
        return 0
    kinds = Counter(problem.kind for problem in found.problems)
    for kind, number in kinds.most_common():
        print(f"{number:>6}  {kind.value}")
    print(
        "Repaired."
        if repair
        else "Run `zccache verify --repair` to take it out; compiles then store it anew."
    )
    return 1
