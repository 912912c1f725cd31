"""`zccache stop`: no daemon runs when this is done."""

import time

from zccache.cli.control import ANSWER_WITHIN_S
from zccache.cli.options import Options
from zccache.cli.place import Place
from zccache.common.errors import DaemonSilent, DaemonUnreachable
from zccache.common.layout import Layout
from zccache.common.locks import is_held, process_start
from zccache.common.wire.control import ask
from zccache.common.wire.endpoint import Endpoint

USAGE = """Stop the daemon once the compiles that it answers just now are done.

Usage:
  zccache (stop | kill) [--endpoint E]

Options:
  --endpoint E  where it listens: unix:PATH, an absolute path or tcp://127.0.0.1:PORT
"""

_GONE_WITHIN_S = 30.0
_BREATH_S = 2.0
_POLL_S = 0.01


def run(options: Options) -> int:
    """Ask the daemon to end, and wait until its process has."""
    endpoint = Place.of(options).endpoint
    try:
        told = ask(endpoint, {"command": "stop"}, timeout_s=ANSWER_WITHIN_S)
    except DaemonSilent:
        raise
    except DaemonUnreachable:
        print(f"daemon not running at {endpoint}")
        return 0
    pid, root = told.get("pid"), told.get("root")
    if isinstance(pid, int) and isinstance(root, str):
        _wait_for(pid, Layout(root).daemon_lock, endpoint)
    print(f"daemon stopped at {endpoint}")
    return 0


def _wait_for(pid: int, lock: str, endpoint: Endpoint) -> None:
    started = process_start(pid)
    deadline = time.monotonic() + _GONE_WITHIN_S
    unlocked_s = 0.0
    while started and process_start(pid) == started:
        if not is_held(lock):
            # It ends with its last breath; a pid that stays is, in a namespace of its own, another process.
            unlocked_s = unlocked_s or time.monotonic()
            if time.monotonic() > unlocked_s + _BREATH_S:
                return
        if time.monotonic() > deadline:
            why = f"asked to stop, but its process {pid} is still there after {_GONE_WITHIN_S:.0f} s"
            raise DaemonUnreachable(str(endpoint), why)
        time.sleep(_POLL_S)
