"""`zccache clear`: everything that is cached is gone, through the daemon or without one."""

from zccache.cli.amounts import count, size
from zccache.cli.control import control, find_daemon
from zccache.cli.options import Options
from zccache.cli.place import Place

USAGE = """Remove everything that is cached, and set the counts to zero. Outputs that were delivered stay.

Usage:
  zccache clear [--endpoint E]

Options:
  --endpoint E  where the daemon listens: unix:PATH, an absolute path or tcp://127.0.0.1:PORT
"""


def run(options: Options) -> int:
    """Empty the cache and say what was in it."""
    place = Place.of(options).refuse_bad_settings()
    before = control(place, find_daemon(place), "clear").snapshot
    held = (
        f"{count(before.entries, 'result')}, {count(before.artifacts, 'artifact')}, {size(before.size_bytes)}"
    )
    print(f"Cache cleared: {held}.")
    return 0
