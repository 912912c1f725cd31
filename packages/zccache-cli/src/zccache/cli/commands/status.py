"""`zccache status`: how the cache stands, whether its daemon runs or not."""

import json
import time

from zccache.cli import standing
from zccache.cli.control import Daemon, NoDaemon, Told, control, find_daemon
from zccache.cli.options import Options
from zccache.cli.place import Place
from zccache.common.version import VERSION

USAGE = """Show hits, misses, time saved, what was not cached and why, and what the cache holds.

Usage:
  zccache status [--json] [--zero] [--endpoint E]

Options:
  --json        print one JSON object
  --zero        set all counts to zero; with --json, print them as they were
  --endpoint E  where the daemon listens: unix:PATH, an absolute path or tcp://127.0.0.1:PORT
"""


def run(options: Options) -> int:
    """Print how the cache stands, or set its counts to zero; never starts a daemon."""
    place = Place.of(options)
    daemon = find_daemon(place)
    told = control(place, daemon, "status")
    if options["--zero"]:
        control(place, daemon, "zero")
    if options["--json"]:
        print(json.dumps(_plain(place, daemon, told), indent=2))
    elif options["--zero"]:
        print("Statistics zeroed.")
    else:
        print("\n".join(standing.lines(place, daemon, told, now_ns=time.time_ns())))
    return 0


def _plain(place: Place, daemon: Daemon | NoDaemon, told: Told) -> dict[str, object]:
    is_running = isinstance(daemon, Daemon)
    return {
        "version": VERSION,
        "running": is_running,
        "daemon": {
            "pid": daemon.pid,
            "version": daemon.version,
            "uptime_s": round((time.time_ns() - daemon.started_ns) / 1e9, 3),
        }
        if isinstance(daemon, Daemon)
        else None,
        "endpoint": str(place.endpoint),
        "cache_dir": daemon.root if isinstance(daemon, Daemon) else place.root.path,
        "cache_dir_source": place.root.source,
        **told.snapshot.to_json(),
        "fence": told.fence,
        "problems": [*map(str, place.loaded.problems), *filter(None, [place.root_trouble])],
    }
