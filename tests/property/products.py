"""The outputs of compiles: seen, put aside, laid back, and made anew as they were."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from source_tree import CWDS, LONG_AGO_NS

_SUFFIXES = frozenset((".o", ".d", ".s", ".ii", ".i"))


class Product(NamedTuple):
    """One output: is_new tells that it was written since the compile began, as make would see it."""

    kind: int
    mode: int
    data: bytes
    is_new: bool


class Products:
    """Everything that a compile may have written below a project's folder."""

    def __init__(self, base: Path) -> None:
        self._base = base
        self._aside = base / "aside"
        self._aside.mkdir()

    def paths(self) -> Iterator[Path]:
        """Yield each output that lies there now."""
        for folder in (self._base / "out", *(self._base / cwd for cwd in CWDS)):
            yield from sorted(path for path in folder.iterdir() if path.suffix in _SUFFIXES)

    def see(self, since_ns: int) -> dict[Path, Product]:
        """Return what lies there."""
        return {path: _see(path, since_ns) for path in self.paths()}

    def put_aside(self) -> None:
        """Take every output away, inode and all."""
        for number, path in enumerate(list(self.paths())):
            target = self._aside / f"{number}"
            path.rename(target)
            (self._aside / f"{number}.name").write_text(str(path))

    def lay_back(self) -> None:
        """Remove what lies there and bring back what was put aside."""
        for path in list(self.paths()):
            path.unlink()
        for name in sorted(self._aside.glob("*.name")):
            name.with_suffix("").rename(name.read_text())
            name.unlink()

    def make(self, wanted: dict[Path, Product], umask: int) -> None:
        """Lay old files as they were seen; a link into the cache becomes what a compiler makes."""
        for path, product in wanted.items():
            if product.kind == stat.S_IFLNK:
                path.symlink_to(os.fsdecode(product.data))
                continue
            path.write_bytes(product.data)
            path.chmod(product.mode if product.mode & 0o200 else 0o666 & ~umask)
            os.utime(path, ns=(LONG_AGO_NS, LONG_AGO_NS))


def is_regular(path: Path) -> bool:
    """Tell whether a file itself, not what a link leads to, is there."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _see(path: Path, since_ns: int) -> Product:
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        return Product(stat.S_IFLNK, 0, os.fsencode(path.readlink()), is_new=False)
    is_new = status.st_mtime_ns >= since_ns
    return Product(stat.S_IFREG, stat.S_IMODE(status.st_mode), path.read_bytes(), is_new)
