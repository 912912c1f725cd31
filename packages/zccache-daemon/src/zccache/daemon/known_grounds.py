"""Knows what was found out for all requests of one program in one place, while the fence tells that it holds.

It must never learn what a request is for.
"""

import contextlib
import threading
import time
from collections import OrderedDict
from typing import Final

from zccache.common.errors import ZccacheError
from zccache.common.grounds import find_ground
from zccache.common.request import Ground, Request
from zccache.common.rooms import Rooms
from zccache.common.values import dataclass
from zccache.common.wire.messages import Begin
from zccache.daemon.fence import Fence
from zccache.daemon.incoming import Environment, request_of
from zccache.daemon.watched import Proof, Uncovered

_MOST: Final = 256
_TRIED_AGAIN_AFTER_S: Final = 1.0

_Place = tuple[bytes, bytes, bytes]
"""The program's word, the folder, the environment."""


@dataclass(frozen=True, slots=True)
class _Proven:
    ground: Ground
    proof: Proof


@dataclass(frozen=True, slots=True)
class _Unproven:
    """There was no proof: it is not looked for again before that time."""

    until_s: float


class KnownGrounds:
    """The grounds of the places that requests came from lately; safe from any thread."""

    def __init__(self, rooms: Rooms, fence: Fence | None) -> None:
        """Start with none; without a fence there will be none."""
        self._rooms = rooms
        self._fence = fence
        self._places: OrderedDict[_Place, _Proven | _Unproven] = OrderedDict()
        self._lock = threading.Lock()

    def request_of(self, asked: Begin, environment: Environment) -> Request:
        """Return what a front asks for, with the ground that it stands on if that is known still."""
        place = _place_of(asked, environment)
        with self._lock:
            found = self._places.get(place)
            if isinstance(found, _Proven):
                self._places.move_to_end(place)
        if not isinstance(found, _Proven) or self._fence is None:
            return request_of(asked)
        if self._fence.holds(found.proof):
            return request_of(asked, found.ground)
        with self._lock:
            if self._places.get(place) is found:
                del self._places[place]
        return request_of(asked)

    def learn(self, asked: Begin, environment: Environment, request: Request) -> None:
        """Find out and prove what later requests from the same place can begin with, if that is not known."""
        place = _place_of(asked, environment)
        known = self._places.get(place)
        if self._fence is None or isinstance(known, _Proven):
            return
        if known is not None and known.until_s > time.monotonic():
            return
        found = self._find(request, self._fence)
        with self._lock:
            self._places[place] = found
            while len(self._places) > _MOST:
                self._places.popitem(last=False)

    def _find(self, request: Request, fence: Fence) -> _Proven | _Unproven:
        with contextlib.suppress(Uncovered, ZccacheError, OSError):
            ground = find_ground(request, self._rooms)
            if ground is not None:
                return _Proven(ground, fence.prove(ground.facts))
        return _Unproven(time.monotonic() + _TRIED_AGAIN_AFTER_S)


def _place_of(asked: Begin, environment: Environment) -> _Place:
    return asked.argv_block.partition(b"\0")[0], asked.cwd, environment.kept
