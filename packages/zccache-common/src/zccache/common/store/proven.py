"""Knows which blobs were seen to hold what their names say: by signature, small ones by their bytes.

Both memories are bounded. A small blob is delivered from memory: opening, checking and
reading its file would cost as much again as writing it.
"""

import threading
from collections import OrderedDict
from typing import Final

from zccache.common.digests import Digest, Signature

SMALL_BYTES: Final = 1 << 16
"""Blobs up to this size are held in memory once they are proven."""

_HELD_BYTES: Final = 1 << 24
_SIGNATURES: Final = 1 << 15


class SignatureMemo:
    """What a process knows of blobs and of the devices they lie on; safe to share between threads."""

    def __init__(self, *, held_bytes: int = _HELD_BYTES) -> None:
        """held_bytes bounds the small blobs in memory, which leave least recently used first."""
        self.unable_to_clone: set[tuple[int, int]] = set()
        self._room = held_bytes
        self._held: OrderedDict[Digest, bytes] = OrderedDict()
        self._signatures: dict[Digest, Signature] = {}
        self._lock = threading.Lock()

    def bytes_of(self, digest: Digest) -> bytes | None:
        """Return a small blob's bytes, when they are held."""
        with self._lock:
            data = self._held.get(digest)
            if data is not None:
                self._held.move_to_end(digest)
        return data

    def hold(self, digest: Digest, data: bytes) -> None:
        """Keep a small blob's bytes, which have this digest."""
        with self._lock:
            if digest in self._held:
                return
            self._held[digest] = data
            self._room -= len(data)
            while self._room < 0:
                self._room += len(self._held.popitem(last=False)[1])

    def is_proven(self, digest: Digest, signature: Signature) -> bool:
        """Tell whether the file with this signature was seen to have the digest."""
        return self._signatures.get(digest) == signature

    def prove(self, digest: Digest, signature: Signature) -> None:
        """Remember that the file with this signature has the digest."""
        if len(self._signatures) >= _SIGNATURES:
            self._signatures.clear()
        self._signatures[digest] = signature

    def clear(self) -> None:
        """Forget every blob."""
        with self._lock:
            self._room += sum(map(len, self._held.values()))
            self._held.clear()
            self._signatures.clear()
