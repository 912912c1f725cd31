"""Knows the words with which a linker was really run, and the folders that it knows by itself."""

import os
import re
from collections.abc import Iterable, Iterator
from typing import Final

from zccache.common.command.plan import SCRATCH
from zccache.common.command.runner import run_quietly
from zccache.common.keys import parts_key
from zccache.common.links.driver_line import link_command
from zccache.common.links.search import forms_for, names_of
from zccache.common.request import Job
from zccache.common.rooms import Rooms
from zccache.common.toolchains.driver import library_folders
from zccache.common.tools.link_words import LinkWords, read_link_words
from zccache.common.values import dataclass

_SEARCH_DIR: Final = re.compile(r'SEARCH_DIR\("([^"]+)"\)')
_WINDOWS_FORMAT: Final = re.compile(r'OUTPUT_FORMAT\("?pei?-')
_ASKED: Final = ("LIBRARY_PATH", "GCC_EXEC_PREFIX", "COMPILER_PATH", "LDEMULATION")


@dataclass(frozen=True, slots=True)
class LinkLine:
    """The words of one link, with those of its driver; defaults are the folders behind all that are named.

    driver_folders are those of defaults in which the driver sought start files. is_for_windows:
    the linker says so by itself, or its words do. program is what the driver runs to link.
    """

    words: LinkWords
    defaults: tuple[str, ...]
    driver_folders: tuple[str, ...] = ()
    is_for_windows: bool = False
    program: str = ""

    @property
    def forms(self) -> tuple[str, ...]:
        """The names that a library may have."""
        only_static = self.words.wants_static and not self.words.wants_dynamic
        for_windows = self.is_for_windows or self.words.is_portable_executable
        return forms_for(for_windows=for_windows, only_static=only_static)

    def folders(self, more: Iterable[str] = ()) -> tuple[str, ...]:
        """Return the folders along which libraries are sought, in order, as the linker names them."""
        return tuple(dict.fromkeys(map(self.in_sysroot, (*self.words.folders, *more, *self.defaults))))

    def in_sysroot(self, name: str) -> str:
        """Return a name with the root of the target system where the linker puts it."""
        for mark in ("=", "$SYSROOT"):
            if name.startswith(mark):
                return self.words.sysroot + name.removeprefix(mark)
        return name

    def places_of_named(self) -> Iterator[str]:
        """Yield every place that the words may mean: inputs, and each form of a library in each folder."""
        yield from self.words.inputs
        for name in self.words.libraries:
            lasts = names_of(name, self.forms)
            yield from (os.path.join(folder, last) for folder in self.folders() for last in lasts)


def ask_link_line(job: Job, rooms: Rooms) -> LinkLine | None:
    """Return how the linker was run, by asking the driver if there is one; None: it does not answer."""
    # What an earlier step made may be gone by now: the driver only wants to see a file.
    words = tuple(os.devnull if word.startswith(SCRATCH) else word for word in job.plan.words)
    if job.plan.linker_words is None:
        own = read_link_words(words)
        chosen = ("-m", own.emulation) if own.emulation else ()
        script = _remembered(job, (*chosen, "--verbose"), rooms)
        is_for_windows = _WINDOWS_FORMAT.search(script) is not None
        return LinkLine(own, _folders_of(script), is_for_windows=is_for_windows)
    said = run_quietly([job.program, *words, "-###"], job.cwd, _asking_env(job))
    command = link_command(said.stderr)
    if command is None:
        return None
    driver_folders = _driver_folders(job, job.plan.linker_words, rooms)
    defaults = _folders_of(_remembered(job, (*job.plan.linker_words, "-Wl,--verbose"), rooms))
    own = read_link_words(command[1:])
    return LinkLine(own, (*driver_folders, *defaults), driver_folders, program=command[0])


def _asking_env(job: Job) -> dict[str, str]:
    return {**job.request.invocation.env, "LC_ALL": "C", "ZCCACHE_GUARD": "run"}


def _folders_of(script: str) -> tuple[str, ...]:
    """Return the folders of GNU ld's own script, which it shows; the others have none."""
    return tuple(_SEARCH_DIR.findall(script))


def _driver_folders(job: Job, words: tuple[str, ...], rooms: Rooms) -> tuple[str, ...]:
    """Return the folders in which a driver seeks libraries and start files, missing ones among them."""
    # clang seeks start files along -B too, and does not say so.
    prefixes = (word.removeprefix("-B") for word in words if word.startswith("-B"))
    said = _remembered(job, (*words, "-print-search-dirs"), rooms)
    return (*prefixes, *library_folders(os.fsencode(said)))


def _remembered(job: Job, words: tuple[str, ...], rooms: Rooms) -> str:
    """Return what a tool says to words that do not depend on the command, nor on its folder."""
    env = job.request.invocation.env
    chosen = [f"{name}={env.get(name, '')}" for name in _ASKED]
    key = parts_key("link folders", job.toolchain.identity, *chosen, str(len(words)), *words)
    known = rooms.index.memo_get("link folders", key)
    if known is None:
        # In a folder of ours: a linker that fails for want of inputs removes a.out.
        known = run_quietly([job.program, *words], rooms.layout.tmp, _asking_env(job)).stdout
        rooms.index.memo_put("link folders", key, known)
    return os.fsdecode(known)
