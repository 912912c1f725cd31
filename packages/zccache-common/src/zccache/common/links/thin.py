"""Knows which files a thin archive stands for, through thin archives inside of it."""

import os

from zccache.common.links.archives import THIN, BadArchive, thin_members


def thin_files(path: str) -> tuple[str, ...]:
    """Return the files behind a thin archive, by their paths; nothing for any other file."""
    found: dict[str, None] = {}
    _collect(path, found)
    return tuple(found)


def _collect(path: str, found: dict[str, None]) -> None:
    try:
        with open(path, "rb") as file:
            head = file.read(len(THIN))
            data = head + file.read() if head == THIN else b""
        names = thin_members(data)
    except (OSError, BadArchive):
        return
    for name in names:
        member = os.path.join(os.path.dirname(path), os.fsdecode(name))
        if member not in found:
            found[member] = None
            _collect(member, found)
