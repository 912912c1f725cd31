"""Knows what the assembler read for a compile, by its own list, and where it looked before in vain."""

import os
import re
from collections.abc import Iterable, Iterator
from typing import Final

from zccache.common.includes.candidates import plain
from zccache.common.includes.depfile import parse_depfile
from zccache.common.request import Ticket

_TEMPORARY: Final = re.compile(r".*/cc\w{6}\.s")


def assembled_files(ticket: Ticket) -> tuple[str, ...] | None:
    """Return the files that the assembler read, as it names them; None where it was not asked, or is silent.

    The compiler's own text, which it read first, is not among them.
    """
    try:
        with open(ticket.assembler_report, "rb") as file:
            named = parse_depfile(file.read())
    except OSError:
        return None
    job = ticket.job
    written = {plain(job.locate(output.path)) for output in job.unit.outputs}
    kept = (name for name in named if os.path.exists(job.locate(name)) or not _TEMPORARY.fullmatch(name))
    return tuple(name for name in kept if plain(job.locate(name)) not in written) if named else None


def places_before(ticket: Ticket, names: Iterable[str]) -> set[str]:
    """Return where files of these names would have been found first: in the working folder, then by -I."""
    job = ticket.job
    folders = [job.cwd, *map(job.locate, _folders(job.plan.search_words))]
    plain_folders = [plain(folder) for folder in folders]
    places: set[str] = set()
    for path in {plain(job.locate(name)) for name in names}:
        for index, folder in enumerate(plain_folders):
            if path.startswith(f"{folder}/"):
                places.update(
                    plain(f"{before}/{path[len(folder) + 1 :]}") for before in plain_folders[:index]
                )
    return {place for place in places if not os.path.isdir(place)}


def _folders(words: Iterable[str]) -> Iterator[str]:
    remaining = iter(words)
    for word in remaining:
        if word == "-I":
            yield next(remaining, "")
        elif word.startswith("-I"):
            yield word[2:]
