"""Knows what kind of program a file is, which libraries the loader gives it, and where PATH leads."""

import os
from collections.abc import Iterable, Iterator, Mapping

from zccache.common.toolchains.model import Run


def is_script(program: str) -> bool:
    """Whether the file begins with `#!`."""
    return _begins_with(program, b"#!")


def is_elf(program: str) -> bool:
    """Whether the file is an ELF program."""
    return _begins_with(program, b"\x7fELF")


def libraries_of(program: str, cwd: str, env: Mapping[str, str], run: Run) -> list[str]:
    """Return the shared libraries that the loader would load, by asking the loader (glibc, musl)."""
    if not is_elf(program):
        return []
    traced = run([program], cwd, {**env, "LD_TRACE_LOADED_OBJECTS": "1"})
    found = []
    for line in traced.stdout.decode(errors="replace").splitlines():
        _, arrow, place = line.partition("=> ")
        path = place.rpartition(" (")[0] if arrow else line.strip().rpartition(" (")[0]
        if os.path.isabs(path):
            found.append(os.path.realpath(path))
    return found


def path_folders(cwd: str, env: Mapping[str, str]) -> list[str]:
    """Return the folders of PATH, absolute."""
    return [os.path.join(cwd, folder) for folder in env.get("PATH", "").split(os.pathsep)]


def tried_before(found: str, folders: Iterable[str]) -> Iterator[str]:
    """Yield where the program was not, on the way through the folders to where it was."""
    for folder in folders:
        path = os.path.join(folder, os.path.basename(found))
        if path == found:
            return
        if not os.path.lexists(path):
            yield path


def _begins_with(path: str, magic: bytes) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(len(magic)) == magic
    except OSError:
        return False
