"""`zccache session-end`: the session is over, and its files are complete."""

import json
import sys
import time

from zccache.cli.options import Options
from zccache.cli.place import Place
from zccache.cli.session_words import NoSession, ask_for, lines, plain

USAGE = """End a session, and show what it has seen if it was begun with --stats.

A session that has ended already, or that the cache does not know, is no error.
Text goes to stderr, JSON to stdout.

Usage:
  zccache session-end ID [--json] [--endpoint E]

Options:
  --json        print one JSON object
  --endpoint E  where the daemon listens: unix:PATH, an absolute path or tcp://127.0.0.1:PORT
"""


_UNKNOWN = {"status": "unknown"}


def run(options: Options) -> int:
    """End a session; its journal and its log get nothing more."""
    named = str(options["ID"])
    try:
        seen = ask_for(named, "session_end", Place.of(options))
    except NoSession as error:
        print(f"session-end failed: {error}", file=sys.stderr)
        return 1
    if options["--json"]:
        told = (
            plain(seen, is_active=False, now_ns=time.time_ns()) if seen else _UNKNOWN | {"session_id": named}
        )
        print(json.dumps(told))
    elif seen is not None and seen.wants_stats:
        print("\n".join(lines(seen, is_active=False, now_ns=time.time_ns())), file=sys.stderr)
    return 0
