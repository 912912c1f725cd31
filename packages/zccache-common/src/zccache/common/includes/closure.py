"""Knows every file that a compile could come to read, when no complete report tells which it did."""

import os
from collections.abc import Callable, Iterator
from typing import Final

from zccache.common.includes.candidates import plain
from zccache.common.includes.disk import Disk
from zccache.common.includes.opaque import Opaque
from zccache.common.includes.scanner import Directive, Form, Scan
from zccache.common.includes.search import SearchPath
from zccache.common.reasons import Reason

_IMPLICIT: Final = Directive(Form.READS, quoted=False, name="stdc-predef.h")


def closure(
    *,
    source: str,
    force_includes: tuple[str, ...],
    search: SearchPath,
    scans: Callable[[str], Scan],
    disk: Disk,
    cwd: str,
) -> tuple[str, ...] | Opaque:
    """Return all files that any directive could reach, active or not, the source first; absolute paths.

    It holds for -MMD, whose depfile leaves out system headers. scans may raise OSError.
    """
    reach = _Reach(search, disk)
    start = plain(os.path.join(cwd, source))
    found = {start: None}
    waiting = [start]
    own = [Directive(Form.READS, quoted=True, name=name) for name in force_includes]
    batches: list[tuple[str, list[Directive]]] = [(cwd, [*own, _IMPLICIT])]
    while batches or waiting:
        if not batches:
            path = waiting.pop()
            text = scans(path)
            if text.computed:
                return Opaque(Reason.COMPUTED_INCLUDE, path)
            batches = [(folder, list(text.directives)) for folder in reach.folders_of(path)]
        folder, directives = batches.pop()
        for directive in directives:
            for reached in reach.files(directive, folder):
                if reached not in found:
                    found[reached] = None
                    waiting.append(reached)
    return tuple(found)


class _Reach:
    """The files that names lead to along one search path, remembered."""

    def __init__(self, search: SearchPath, disk: Disk) -> None:
        self._disk = disk
        self._bracket = tuple(map(plain, search.bracket))
        self._quote = (*map(plain, search.quote), *self._bracket)
        self._frameworks = frozenset(map(plain, search.frameworks))
        self._known: dict[tuple[bool, bool, str], tuple[str, ...]] = {}

    def folders_of(self, path: str) -> tuple[str, ...]:
        """Return the folders beside which a file's quoted names are searched.

        gcc resolves links in system headers' names where that makes them shorter.
        """
        real = os.path.dirname(self._disk.real_path(path))
        return tuple({os.path.dirname(path): None, real: None})

    def files(self, directive: Directive, folder: str) -> tuple[str, ...]:
        """Return the files that a directive of a text in folder can mean."""
        form, quoted, name = directive
        if form in {Form.ASKS, Form.ASKS_NEXT}:
            return ()
        if name.startswith("/"):
            return (plain(name),) if self._disk.is_file(name) else ()
        nexts = form is Form.READS_NEXT
        if quoted:
            beside = plain(f"{folder}/{name}")
            if self._has(beside):
                return (beside, *self._along(name, quoted=True, nexts=True)) if nexts else (beside,)
        return self._along(name, quoted=quoted, nexts=nexts)

    def _along(self, name: str, *, quoted: bool, nexts: bool) -> tuple[str, ...]:
        key = (quoted, nexts, name)
        known = self._known.get(key)
        if known is None:
            hits = self._hits(name, self._quote if quoted else self._bracket)
            first = next(hits, None)
            known = () if first is None else (first, *hits) if nexts else (first,)
            self._known[key] = known
        return known

    def _hits(self, name: str, chain: tuple[str, ...]) -> Iterator[str]:
        for folder in chain:
            if folder in self._frameworks:
                framework, _, rest = name.partition("/")
                paths = [
                    f"{folder}/{framework}.framework/{kind}/{rest}" for kind in ("Headers", "PrivateHeaders")
                ]
            else:
                paths = [f"{folder}/{name}"]
            yield from filter(self._has, map(plain, paths))

    def _has(self, path: str) -> bool:
        folder, _, name = path.rpartition("/")
        listing = self._disk.listing(folder)
        return (listing is None or name in listing) and self._disk.is_file(path)
