"""Knows which specs files a gcc reads under given words, and where it sought each of them before."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from zccache.common.command.plan import Dialect
from zccache.common.errors import SpecsUnclear, ToolchainUnknown
from zccache.common.toolchains.driver import library_folders
from zccache.common.toolchains.model import Findings, Run
from zccache.common.tools.specs import doubt_about

_READ: Final = "Reading specs from "
_NOT_FOUND: Final = "could not find specs file "
# The compiler's own description of a machine, which it reads because of -mmcu.
_DEVICE: Final = re.compile(r".*/device-specs/specs-[^/]+")


def ask_specs(program: str, words: Sequence[str], cwd: str, env: Mapping[str, str], run: Run) -> Findings:
    """Return the specs files that a gcc reads under these words; raise ToolchainUnknown, SpecsUnclear.

    -v tells each, those that they include among them, and each that was not found.
    """
    said = run([program, *words, "-v"], cwd, env)
    lines = os.fsdecode(said.stderr).split("\n")
    if said.status != 0:
        raise ToolchainUnknown(f"{program}: {' '.join(words)}: a specs file cannot be read")
    read = [line.removeprefix(_READ) for line in lines if line.startswith(_READ)]
    missing = [line.removeprefix(_NOT_FOUND) for line in lines if line.startswith(_NOT_FOUND)]
    folders = (*library_folders(run([program, *words, "-print-search-dirs"], cwd, env).stdout), cwd)
    files = dict.fromkeys(os.path.join(cwd, name) for name in read)
    for path in files:
        doubt = "" if _DEVICE.fullmatch(path) else doubt_about(_text(path))
        if doubt:
            raise SpecsUnclear(f"{path}: {doubt}")
    names = (*map(_sought_name, words), *_included(files), *missing)
    absent = dict.fromkeys(place for name in names for place in _empty_places(name, folders, files))
    return Findings(Dialect.GCC, "", tuple(files), tuple(absent))


def _sought_name(word: str) -> str:
    """Return the name of what is sought because of a word, or of it and the word before."""
    if word.startswith("-mmcu="):
        return "device-specs"
    if word.startswith("-B"):
        # What lies there by this name is read unasked.
        return "specs"
    return word.partition("=")[2] if word.startswith("-") else word


def _included(files: Mapping[str, None]) -> Iterator[str]:
    for path in files:
        yield from re.findall(r"^%include(?:_noerr)?[ \t]+<([^>\n]+)>", _text(path), re.MULTILINE)


def _empty_places(name: str, folders: Sequence[str], read: Mapping[str, None]) -> Iterator[str]:
    """Yield where a file could appear that would be read for a name; raise SpecsUnclear for a closed one."""
    if not name or os.path.isabs(name):
        return
    for folder in folders:
        place = os.path.join(folder, name)
        if not os.path.lexists(place):
            yield place
        elif place not in read and not os.access(place, os.R_OK):
            raise SpecsUnclear(f"{place}: cannot be read")


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
            return file.read()
    except OSError as error:
        raise SpecsUnclear(f"{path}: {error.strerror}") from error
