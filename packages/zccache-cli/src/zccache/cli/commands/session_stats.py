"""`zccache session-stats`: what a session has seen until now."""

import json
import sys
import time

from zccache.cli.options import Options
from zccache.cli.place import Place
from zccache.cli.session_words import NoSession, ask_for, lines, plain

USAGE = """Show what a session has seen until now: hits, misses, time saved.

Text goes to stderr, JSON to stdout.

Usage:
  zccache session-stats ID [--json] [--endpoint E]

Options:
  --json        print one JSON object
  --endpoint E  where the daemon listens: unix:PATH, an absolute path or tcp://127.0.0.1:PORT
"""


def run(options: Options) -> int:
    """Print what a session has seen; a session that there is not is an error here."""
    named = str(options["ID"])
    try:
        seen = ask_for(named, "session_stats", Place.of(options))
        if seen is None:
            raise NoSession(f"unknown session: {named}")
    except NoSession as error:
        print(f"session-stats failed: {error}", file=sys.stderr)
        return 1
    if options["--json"]:
        print(json.dumps(plain(seen, is_active=True, now_ns=time.time_ns())))
    elif seen.wants_stats:
        print("\n".join(lines(seen, is_active=True, now_ns=time.time_ns())), file=sys.stderr)
    else:
        print(f"Session {seen.id}: stats tracking not enabled", file=sys.stderr)
    return 0
