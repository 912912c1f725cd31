"""How a word becomes a program along the caller's PATH, and which programs are fronts of ours.

On the way of every hit through the Python front: it imports nothing but os and sys.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # collections.abc costs a hit as much as its answer
    from collections.abc import Callable, Iterator, Mapping

FRONT_NAMES = frozenset({"zccache", "zccache.exe", "zccache-native", "zccache-native.exe"})

# What execvp searches without a PATH (confstr _CS_PATH of glibc and musl).
_PATH_WITHOUT_ONE = "/bin:/usr/bin"
_SCRIPT_MARK = b"zccache.cli.wrapper"
_LONGEST_SCRIPT_BYTES = 4096
_MOST_LINKS = 40


def absolute(path: str, cwd: str) -> str:
    """Return a path taken against cwd, without what changes nothing.

    What `..` leads to behind a link is the file system's affair: the native front leaves it to the kernel.
    """
    path = os.path.join(cwd, path)
    return os.path.realpath(path) if os.pardir in path.split(os.sep) else os.path.normpath(path)


def find_program(
    word: str,
    env: Mapping[str, str],
    cwd: str,
    *,
    skip: Callable[[str], bool] | None = None,
    behind: str = "",
) -> str | None:
    """Return the absolute path of the program that the word means to a caller, or None.

    A word with a slash is a path, taken against cwd. Any other is searched along the
    caller's PATH, where an empty entry is cwd; files for which skip holds are passed over.
    A search that comes by the path `behind` begins after it.
    """
    candidates = list(_candidates(word, env, cwd))
    if behind in candidates:
        del candidates[: candidates.index(behind) + 1]
    for path in candidates:
        if is_program(path) and not (skip is not None and skip(path)):
            return path
    return None


def _candidates(word: str, env: Mapping[str, str], cwd: str) -> Iterator[str]:
    if not word:
        return
    if "/" in word:
        yield os.path.join(cwd, word)
        return
    for folder in env.get("PATH", _PATH_WITHOUT_ONE).split(os.pathsep):
        yield os.path.join(cwd, folder, word)


def is_program(path: str) -> bool:
    """Tell whether a regular file (behind links) stands here that this user may execute."""
    return os.path.isfile(path) and os.access(path, os.X_OK)


def is_front(path: str) -> bool:
    """Tell whether a file is a front of ours: by name behind links, by inode, or as a script that says so."""
    if _name_behind_links(path) in FRONT_NAMES:
        return True
    try:
        found = os.stat(path)
        # Most compilers are neither a second name of something nor as short as a script.
        if found.st_nlink > 1 and any(_is_same_file(own, found) for own in _own_fronts()):
            return True
        if found.st_size > _LONGEST_SCRIPT_BYTES:
            return False
        with open(path, "rb", buffering=0) as file:
            head = file.read(_LONGEST_SCRIPT_BYTES)
    except OSError:
        return False
    return head.startswith(b"#!") and _SCRIPT_MARK in head


def _name_behind_links(path: str) -> str:
    """Return the last name of a path that is followed link by link; realpath would ask for every folder."""
    for _ in range(_MOST_LINKS):
        try:
            path = os.path.join(os.path.dirname(path), os.readlink(path))
        except OSError:
            break
    return os.path.basename(path)


def _own_fronts() -> Iterator[str]:
    """Yield the native fronts that were installed with us: a hard link to one of them is one too."""
    beside = {os.path.dirname(sys.executable), os.path.dirname(os.path.realpath(sys.argv[0]))}
    for folder in beside:
        for name in FRONT_NAMES:
            yield os.path.join(folder, name)


def _is_same_file(path: str, found: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.stat(path), found)
    except OSError:
        return False


def find_sibling(name: str, env: Mapping[str, str]) -> str | None:
    """Return the path of another program of ours: beside the running one, else on PATH."""
    for folder in (os.path.dirname(os.path.abspath(sys.argv[0])), os.path.dirname(sys.executable)):
        path = os.path.join(folder, name)
        if is_program(path):
            return path
    return find_program(name, env, os.sep)
