"""Knows which native libraries rustc itself, or its linker, can have picked in the -L folders."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from zccache.common.evidence.crates import folder_of

_KINDS: Final = ("native", "framework", "all")
_NAMED_BY_FILE: Final = re.compile(r"lib(.+?)\.(?:a|so(?:\.[\d.]+)?)")


def native_folders(search: Iterable[str], cwd: str) -> tuple[str, ...]:
    """Return the folders of -L in which native libraries are sought, absolute, in order."""
    folders = map(folder_of, search)
    return tuple(dict.fromkeys(os.path.join(cwd, folder) for kind, folder in folders if kind in _KINDS))


def library_names(words: Iterable[str]) -> Iterator[str]:
    """Yield the names in the values of -l, `[KIND[:MODIFIERS]=]NAME[:RENAME]`."""
    for word in words:
        yield word.rpartition("=")[2].partition(":")[0]


def names_in_texts(folders: Sequence[str], texts: Sequence[bytes]) -> Iterator[str]:
    """Yield the names of archives in the folders that stand in one of the texts, as in #[link(name)]."""
    for folder in folders:
        for file in _files(folder):
            match = _NAMED_BY_FILE.fullmatch(file)
            if match is not None and any(os.fsencode(match[1]) in text for text in texts):
                yield match[1]


def names_of_files(paths: Iterable[str]) -> Iterator[str]:
    """Yield the library names of files that a linker read."""
    for path in paths:
        match = _NAMED_BY_FILE.fullmatch(os.path.basename(path))
        if match is not None:
            yield match[1]


def library_places(names: Iterable[str], folders: Sequence[str]) -> Iterator[str]:
    """Yield where libraries of these names are looked for, there or not."""
    for name in sorted(set(names)):
        for folder in folders:
            yield from (os.path.join(folder, file) for file in (f"lib{name}.so", f"lib{name}.a", name))


def _files(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []
