"""Knows whether a step of a command may rest on what its other steps write.

A compiler that gets several sources takes them one after another, so that one may read what
another leaves (`.incbin "a.o"`). Such steps keep their turn; all others may run at the same time.
"""

import os
import re
from collections.abc import Set as AbstractSet
from typing import Final

from zccache.common.request import Facts, Job

_LONGEST_COMMAND_BYTES: Final = 96 * 1024
"""Any system takes so many words and variables: what is longer may have been handed over in an @file."""


def outputs_of(job: Job) -> frozenset[str]:
    """Return where a step leaves what another could name."""
    paths = (os.path.normpath(job.locate(output.path)) for output in job.unit.outputs)
    return frozenset(path for path in paths if not job.is_scratch(path))


def rests_on(facts: Facts | None, unmade: AbstractSet[str]) -> bool:
    """Whether a hit may be another one when these files are written; facts None: nobody knows."""
    if not unmade or facts is None:
        return bool(unmade)
    if any(known.path in unmade for known in facts.files):
        return True
    made: dict[str, set[str]] = {}
    for path in unmade:
        made.setdefault(os.path.dirname(path), set()).add(os.path.basename(path))
    return any(
        guard.names is None or not made[guard.folder].isdisjoint(guard.names | guard.ways)
        for guard in facts.guards
        if guard.folder in made
    )


def can_run_apart(job: Job, written: AbstractSet[str]) -> bool:
    """Whether a step can be asked for as a command of its own, whenever the others write these files.

    Its text must name none of them. A header that does so is not looked into.
    """
    if any(map(job.is_scratch, map(job.locate, (job.unit.source, *job.plan.read_files)))):
        return False
    invocation = job.request.invocation
    variables = sum(len(name) + len(value) + 2 for name, value in invocation.env.items())
    if sum(len(word) + 1 for word in invocation.args) + variables > _LONGEST_COMMAND_BYTES:
        return False
    names = {os.path.basename(path) for path in written}
    return not names or not _is_any_named(names, job.locate(job.unit.source))


def _is_any_named(names: set[str], source_path: str) -> bool:
    try:
        with open(source_path, "rb") as file:
            text = file.read()
    except OSError:
        return True
    endings = {os.fsencode(os.path.splitext(name)[1]) for name in names}
    if not any(ending in text for ending in endings):
        return False
    found = (name for name in map(os.fsencode, names) if name in text)
    return any(re.search(rb"(?<![\w.-])%b(?!\w)" % re.escape(name), text) for name in found)
