"""Knows what Microsoft's tools really are: the program, and the libraries beside it that do its work."""

import os
from collections.abc import Iterator, Mapping
from typing import Final

from zccache.common.command.plan import Dialect
from zccache.common.errors import ToolchainUnknown
from zccache.common.toolchains.files import libraries_of
from zccache.common.toolchains.model import Findings, Run

_BRAINS: Final = (".dll", ".exe")


def ask_msvc(program: str, cwd: str, env: Mapping[str, str], run: Run) -> Findings:
    """Return the files that a program of Microsoft's is made of; raise ToolchainUnknown."""
    real = os.path.realpath(program)
    files = dict.fromkeys((program, real, *libraries_of(program, cwd, env, run)))
    try:
        files.update(dict.fromkeys(_brains_in(os.path.dirname(real))))
    except OSError as error:
        raise ToolchainUnknown(f"{program}: {error.filename} cannot be read") from None
    return Findings(Dialect.MSVC, "", tuple(files), ())


def _brains_in(folder: str) -> Iterator[str]:
    """Yield the libraries and programs of a folder, and of its folders of messages (1033 is English)."""
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name.lower().endswith(_BRAINS):
            yield entry.path
        elif entry.name.isdigit() and entry.is_dir():
            yield from _brains_in(entry.path)
