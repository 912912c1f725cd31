"""Knows which rooms one walk needs, and opens them on a cache root."""

import errno
import itertools
import os
from collections.abc import Callable, Iterator

from zccache.common.digests import Digest, digest_bytes
from zccache.common.freshness import FileDigests
from zccache.common.header_search import HeaderSearch
from zccache.common.includes.scanner import Scan, scan
from zccache.common.index.database import Index
from zccache.common.layout import Layout
from zccache.common.listings import Listings
from zccache.common.niceness import Niceness
from zccache.common.store.artifacts import Artifacts
from zccache.common.store.proven import SignatureMemo
from zccache.common.toolchains.identifying import Toolchains
from zccache.common.values import dataclass, field
from zccache.common.witness import Nobody, Witness

_SCANS = 20_000


@dataclass(frozen=True, slots=True)
class Rooms:
    """What begin and finish work with."""

    layout: Layout
    index: Index
    artifacts: Artifacts
    blobs: SignatureMemo
    digests: FileDigests
    toolchains: Toolchains
    header_search: HeaderSearch
    listings: Listings
    scan_of: Callable[[str, Digest], Scan]
    witness: Witness = field(default_factory=Nobody)
    niceness: Niceness = field(default_factory=Niceness)
    serial: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def next_name(self) -> str:
        """Return a name that no other walk on this root uses."""
        return f"{os.getpid()}-{next(self.serial)}"


class Scans:
    """What the scanner finds in files, remembered by content."""

    def __init__(self) -> None:
        """Start with nothing remembered."""
        self._known: dict[Digest, Scan] = {}

    def scan_of(self, path: str, digest: Digest) -> Scan:
        """Return the scan of a file whose content has this digest; raise OSError when it has it no more."""
        found = self._known.get(digest)
        if found is None:
            with open(path, "rb") as file:
                data = file.read()
            if digest_bytes(data) != digest:
                raise FileNotFoundError(errno.ENOENT, "the bytes that were hashed are gone", path)
            found = scan(data)
            if len(self._known) >= _SCANS:
                self._known.clear()
            self._known[digest] = found
        return found


def open_rooms(layout: Layout, witness: Witness | None = None, niceness: Niceness | None = None) -> Rooms:
    """Make the root's folders and open the index; raise RootUnusable or IndexUnavailable."""
    layout.create()
    index = Index.open(layout)
    digests = FileDigests()
    return Rooms(
        layout=layout,
        index=index,
        artifacts=Artifacts(layout),
        blobs=SignatureMemo(),
        digests=digests,
        toolchains=Toolchains(digests, index),
        header_search=HeaderSearch(index),
        listings=Listings(),
        scan_of=Scans().scan_of,
        witness=witness or Nobody(),
        niceness=niceness or Niceness(),
    )
