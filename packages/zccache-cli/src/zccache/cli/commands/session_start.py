"""`zccache session-start`: from now on, what one build does is counted and written down apart."""

import json
import os
import sys

from zccache.cli.control import find_daemon, question
from zccache.cli.options import USAGE_STATUS, Options
from zccache.cli.place import Place
from zccache.cli.session_words import seen_in
from zccache.common.errors import ZccacheError
from zccache.common.spawn import start_daemon

USAGE = """Begin a session: commands with its id in ZCCACHE_SESSION_ID are counted and written down apart.

It prints a line for the shell, as for eval "$(zccache session-start --stats)". Asked for a journal
or for JSON it prints one JSON object instead.

Usage:
  zccache session-start [--stats] [--log F] [--journal F] [--cwd D] [--format FORM] [--endpoint E]

Options:
  --stats        have session-stats and session-end tell hits, misses and time saved
  --log F        add a line for each command to this file: hit or miss, and why
  --journal F    write the journal of these commands alone to this file, which must end in .jsonl
  --cwd D        the folder of the build, if it is not the current one
  --format FORM  json or sh
  --endpoint E   where the daemon listens: unix:PATH, an absolute path or tcp://127.0.0.1:PORT
"""

_FORMATS = {None, "json", "sh"}


def run(options: Options) -> int:
    """Begin a session and print its id."""
    journal, form = _text(options["--journal"]), options["--format"]
    if form not in _FORMATS:
        print(f"zccache: session-start: --format is json or sh, not '{form}'", file=sys.stderr)
        return USAGE_STATUS
    if journal and not journal.endswith(".jsonl"):
        print("error: --journal path must end in .jsonl", file=sys.stderr)
        return 1
    place = Place.of(options).refuse_bad_settings()
    log, journal = (
        os.path.join(place.cwd, name) if name else "" for name in (_text(options["--log"]), journal)
    )
    try:
        _begin_file(log, os.O_APPEND)
        _begin_file(journal, os.O_TRUNC)
    except OSError as error:
        print(f"zccache: session-start: cannot write {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    _have_a_daemon(place)
    asked = {
        "command": "session_start",
        "cwd": os.path.join(place.cwd, _text(options["--cwd"])).rstrip("/") or "/",
        "log": log,
        "journal": journal,
        "stats": bool(options["--stats"]),
    }
    seen = seen_in(question(place, find_daemon(place), asked))
    if seen is None:
        print(
            "zccache: session-start: the daemon knows no sessions; zccache stop, then again", file=sys.stderr
        )
        return 1
    if form == "json" or (form is None and journal):
        told: dict[str, object] = {"session_id": seen.id, "started_at": seen.started_ns // 1_000_000_000}
        told |= {name: path for name, path in (("journal_path", journal), ("log_path", log)) if path}
        print(json.dumps(told, separators=(",", ":")))
    else:
        print(f"export ZCCACHE_SESSION_ID={seen.id}")
    return 0


def _text(option: object) -> str:
    return option if isinstance(option, str) else ""


def _begin_file(path: str, flag: int) -> None:
    """Make a file of the session, as the user would: his is the umask."""
    if path:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK | flag, 0o666))


def _have_a_daemon(place: Place) -> None:
    """Start a daemon; a session needs none, so it is no trouble where none can be had."""
    if place.loaded.settings.no_spawn:
        return
    try:
        start_daemon(place.env, place.cwd, insist=True)
    except ZccacheError as error:
        print(f"zccache: session-start: {error}", file=sys.stderr)
