"""Knows the places that a compile searched and found empty, as they are kept and asked again."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Self

from zccache.common.command.plan import Dialect
from zccache.common.digests import digest_bytes
from zccache.common.includes.candidates import below
from zccache.common.includes.compiled import Compile
from zccache.common.includes.disk import Disk
from zccache.common.includes.opaque import Opaque
from zccache.common.includes.place_bytes import decode_places, encode_places
from zccache.common.includes.scanner import Scan
from zccache.common.includes.search import SearchPath
from zccache.common.includes.survey import survey
from zccache.common.values import dataclass, replace

__all__ = ["Opaque", "Places", "find_places", "first_intruder", "guards", "listing_digest"]


@dataclass(frozen=True, slots=True)
class Places:
    """What must stay as it was for a compile to read the same files again.

    empty: guard folder (absolute, the deepest that exists) -> names below it at which no
    file may appear, no folder where the name ends with a slash, neither where it ends with
    .gch. existing: files whose existence was asked for, not their content. twins: pairs of
    paths that lead to one and the same file or folder. listed: folders of which all names
    count, each with the digest of its names.
    """

    empty: Mapping[str, tuple[str, ...]]
    existing: tuple[str, ...]
    twins: tuple[tuple[str, str], ...] = ()
    listed: tuple[tuple[str, str], ...] = ()

    def encode(self) -> bytes:
        """Return the bytes of these places; the format is in place_bytes."""
        return encode_places(self.empty, self.existing, self.twins, self.listed)

    def with_absent(self, paths: Iterable[str]) -> Self:
        """Return these places with more at which no file may appear: plain absolute paths."""
        empty = {folder: set(names) for folder, names in self.empty.items()}
        for path in paths:
            folder = os.path.dirname(path)
            while not os.path.isdir(folder):
                folder = os.path.dirname(folder)
            empty.setdefault(folder, set()).add(path[len(folder) :].lstrip("/"))
        return replace(self, empty={folder: tuple(sorted(empty[folder])) for folder in sorted(empty)})

    def merged(self, other: Self) -> Self:
        """Return the places of both."""
        empty = {folder: set(names) for folder, names in self.empty.items()}
        for folder, names in other.empty.items():
            empty.setdefault(folder, set()).update(names)
        return replace(
            self,
            empty={folder: tuple(sorted(empty[folder])) for folder in sorted(empty)},
            existing=tuple(sorted({*self.existing, *other.existing})),
            twins=tuple(sorted({*self.twins, *other.twins})),
            listed=tuple(sorted({*self.listed, *other.listed})),
        )

    def renamed(self, name_of: Callable[[str], str]) -> Self:
        """Return these places with every path by the name that name_of gives it."""
        return replace(
            self,
            empty={name_of(folder): names for folder, names in self.empty.items()},
            existing=tuple(map(name_of, self.existing)),
            twins=tuple((name_of(one), name_of(other)) for one, other in self.twins),
            listed=tuple((name_of(folder), digest) for folder, digest in self.listed),
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Return the places that were encoded; raise BadBytes."""
        return cls(*decode_places(data))


def find_places(  # noqa: PLR0913 (all that one compile was given, by name)
    *,
    source: str,
    inputs: tuple[str, ...],
    force_includes: tuple[str, ...],
    search: SearchPath,
    scans: Callable[[str], Scan],
    disk: Disk,
    cwd: str,
    dialect: Dialect,
    macro_values: tuple[str, ...],
    started_ns: int,
    precompiled: frozenset[str] = frozenset(),
    makes_precompiled: bool = False,
    searches_includers: bool = False,
    goes_on: bool = False,
    named: frozenset[str] = frozenset(),
) -> Places | Opaque:
    """Return the places that a finished compile searched in vain, or why they cannot be known.

    source and inputs are absolute; scans is asked for each of them as spelled here and may
    raise OSError. inputs must hold all that the compiler read. started_ns is from before
    the compile, on the clock of file times: a file that came later may not have been seen.
    precompiled: headers of which it is known what went into them; all of that is in inputs.
    makes_precompiled: the compile's output is one. searches_includers: see Compile.
    goes_on: a header that was not found was an error, and yet there is a result.
    named: inputs to which no directive leads, see Compile.
    """
    compiled = Compile(
        source=source,
        inputs=inputs,
        force_includes=force_includes,
        search=search,
        cwd=cwd,
        dialect=dialect,
        macro_values=macro_values,
        started_ns=started_ns,
        precompiled=precompiled,
        makes_precompiled=makes_precompiled,
        searches_includers=searches_includers,
        goes_on=goes_on,
        named=named,
    )
    found = survey(compiled, scans, disk)
    if isinstance(found, Opaque):
        return found
    return Places(
        empty={folder: tuple(sorted(names)) for folder, names in sorted(found.absent.items())},
        existing=tuple(sorted(found.existing)),
        twins=tuple(sorted(found.twins)),
    )


def first_intruder(places: Places, disk: Disk) -> str | None:
    """Return a place that is no longer as it was, or None."""
    for folder, names in places.empty.items():
        for name in _suspects(folder, names, disk):
            path = below(folder, name)
            if _is_taken(path, disk):
                return path
    for path in places.existing:
        if not disk.is_file(path):
            return path
    for path, twin in places.twins:
        identity = disk.identity(path)
        if identity is None or identity != disk.identity(twin):
            return path
    return None


def listing_digest(names: Iterable[str]) -> str:
    """Return the digest of the names in a folder, in hex."""
    return digest_bytes(os.fsencode("\0".join(sorted(names)))).hex()


def guards(places: Places, disk: Disk) -> tuple[str, ...]:
    """Return the folders in which every change to these places shows, if stat follows links to them."""
    folders = dict.fromkeys(places.empty)
    for path in (*places.existing, *(path for pair in places.twins for path in pair)):
        folders.update(dict.fromkeys(_folders_on_the_way(path, disk)))
    return tuple(folders)


def _is_taken(path: str, disk: Disk) -> bool:
    if path.endswith("/"):
        return disk.is_folder(path)
    # gcc opens the files in a folder x.h.gch in turn.
    return disk.is_file(path) or (path.endswith(".gch") and disk.is_folder(path))


def _suspects(folder: str, names: tuple[str, ...], disk: Disk) -> Iterator[str]:
    listing = disk.listing(folder)
    if listing is None:
        # Missing: nothing can be below it. Closed or blind to case: each name is asked for.
        yield from names if disk.is_folder(folder) else ()
        return
    # Most names are plain, and most places empty: those need no step of Python's.
    yield from listing.intersection(names)
    yield from (name for name in names if "/" in name and name.partition("/")[0] in listing)


def _folders_on_the_way(path: str, disk: Disk) -> Iterator[str]:
    """Yield the folder of path, and those of the links that it leads through."""
    seen = set()
    while path not in seen:
        seen.add(path)
        folder = os.path.dirname(path)
        yield folder
        path = os.path.join(folder, disk.link_target(path) or path)
