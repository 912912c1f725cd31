"""Knows how a link came to each file that it read: by words, scripts, needs of libraries, thin archives."""

import os
from collections.abc import Iterable, Sequence
from typing import Self

from zccache.common.evidence.link_line import LinkLine
from zccache.common.evidence.so_confs import read_so_confs
from zccache.common.links.scripts import MAX_BYTES, Script, is_script, read_script
from zccache.common.links.search import NotFoundError, Search
from zccache.common.links.shared_objects import needs_of
from zccache.common.links.thin import thin_files
from zccache.common.request import Job
from zccache.common.values import dataclass, field


class UnknownCauseError(Exception):
    """The linker read a file for which we know no cause, or did not read what its words name."""


@dataclass(slots=True)
class Trail:
    """What a link rested on beside what its linker told.

    files: those that it passed over, and those that it read without a word; absent: places that
    it found empty.
    """

    line: LinkLine
    job: Job
    search: Search
    files: set[str] = field(default_factory=set)

    @property
    def absent(self) -> set[str]:
        """The places that the linker found empty."""
        return self.search.absent

    @classmethod
    def follow(cls, line: LinkLine, listed: Sequence[str], sought: Sequence[str], job: Job) -> Self:
        """Go after a link that read the listed files, and those that it sought; raise UnknownCauseError."""
        placed = [_first_place(name, [job.locate(folder) for folder in line.folders()]) for name in sought]
        listed = (*listed, *placed)
        scripts = {path: script for path in listed if (script := _script_at(path)) is not None}
        named = [folder for script in scripts.values() for folder in script.folders]
        folders = [job.locate(folder) for folder in line.folders(named)]
        trail = cls(line, job, Search(folders, line.forms))
        trail.search.read(listed)
        try:
            trail._follow(scripts, listed)
        except NotFoundError as missing:
            raise UnknownCauseError(f"-l{missing}") from missing
        trail.files |= trail.search.passed_over | set(placed)
        unexplained = next(trail.search.unexplained(), None)
        if unexplained is not None:
            raise UnknownCauseError(unexplained)
        return trail

    def _follow(self, scripts: dict[str, Script], listed: Sequence[str]) -> None:
        words, job, search = self.line.words, self.job, self.search
        for name in dict.fromkeys(words.libraries):
            search.library(name)
        own_files = {known.path for known in job.toolchain.files}
        for plugin in words.plugins:
            if os.path.realpath(plugin) not in own_files:
                raise UnknownCauseError(plugin)
            search.explain(plugin)
        for name in (*job.plan.read_files, *words.inputs):
            search.note(job.locate(name))
            if os.path.isabs(name) and name not in {os.devnull, *job.plan.words}:
                # A start file of the driver's own, which lies in the first of its folders that has it.
                search.anywhere(os.path.basename(name), self.line.driver_folders)
        for name in (*words.scripts, *words.run_folders):
            # What follows -R is a folder or a file.
            self._sought(name, [job.cwd])
        for name in words.read_files:
            search.note(job.locate(name))
        for path, script in scripts.items():
            self._follow_script(path, script)
        if not words.is_relocatable and (words.wants_dynamic or not words.wants_static):
            self._follow_needs(listed)
        for path in listed:
            members = thin_files(path)
            self.files.update(members)
            for member in members:
                search.explain(member)

    def _follow_script(self, path: str, script: Script) -> None:
        for name in script.libraries:
            self.search.library(name)
        for name in script.files:
            self._sought(self.line.in_sysroot(name), [self.job.cwd, os.path.dirname(path)])

    def _sought(self, name: str, first: Iterable[str]) -> None:
        """Note where a file was sought that is named in a script, or by a word that scripts are named by."""
        if os.path.isabs(name):
            self.search.note(name)
            if self.line.words.sysroot:
                self.search.note(self.line.words.sysroot + name)
        else:
            self.search.anywhere(name, (*first, *self.search.folders))

    def _follow_needs(self, listed: Sequence[str]) -> None:
        """Note where GNU ld sought the libraries that libraries need."""
        needs = {path: found for path in listed if (found := needs_of(_read(path, b"\x7fELF"))).names}
        if not needs:
            return
        env = self.job.request.invocation.env
        by_env = (env.get(name, "") for name in ("LD_RUN_PATH", "LD_LIBRARY_PATH"))
        # Those of the configuration files lie in the sysroot, where there is one.
        configured = [
            root + folder
            for folder in read_so_confs(self.job).folders
            for root in {"", self.line.words.sysroot}
        ]
        own = [
            folder.replace("$ORIGIN", os.path.dirname(path)).replace("${ORIGIN}", os.path.dirname(path))
            for path, found in needs.items()
            for folder in found.folders
        ]
        named = (*self.line.words.run_folders, *(part for text in by_env for part in text.split(":") if part))
        folders = [self.job.locate(folder) for folder in (*named, *own, *configured)]
        for name in dict.fromkeys(name for found in needs.values() for name in found.names):
            self.search.anywhere(name, (*folders, *self.search.folders))


def _first_place(name: str, folders: Iterable[str]) -> str:
    place = next((path for folder in folders if os.path.isfile(path := os.path.join(folder, name))), None)
    if place is None:
        raise UnknownCauseError(name)
    return place


def _script_at(path: str) -> Script | None:
    try:
        with open(path, "rb") as file:
            head = file.read(64)
            if not is_script(head) or os.fstat(file.fileno()).st_size > MAX_BYTES:
                return None
            return read_script(head + file.read())
    except OSError:
        return None


def _read(path: str, magic: bytes = b"") -> bytes:
    try:
        with open(path, "rb") as file:
            head = file.read(len(magic))
            return head + file.read() if head == magic else b""
    except OSError:
        return b""
