"""`zccache start`: a daemon answers when this is done."""

from zccache.cli.options import Options
from zccache.cli.place import Place
from zccache.common.spawn import start_daemon

USAGE = """Start the daemon, or find that it runs.

Usage:
  zccache start [--endpoint E]

Options:
  --endpoint E  where it listens: unix:PATH, an absolute path or tcp://127.0.0.1:PORT
"""


def run(options: Options) -> int:
    """Start a daemon where none answers; one that failed a moment ago is tried again."""
    place = Place.of(options).refuse_bad_settings()
    is_new = start_daemon(place.env, place.cwd, insist=True)
    print(f"daemon {'started' if is_new else 'already running'} at {place.endpoint}")
    return 0
