"""Knows which mapping files include-what-you-use reads: those that are named, and those that these name."""

import os
import re
from collections.abc import Callable, Iterable
from typing import Final

# The files are YAML; a name that only looks like one is looked for too, and does no harm.
_REFERENCE: Final = re.compile(
    rb"""["']?ref["']?\s*:\s*(?:"([^"\n]*)"|'([^'\n]*)'|([^\s,}\]"'][^,}\]\n]*))"""
)


def mapping_places(names: Iterable[str], folder: str, read: Callable[[str], bytes | None]) -> dict[str, None]:
    """Return every path at which a mapping file is read or sought, there or not.

    A name is taken against the working folder, then against the folder of each file that
    led to it; here against that of every file, which is never too few. read returns the bytes of a
    path, or None where nothing can be read.
    """
    sought = dict.fromkeys(names)
    folders = {folder: None}
    seen: dict[str, None] = {}
    while True:
        places = [os.path.join(base, name) for name in sought for base in folders]
        fresh = [place for place in dict.fromkeys(places) if place not in seen]
        if not fresh:
            return seen
        seen.update(dict.fromkeys(fresh))
        for place in fresh:
            data = read(place)
            if data is not None:
                folders[os.path.dirname(place)] = None
                sought.update(dict.fromkeys(_references(data)))


def _references(data: bytes) -> Iterable[str]:
    for groups in _REFERENCE.findall(data):
        name = os.fsdecode(next(filter(None, groups), b"").strip())
        if name:
            yield name
