"""Knows which native libraries rustc itself, or its linker, can have picked in the -L folders."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from zccache.common.command.runner import run_quietly
from zccache.common.evidence.crates import folder_of
from zccache.common.keys import parts_key
from zccache.common.request import Job
from zccache.common.rooms import Rooms

_KIND: Final = "library folders"
_LIBRARIES: Final = "libraries: ="
_SEARCH_DIR: Final = re.compile(r'SEARCH_DIR\("([^"]+)"\)')
_KINDS: Final = ("native", "framework", "all")
_VERBATIM: Final = b"verbatim"
_NAMED_BY_FILE: Final = re.compile(r"lib(.+?)\.(?:a|so(?:\.[\d.]+)?)")


def driver_folders(job: Job, rooms: Rooms) -> tuple[str, ...]:
    """Return the folders in which the driver that links, and its linker, seek libraries by themselves."""
    folders: dict[str, None] = {}
    for word, *chosen in job.plan.helpers:
        key = parts_key("library folders", job.toolchain.identity, job.cwd, word, *chosen)
        known = rooms.index.memo_get(_KIND, key)
        if known is None:
            env = {**job.request.invocation.env, "LC_ALL": "C", "ZCCACHE_GUARD": "run"}
            told = [
                run_quietly([word, *chosen, *words], job.cwd, env).stdout
                for words in (["-print-search-dirs"], ["-Wl,--verbose"])
            ]
            known = b"\n".join(told)
            rooms.index.memo_put(_KIND, key, known)
        text = os.fsdecode(known)
        lines = (line for line in text.splitlines() if line.startswith(_LIBRARIES))
        named = [folder for line in lines for folder in line.removeprefix(_LIBRARIES).split(os.pathsep)]
        found = (*named, *(folder.lstrip("=") for folder in _SEARCH_DIR.findall(text)))
        folders.update(dict.fromkeys(os.path.realpath(folder) for folder in found if os.path.isabs(folder)))
    return tuple(folders)


def native_folders(search: Iterable[str], cwd: str) -> tuple[str, ...]:
    """Return the folders of -L in which native libraries are sought, absolute, in order."""
    folders = map(folder_of, search)
    return tuple(dict.fromkeys(os.path.join(cwd, folder) for kind, folder in folders if kind in _KINDS))


def library_names(words: Iterable[str]) -> Iterator[str]:
    """Yield the names in the values of -l, `[KIND[:MODIFIERS]=]NAME[:RENAME]`."""
    for word in words:
        yield word.rpartition("=")[2].partition(":")[0]


def names_in_texts(folders: Sequence[str], texts: Sequence[bytes]) -> Iterator[str]:
    """Yield the names of archives in the folders that stand in one of the texts, as in #[link(name)].

    With the modifier +verbatim the whole name of a file stands there.
    """
    whole = [text for text in texts if _VERBATIM in text]
    for folder in folders:
        for file in _files(folder):
            match = _NAMED_BY_FILE.fullmatch(file)
            if match is not None and any(os.fsencode(match[1]) in text for text in texts):
                yield match[1]
            elif any(os.fsencode(file) in text for text in whole):
                yield file


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
