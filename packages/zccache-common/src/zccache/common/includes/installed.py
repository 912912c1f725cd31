"""Knows which folders make clang take its C++ headers from elsewhere, once something is installed there.

clang chooses the newest gcc that it finds, and libc++ where that is asked for, before it
prints where it looks: what it did not find is not in its list, as a missing -I is.
"""

import os
from collections.abc import Iterator, Sequence
from typing import Final

_FOUND: Final = "Found candidate GCC installation: "
_INSTALLED: Final = "InstalledDir: "
_TARGET: Final = "Target: "
_MAJORS_AHEAD: Final = 12
_MINORS: Final = 6
_PATCHES: Final = 4
_ROOT_WORDS: Final = ("--sysroot", "-isysroot", "--gcc-toolchain", "-gcc-toolchain", "--gcc-install-dir")
_LIBRARIES: Final = ("usr/lib/gcc", "usr/lib/gcc-cross", "usr/lib64/gcc", "lib/gcc", "lib64/gcc")


def newer_installations(said: str) -> Iterator[str]:
    """Yield where a gcc would be that clang takes its headers from once it is installed: said by -v."""
    for line in said.splitlines():
        folder, version = os.path.split(line.removeprefix(_FOUND))
        if folder != line and line.startswith(_FOUND) and version.partition(".")[0].isdigit():
            places = (f"{os.path.realpath(folder)}/{name}" for name in _newer_names(version))
            yield from (path for path in places if not os.path.lexists(path))
        if line.startswith(_INSTALLED):
            own = os.path.realpath(f"{line.removeprefix(_INSTALLED)}/../lib/gcc")
            yield from () if os.path.lexists(own) else (own,)


def later_folders(said: str, words: Sequence[str], cwd: str) -> Iterator[str]:
    """Yield the folders, not there now, that would change where clang looks under these words."""
    roots = [os.path.join(cwd, root) for root in _roots(words)]
    if roots:
        yield from newer_installations(said)
    lines = said.splitlines()
    target = next((line.removeprefix(_TARGET) for line in lines if line.startswith(_TARGET)), "")
    machine, _, rest = target.partition("-")
    # The folder is mostly called without the vendor.
    names = dict.fromkeys(("", f"/{target}", f"/{machine}-{rest.partition('-')[2]}"))
    places = [f"{root}/{library}{name}" for root in roots for library in _LIBRARIES for name in names]
    if "-stdlib=libc++" in words or "--stdlib=libc++" in words:
        installed = [line.removeprefix(_INSTALLED) + "/.." for line in lines if line.startswith(_INSTALLED)]
        bases = (
            *(f"{root}/usr" for root in roots or ("",)),
            *(f"{root}/usr/local" for root in roots or ("",)),
        )
        places += [f"{base}/include/c++/v{version}" for base in (*installed, *bases) for version in (1, 2)]
    yield from (place for place in places if not os.path.isdir(place))


def _newer_names(version: str) -> Iterator[str]:
    """Yield what folders of later versions are called, in the manner of this one: 13, or 13.1.0."""
    major = int(version.partition(".")[0])
    if "." not in version:
        yield from map(str, range(major + 1, major + _MAJORS_AHEAD))
        return
    for number in range(major, major + _MAJORS_AHEAD // 2):
        yield str(number)
        for minor in range(_MINORS):
            yield from (f"{number}.{minor}.{patch}" for patch in range(_PATCHES))


def _roots(words: Sequence[str]) -> Iterator[str]:
    remaining = iter(words)
    for word in remaining:
        flag, equals, value = word.partition("=")
        if flag in _ROOT_WORDS:
            yield value if equals else next(remaining, "")
        elif word.startswith("-isysroot"):
            yield word.removeprefix("-isysroot")
