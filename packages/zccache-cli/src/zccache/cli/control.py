"""Questions about a whole cache, put to its daemon, or answered here where none runs."""

import os
from collections.abc import Mapping
from typing import NamedTuple

from zccache.cli.place import Place
from zccache.common.errors import DaemonSilent, DaemonUnreachable
from zccache.common.stats import Snapshot
from zccache.common.values import dataclass
from zccache.common.wire.control import ask

# A daemon at work says so several times a second.
ANSWER_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Daemon:
    """A daemon that answers, as it describes itself; started_ns is since the epoch."""

    pid: int
    version: str
    endpoint: str
    root: str
    started_ns: int


@dataclass(frozen=True, slots=True)
class NoDaemon:
    """Nobody answers, and why; is_silent: somebody is there."""

    why: str
    is_silent: bool = False


class Told(NamedTuple):
    """What an answer told: how the cache stands, and what a daemon says of watching its files."""

    snapshot: Snapshot
    fence: Mapping[str, object]


def find_daemon(place: Place) -> Daemon | NoDaemon:
    """Return who answers at the place's endpoint; it is never started."""
    try:
        facts = ask(place.endpoint, {"command": "ping"}, timeout_s=ANSWER_WITHIN_S)
    except DaemonUnreachable as error:
        return NoDaemon(error.why, isinstance(error, DaemonSilent))
    return Daemon(
        pid=int(str(facts.get("pid", 0))),
        version=str(facts.get("version", "")),
        endpoint=str(place.endpoint),
        root=str(facts.get("root", place.root.path)),
        started_ns=int(str(facts.get("started_ns", 0))),
    )


def control(place: Place, daemon: Daemon | NoDaemon, command: str, **more: float) -> Told:
    """Have a command carried out and return what its answer told (nothing where it has none).

    Without a daemon the index is opened here, if there is one.
    """
    answer: Mapping[str, object] = {}
    if isinstance(daemon, Daemon) or os.path.exists(place.layout.index):
        answer = question(place, daemon, {"command": command, **more})
    snapshot, fence = answer.get("snapshot"), answer.get("fence")
    return Told(
        Snapshot.from_json(
            snapshot if isinstance(snapshot, dict) else {"limit_bytes": place.loaded.settings.max_size_bytes}
        ),
        fence if isinstance(fence, dict) else {},
    )


def question(place: Place, daemon: Daemon | NoDaemon, request: Mapping[str, object]) -> Mapping[str, object]:
    """Return the answer to a question; without a daemon it is answered here, in a root made for that."""
    if isinstance(daemon, Daemon):
        return ask(place.endpoint, request, timeout_s=ANSWER_WITHIN_S)
    return _answer_here(place, request)


def _answer_here(place: Place, request: Mapping[str, object]) -> Mapping[str, object]:
    from zccache.common.housekeeping import answer_control
    from zccache.common.rooms import open_rooms

    rooms = open_rooms(place.layout)
    try:
        return answer_control(request, rooms, place.loaded.settings)
    finally:
        rooms.index.close()
