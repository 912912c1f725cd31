"""Knows what else a gcc-like driver reads and runs under the words of one command: -B folders and specs.

A -B folder comes before all others: for programs, start files, libraries, specs files, and for
headers by a folder `include` in it.
"""

import os
from collections.abc import Iterator, Mapping, Sequence

from zccache.common.command.plan import Dialect
from zccache.common.errors import SpecsUnclear
from zccache.common.toolchains.driver import library_folders, programs_of
from zccache.common.toolchains.model import Findings, Run
from zccache.common.toolchains.specs import ask_specs


def ask_under_words(
    program: str, dialect: Dialect, words: Sequence[str], cwd: str, env: Mapping[str, str], run: Run
) -> Findings:
    """Return what a driver is made of under these words; raise ToolchainUnknown, SpecsUnclear."""
    prefixes = [word.removeprefix("-B") for word in words if word.startswith("-B")]
    for prefix in prefixes:
        # To gcc it is the beginning of names where it is no folder.
        if not os.path.isdir(prefix):
            raise SpecsUnclear(f"-B {prefix}: is no folder")
    specs = Findings(dialect, "", (), ())
    if dialect is Dialect.GCC:
        specs = ask_specs(program, words, cwd, env, run)
    if not prefixes:
        return specs
    programs = programs_of(program, words, dialect, cwd, env, run)
    folders = dict.fromkeys(
        place
        for folder in _below(
            prefixes, library_folders(run([program, *words, "-print-search-dirs"], cwd, env).stdout)
        )
        for place in (folder, f"{folder}/include", f"{folder}/include-fixed")
    )
    there = [folder for folder in folders if os.path.isdir(folder)]
    missing = [folder for folder in folders if not os.path.lexists(folder)]
    return Findings(
        dialect,
        # A folder that appears is searched before those that were there.
        "\n".join((specs.banner, *there)),
        (*specs.files, *programs.files),
        (*specs.absent, *programs.absent, *missing),
    )


def _below(prefixes: Sequence[str], folders: Sequence[str]) -> Iterator[str]:
    """Yield the -B folders, and those for one machine and version that the driver seeks in them."""
    for prefix in prefixes:
        own = prefix.rstrip("/")
        yield own
        yield from (folder.rstrip("/") for folder in folders if folder.startswith(f"{own}/"))
