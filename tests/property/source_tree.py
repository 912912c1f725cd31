"""A small project in two working folders, and every way in which people and tools change its files.

Headers of one name have one size in all their versions, so that only what is read tells them apart.
"""

import contextlib
import mmap
import os
import shutil
from collections.abc import Callable
from enum import Enum
from pathlib import Path

CWDS = ("one", "two")
SOURCES = ("m.c", "n.cc")
HEADERS = ("h.h", "k.h", "d.h", "opt.h")
FOLDERS = (".", "inc1", "inc2", "late", "../shared", "../cp")
COMPILERS = ("gcc", "clang", "copy", "script 1", "script 2")
VERSIONS = (0, 1, 2)
BRANCHES = (0, 1, 2)
LONG_AGO_NS = 10**18
"""A second in September 2001, for files that pretend to be old."""

_BODY = """\
#include "h.h"
#include <k.h>
#include "linked.h"
#if __has_include("opt.h")
#include "opt.h"
#else
#define OPT 9
#endif
#ifndef GIVEN
#define GIVEN 0
#endif
#ifndef SCRIPT
#define SCRIPT 0
#endif
static int unused_%(version)d;
const char *where = __FILE__;
int numbers[] = {H, K, D, LINKED, OPT, GIVEN, SCRIPT, %(version)d};
"""


class How(Enum):
    """How new bytes come into a file."""

    ANEW = "unlinked, then created"
    RENAMED = "written beside it, then renamed"
    IN_PLACE = "written in place"
    IN_PLACE_OLD_TIME = "written in place, mtime put back"
    RENAMED_OLD_TIME = "replaced, same size and mtime"
    MAPPED = "stored through a mapping"
    HELD = "stored through a mapping that stays"
    LINKED = "written through a hard link elsewhere"


class SourceTree:
    """The project below one folder; the same steps make the same bytes in it."""

    def __init__(self, base: Path) -> None:
        """Make the project anew, on branch 0, compiled by gcc."""
        self.base = base
        self._held: dict[tuple[int, int], mmap.mmap] = {}
        for name in (
            "shared",
            "cp",
            "bin",
            "out",
            "side",
            *(f"{cwd}/inc{i}" for cwd in CWDS for i in (1, 2)),
        ):
            (base / name).mkdir(parents=True)
        # A driver seeks cc1 in ../lib from where it lies itself.
        (base / "lib").symlink_to("/usr/lib")
        for version in VERSIONS:
            (base / "shared" / f"s{version}.h").write_text(f"#define LINKED {version}\n")
        (base / "side" / "setting").write_text("0\n")
        for cwd in CWDS:
            (base / f"way_{cwd}").symlink_to(cwd)
            self.retarget_file(cwd, 0)
            self.retarget_folder(cwd, "inc1")
            self.switch_branch(cwd, 0)
            (base / cwd / "words.rsp").write_text("-DGIVEN=7\n")
            # Each working folder is a checkout of its own, and the other one's sibling.
            (base / cwd / ".git").write_text("gitdir: elsewhere\n")
        self.swap_compiler("cc", "gcc")

    def close(self) -> None:
        """Let go of the files that are held."""
        for mapped in self._held.values():
            mapped.close()

    def header(self, cwd: str, folder: str, name: str) -> Path:
        """Return where a header lies, or would lie."""
        return self.base / cwd / folder / name

    def write_header(self, cwd: str, folder: str, name: str, version: int, how: How) -> None:
        """Give a header this version; its folder is made where it is missing."""
        path = self.header(cwd, folder, name)
        path.parent.mkdir(exist_ok=True)
        self.write(path, header_text(name, version), how)

    def write_source(self, cwd: str, name: str, version: int, how: How) -> None:
        """Give a source this version."""
        self.write(self.base / cwd / name, _BODY % {"version": version}, how)

    def remove_header(self, cwd: str, folder: str, name: str) -> None:
        """Delete a header, if it is there."""
        self.header(cwd, folder, name).unlink(missing_ok=True)

    def move_header(self, cwd: str, name: str, source: str, target: str) -> None:
        """Rename a header from one folder to another, over what is there."""
        path = self.header(cwd, source, name)
        if path.exists():
            self.header(cwd, target, name).parent.mkdir(exist_ok=True)
            path.rename(self.header(cwd, target, name))

    def touch(self, path: Path) -> None:
        """Give a file the time of now and the bytes it has."""
        if path.exists():
            path.touch()

    def remove_folder(self, cwd: str, name: str) -> None:
        """Delete a folder of headers with all that is in it."""
        shutil.rmtree(self.base / cwd / name, ignore_errors=True)
        if name != "late":
            (self.base / cwd / name).mkdir()

    def exchange_folders(self, cwd: str) -> None:
        """Let inc1 and inc2 change places; no file in them is touched."""
        folder = self.base / cwd
        (folder / "inc1").rename(folder / "inc3")
        (folder / "inc2").rename(folder / "inc1")
        (folder / "inc3").rename(folder / "inc2")

    def retarget_file(self, cwd: str, version: int) -> None:
        """Let the link linked.h lead to this version."""
        _relink(self.base / cwd / "linked.h", f"../shared/s{version}.h")

    def retarget_folder(self, cwd: str, target: str) -> None:
        """Let the link linkdir lead to this folder."""
        _relink(self.base / cwd / "linkdir", target)

    def switch_branch(self, cwd: str, branch: int) -> None:
        """Replace sources and headers of a working folder as git would, with times of long ago."""
        folder = self.base / cwd
        wanted = {folder / name: _BODY % {"version": branch} for name in SOURCES}
        for name, place in _PLACES[branch].items():
            wanted[folder / place / name] = header_text(name, branch)
        for place in (".", "inc1", "inc2"):
            for name in HEADERS:
                if folder / place / name not in wanted:
                    (folder / place / name).unlink(missing_ok=True)
        for path, text in wanted.items():
            path.unlink(missing_ok=True)
            path.write_text(text)
            os.utime(path, ns=(LONG_AGO_NS, LONG_AGO_NS))

    def swap_compiler(self, name: str, kind: str) -> None:
        """Put a compiler of this kind under a name in the first folder of PATH."""
        path = self.base / "bin" / name
        if kind.startswith("script"):
            text = f'#!/bin/sh\nexec /usr/bin/gcc -DSCRIPT={kind[-1]}$(cat {self.base}/side/setting) "$@"\n'
            # In place where a script is there already, else anew: never through a link into /usr.
            if path.is_symlink() or (path.exists() and path.read_bytes()[:2] != b"#!"):
                path.unlink()
            path.write_text(text)
            path.chmod(0o755)
            return
        path.unlink(missing_ok=True)
        if kind == "copy":
            shutil.copy2("/usr/bin/gcc", path)
        else:
            path.symlink_to(f"/usr/bin/{kind}")

    def write(self, path: Path, text: str, how: How) -> None:
        """Put text into a file in this way; what is not there yet is created."""
        if not path.exists():
            path.unlink(missing_ok=True)
            path.write_text(text)
            return
        before = path.stat()
        _WAYS[how](self, path, text.encode())
        if how in {How.IN_PLACE_OLD_TIME, How.RENAMED_OLD_TIME}:
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    def _write_anew(self, path: Path, data: bytes) -> None:
        path.unlink()
        path.write_bytes(data)

    def _write_renamed(self, path: Path, data: bytes) -> None:
        fresh = path.with_name("new~")
        fresh.write_bytes(data)
        fresh.rename(path)

    def _write_in_place(self, path: Path, data: bytes) -> None:
        with path.open("r+b") as file:
            file.write(data)
            file.truncate()

    def _store_mapped(self, path: Path, data: bytes) -> None:
        with path.open("r+b") as file:
            if os.fstat(file.fileno()).st_size != len(data):
                file.write(data)
                file.truncate()
                return
            with mmap.mmap(file.fileno(), len(data)) as mapped:
                mapped[:] = data
                mapped.flush()

    def _store_held(self, path: Path, data: bytes) -> None:
        """Store and leave the page dirty, so that later stores change no time."""
        status = path.stat()
        if status.st_size != len(data):
            self._write_in_place(path, data)
            return
        key = status.st_dev, status.st_ino
        if key not in self._held:
            with path.open("r+b") as file:
                self._held[key] = mmap.mmap(file.fileno(), len(data))
        self._held[key][:] = data

    def _write_by_link(self, path: Path, data: bytes) -> None:
        other = self.base / "side" / str(path.relative_to(self.base)).replace("/", "_")
        with contextlib.suppress(FileNotFoundError):
            if not os.path.samefile(other, path):
                other.unlink()
        if not other.exists():
            os.link(path.resolve(), other)
        self._write_in_place(other, data)


_Way = Callable[[SourceTree, Path, bytes], None]
_WAYS: dict[How, _Way] = {
    How.ANEW: SourceTree._write_anew,
    How.RENAMED: SourceTree._write_renamed,
    How.IN_PLACE: SourceTree._write_in_place,
    How.IN_PLACE_OLD_TIME: SourceTree._write_in_place,
    How.RENAMED_OLD_TIME: SourceTree._write_renamed,
    How.MAPPED: SourceTree._store_mapped,
    How.HELD: SourceTree._store_held,
    How.LINKED: SourceTree._write_by_link,
}

# Where the headers of each branch lie: the third has d.h beside its includer, the second an opt.h.
_PLACES: tuple[dict[str, str], ...] = (
    {"h.h": ".", "k.h": "inc1", "d.h": "inc2"},
    {"h.h": ".", "k.h": "inc2", "d.h": "inc2", "opt.h": "inc1"},
    {"h.h": "inc1", "k.h": "inc2", "d.h": "."},
)


def header_text(name: str, version: int) -> str:
    """Return the bytes of one version of a header; all versions are of one size."""
    macro = name.partition(".")[0].upper()
    nested = '#include "d.h"\n' if name == "h.h" else ""
    return f"{nested}#define {macro} {version}\n"


def _relink(path: Path, target: str) -> None:
    fresh = path.with_name("new~")
    fresh.symlink_to(target)
    fresh.rename(path)
