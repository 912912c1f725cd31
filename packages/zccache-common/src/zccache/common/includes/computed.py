"""Knows which names a computed #include may have had, from the files that were read in the end."""

from collections.abc import Collection, Iterable, Iterator

from zccache.common.includes.candidates import below
from zccache.common.includes.disk import Disk


def computed_names(inputs: Collection[str], folders: Iterable[str], disk: Disk) -> set[str]:
    """Return each input's names below each search folder; paths are plain and absolute.

    gcc shortens the names of system headers by resolving links, so an input can also be a
    folder of the list, or a link in one, under its real name.
    """
    names: set[str] = set()
    for folder in set(folders):
        names.update(_rests(inputs, folder))
        real = disk.real_path(folder)
        if real != folder:
            names.update(_rests(inputs, real))
        for link in disk.listing(folder) or ():
            path = below(folder, link)
            if disk.link_target(path) is None:
                continue
            target = disk.real_path(path)
            if target in inputs:
                names.add(link)
            names.update(f"{link}/{rest}" for rest in _rests(inputs, target))
    return names


def _rests(inputs: Iterable[str], folder: str) -> Iterator[str]:
    start = below(folder, "")
    return (path[len(start) :] for path in inputs if path.startswith(start))
