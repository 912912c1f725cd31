"""Knows the folders of /etc/ld.so.conf, in which GNU ld seeks what libraries need."""

import glob
import os
from collections.abc import Callable, Iterable, Iterator
from typing import Final, Self

from zccache.common.values import dataclass

_DEEPEST: Final = 5


@dataclass(frozen=True, slots=True)
class SoConf:
    """What configuration files say: files are those that are there, folders those that they name.

    listed are folders in which one more file would be one more configuration file.
    """

    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()

    def joined(self, others: Iterable[Self]) -> "SoConf":
        """Return what these say and what others say."""
        every = (self, *others)
        return SoConf(
            tuple(name for conf in every for name in conf.files),
            tuple(name for conf in every for name in conf.folders),
            tuple(dict.fromkeys(name for conf in every for name in conf.listed)),
        )


def so_conf(path: str, read: Callable[[str], bytes | None], depth: int = 0) -> SoConf:
    """Return what a configuration file says, with all that it includes; nothing of one that is not there."""
    data = read(path)
    if data is None or depth > _DEEPEST:
        return SoConf()
    folders: list[str] = []
    included: list[SoConf] = []
    for line in os.fsdecode(data).splitlines():
        words = line.partition("#")[0].replace(",", " ").replace(":", " ").split()
        if words[:1] == ["include"]:
            for pattern in words[1:]:
                whole = os.path.join(os.path.dirname(path), pattern)
                included += (so_conf(name, read, depth + 1) for name in sorted(glob.glob(whole)))
                included.append(SoConf(listed=tuple(_listed(whole))))
        elif words[:1] != ["hwcap"]:
            folders += [word for word in words if os.path.isabs(word)]
    return SoConf(files=(path,)).joined((*included, SoConf(folders=tuple(folders))))


def _listed(pattern: str) -> Iterator[str]:
    """Yield the folders in which a file could appear that the pattern matches, as far as they are there."""
    folder = os.path.dirname(pattern)
    while glob.has_magic(folder):
        yield from glob.glob(folder)
        folder = os.path.dirname(folder)
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    yield folder
