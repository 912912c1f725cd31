"""Knows when it is no matter of content alone whether a header is read a second time under another name.

gcc 12 passes over a file that is `#import`ed, or holds what one with `#pragma once` held,
where both have one size, bytes and time of writing; its depfile does not name it then.
clang passes over what is one file, by its inode. A touch, a copy or a link decides.
"""

from collections import defaultdict
from collections.abc import Iterable

from zccache.common.includes.disk import Disk
from zccache.common.includes.scanner import Scan
from zccache.common.includes.traits import Trait

Pair = tuple[str, str]


def double_doubt(scans: dict[str, Scan], others: Iterable[str], disk: Disk) -> str | None:
    """Return a file that holds what another does, where one of them is to be read once.

    scans holds those of all inputs; others are files that were led to, but are no inputs.
    """
    is_import = any(Trait.IMPORTS in text.traits for text in scans.values())
    marked = set(scans) if is_import else {path for path, text in scans.items() if Trait.ONCE in text.traits}
    if not marked:
        return None
    sizes: defaultdict[int, list[str]] = defaultdict(list)
    for path in (*scans, *others):
        sizes[disk.size(path)].append(path)
    alike = (group for group in sizes.values() if len(group) > 1 and not marked.isdisjoint(group))
    return next((double for group in alike if (double := _first_double(group, marked, disk))), None)


def linked_pairs(paths: Iterable[str], disk: Disk) -> set[Pair]:
    """Return pairs of names under which one file was read: taken for one only while it is one."""
    first: dict[tuple[int, int], str] = {}
    pairs = set()
    for path in paths:
        identity = disk.identity(path)
        if identity is not None and first.setdefault(identity, path) != path:
            pairs.add((path, first[identity]))
    return pairs


def _first_double(group: list[str], marked: set[str], disk: Disk) -> str | None:
    """Return a file of this size that is another than a marked one, and holds the same bytes."""
    holders: defaultdict[bytes | None, dict[tuple[int, int] | None, str]] = defaultdict(dict)
    for path in group:
        names = holders[disk.read(path)]
        if path in marked or disk.identity(path) not in names:
            names[disk.identity(path)] = path
    doubles = (list(names.values()) for names in holders.values() if len(names) > 1)
    return next((names[-1] for names in doubles if not marked.isdisjoint(names)), None)
