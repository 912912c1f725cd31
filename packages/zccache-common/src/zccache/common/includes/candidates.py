"""Knows where one compile may have looked: walks names along folders and notes what was not there.

A name that resolves to no input cannot have been included, so what was missing on its way
does not matter; a name that was only asked for matters always.
"""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final

from zccache.common.includes.disk import Disk
from zccache.common.includes.scanner import Form

Names = dict[str, set[str]]
"""Names to look for, their last parts by their folder part ("" or "bits/")."""

_Missed = tuple[str, str, set[str]]
"""A folder that was looked into, the folder part of names, and their last parts that were not there."""

_DEEPEST_LINKS: Final = 40


def grouped(names: Iterable[str]) -> Names:
    """Return names split into folder part and last part."""
    groups: defaultdict[str, set[str]] = defaultdict(set)
    for name in names:
        folder, slash, last = name.rpartition("/")
        groups[folder + slash].add(last)
    return dict(groups)


@lru_cache(1 << 13)
def plain(path: str) -> str:
    """Return a path without its `.` and doubled slashes; `..` stays, for links may stand before it."""
    if "/." not in path and "//" not in path and not path.endswith("/"):
        return path
    parts = [part for part in path.split("/") if part not in {"", "."}]
    return ("/" if path.startswith("/") else "") + "/".join(parts)


def below(folder: str, name: str) -> str:
    """Return the path of a name in a plain folder."""
    return f"{folder}/{name}" if folder != "/" else f"/{name}"


class Candidates:
    """The places that one compile may have found empty, as they are gathered.

    absent: folder -> names below it that are not there; a name that ends with a slash is a
    folder that must not appear. existing: files that were only asked for. twins: two
    spellings of what is one file or folder. reached: the inputs that a name led to.
    passed_over: files that a name led to, but that are no inputs. appeared: one of these that
    may have come too late for the compiler to see it.
    """

    def __init__(
        self, disk: Disk, inputs: Iterable[str], started_ns: int, frameworks: frozenset[str]
    ) -> None:
        """Take the inputs as plain absolute paths."""
        self.absent: defaultdict[str, set[str]] = defaultdict(set)
        self.existing: set[str] = set()
        self.twins: set[tuple[str, str]] = set()
        self.reached: set[str] = set()
        self.passed_over: set[str] = set()
        self.appeared: str | None = None
        self._disk = disk
        self._inputs = frozenset(inputs)
        self._started_ns = started_ns
        self._frameworks = frameworks
        self._by_identity: dict[tuple[int, int], str] | None = None
        self._followed: set[str] = set()
        self._spots: dict[str, tuple[str, str]] = {}

    def walk(self, form: Form, starts: Mapping[str, Names], chain: Iterable[str]) -> None:
        """Look for names, each first in the folder that it starts from ("": none), then along the chain.

        READS stops at the first input, ASKS at the first file; the NEXT forms see all folders.
        """
        found: defaultdict[str, set[str]] = defaultdict(set)
        left: defaultdict[str, set[str]] = defaultdict(set)
        missed: list[_Missed] = []
        for folder, names in starts.items():
            own = {part: set(lasts) for part, lasts in names.items()}
            if folder:
                missed += self._look(form, folder, own, found)
            for part, lasts in own.items():
                left[part] |= lasts
        for folder in chain:
            missed += self._look(form, folder, left, found)
        asks = form in {Form.ASKS, Form.ASKS_NEXT}
        for where, part, lasts in missed:
            kept = lasts if asks else lasts & found[part]
            if kept:
                self._note_missing(where, kept)

    def note_absent(self, path: str, *, is_folder: bool = False, depth: int = 0) -> None:
        """Note that nothing (or: no folder) is at a plain path, nor at the end of a link there."""
        guard, rest = self._spot(path)
        if not rest:
            # A folder stands there: only a file in its stead would matter.
            guard, rest = os.path.split(path)
        self.absent[guard].add(rest + "/" if is_folder else rest)
        first = below(guard, rest.partition("/")[0])
        target = self._disk.link_target(first)
        if target is None or first in self._followed or self._disk.is_folder(first):
            return
        # Each link once, for they may lead in a ring, and one with `..` in it has no end of spellings.
        self._followed.add(first)
        if depth < _DEEPEST_LINKS:
            beyond = plain(os.path.join(guard, target))
            self.note_absent(beyond, depth=depth + 1)
            self.note_absent(beyond, is_folder=True, depth=depth + 1)

    def find_or_note(self, names: Names, folders: Iterable[str]) -> str | None:
        """Return a file or folder that has one of the names; note all as absent when there is none."""
        for folder in folders:
            for part, lasts in names.items():
                where = plain(f"{folder}/{part}")
                if not self._spot(where)[1]:
                    listing = self._disk.listing(where)
                    for last in sorted(lasts if listing is None else lasts & listing):
                        path = below(where, last)
                        if self._disk.is_file(path) or self._disk.is_folder(path):
                            return path
                self._note_missing(where, lasts)
        return None

    def _look(
        self, form: Form, folder: str, left: Names, found: defaultdict[str, set[str]]
    ) -> Iterator[_Missed]:
        """Look into one folder: take from left what stops there, yield what is not there."""
        for part, lasts in left.items():
            for spelled in self._spellings(folder, part) if lasts else ():
                where = plain(f"{folder}/{spelled}")
                present = self._present(where, lasts)
                yield where, part, lasts - present
                lasts.difference_update(self._judge(form, folder, where, present, found[part]))

    def _spellings(self, folder: str, part: str) -> tuple[str, ...]:
        if folder not in self._frameworks:
            return (part,)
        name, slash, rest = part.partition("/")
        if not slash:
            return ()
        return (f"{name}.framework/Headers/{rest}", f"{name}.framework/PrivateHeaders/{rest}")

    def _present(self, where: str, lasts: set[str]) -> set[str]:
        """Return the names that are there and no folders."""
        if self._spot(where)[1]:
            return set()
        listing = self._disk.listing(where)
        suspects = lasts if listing is None else lasts & listing
        return {last for last in suspects if self._disk.is_file(below(where, last))}

    def _judge(self, form: Form, folder: str, where: str, present: set[str], found: set[str]) -> set[str]:
        """Sort present names into found and existing, and return those at which the search stops."""
        stopped = set()
        for last in present:
            path = plain(below(where, last))
            is_input = path in self._inputs or self._is_twin(path)
            if is_input:
                found.add(last)
                self.reached.add(path)
            elif form in {Form.ASKS, Form.ASKS_NEXT}:
                self.existing.add(path)
            else:
                self.passed_over.add(path)
            if not is_input:
                self._note_if_late(path, folder)
            if (is_input and form is Form.READS) or form is Form.ASKS:
                stopped.add(last)
        return stopped

    def _note_missing(self, where: str, lasts: set[str]) -> None:
        guard, rest = self._spot(where)
        if rest:
            self.absent[guard].update([f"{rest}/{last}" for last in lasts])
            self._note_if_link(guard, rest.partition("/")[0])
            return
        self.absent[guard] |= lasts
        for last in lasts & (self._disk.listing(guard) or frozenset()):
            self._note_if_link(guard, last)

    def _note_if_link(self, guard: str, name: str) -> None:
        if self._disk.link_target(below(guard, name)) is not None:
            self.note_absent(below(guard, name))

    def _spot(self, path: str) -> tuple[str, str]:
        """Return the deepest folder on the way to path, and what is missing from there on."""
        spot = self._spots.get(path)
        if spot is None:
            folder, _, last = path.rpartition("/")
            if path in {"", "/"} or self._disk.is_folder(path):
                spot = (path or "/", "")
            else:
                guard, rest = self._spot(folder)
                spot = (guard, f"{rest}/{last}" if rest else last)
            self._spots[path] = spot
        return spot

    def _is_twin(self, path: str) -> bool:
        """Whether an input is the same file under another name (a link, or gcc's shorter spelling)."""
        if self._by_identity is None:
            self._by_identity = {}
            for known in self._inputs:
                identity = self._disk.identity(known)
                if identity is not None:
                    self._by_identity[identity] = known
        identity = self._disk.identity(path)
        twin = None if identity is None else self._by_identity.get(identity)
        if twin is None:
            return False
        folder, _, name = path.rpartition("/")
        other_folder, _, other_name = twin.rpartition("/")
        same_entry = name == other_name and self.are_one(folder, other_folder)
        self.twins.add((folder, other_folder) if same_entry else (path, twin))
        self.reached.add(twin)
        return True

    def is_one_of(self, path: str, others: Iterable[str]) -> bool:
        """Whether a path leads to the same file as one of the others."""
        identity = self._disk.identity(path)
        return identity is not None and any(identity == self._disk.identity(other) for other in others)

    def are_one(self, path: str, other: str) -> bool:
        """Whether two paths lead to the same file or folder."""
        identity = self._disk.identity(path)
        return identity is not None and identity == self._disk.identity(other)

    def _note_if_late(self, path: str, folder: str) -> None:
        """Remember a file that is no input, where it or a folder on its way came during the compile."""
        changed_ns, _ = self._disk.times(path)
        late = changed_ns >= self._started_ns
        above = path
        while not late and len(above) > len(folder) and (above := above.rpartition("/")[0]):
            # A folder that was renamed into place has a new ctime and its old mtime; one in
            # which a file was made (the object, mostly) has both new.
            changed_ns, written_ns = self._disk.times(above)
            late = changed_ns >= self._started_ns > written_ns
        if late:
            self.appeared = path
