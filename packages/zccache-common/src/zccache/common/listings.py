"""Knows what lies in folders, and reads one again only when its signature is another."""

import os
import threading
from collections.abc import Callable
from typing import Final

from zccache.common.digests import Signature, signature_of
from zccache.common.freshness import changed_ns, tick_ns
from zccache.common.includes.disk import list_folder

_MOST_NAMES: Final = 50_000
"""All listings together may hold this many names: some 5 MB."""


class Listings:
    """The names in folders, remembered while the signature of a folder proves them; safe between threads.

    A listing of a compile's dozen folders takes 0.5 ms, with a thousand system headers among
    them; their signatures take 20 us.
    """

    def __init__(
        self,
        most_names: int = _MOST_NAMES,
        look: Callable[[str], frozenset[str] | None] = list_folder,
    ) -> None:
        """Remember no more names than that in all."""
        self._look = look
        self._room = self._most_names = most_names
        self._known: dict[str, tuple[Signature, frozenset[str]]] = {}
        self._lock = threading.Lock()

    def names_in(self, folder: str) -> frozenset[str] | None:
        """Return the names in a folder; None: missing, closed to us, or blind to upper and lower case."""
        before_ns = tick_ns()
        try:
            signature = signature_of(os.stat(folder))
        except (OSError, ValueError):
            return self._look(folder)
        known = self._known.get(folder)
        if known is not None and known[0] == signature:
            return known[1]
        names = self._look(folder)
        if names is not None and changed_ns(signature) < before_ns:
            self._keep(folder, signature, names)
        return names

    def _keep(self, folder: str, signature: Signature, names: frozenset[str]) -> None:
        with self._lock:
            if folder in self._known:
                self._room += len(self._known.pop(folder)[1])
            if self._room < len(names):
                self._known.clear()
                self._room = self._most_names
            if self._room >= len(names):
                self._room -= len(names)
                self._known[folder] = signature, names
