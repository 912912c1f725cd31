"""Knows how linkers write their depfiles, and reads the inputs back out of them.

GNU ld, gold, lld and mold end theirs with an empty rule for each input, on a line of its
own; in the first rule mold writes all names on one line, as they are. lld escapes blanks as
make wants it, the others nothing: a name that can be read both ways is given both ways.
"""

import os
import re
from typing import Final

_ESCAPE: Final = re.compile(rb"\\([ #])")


def parse_link_depfile(data: bytes) -> tuple[tuple[str, ...], ...]:
    """Return the inputs, each with its readings; nothing when the text is no such depfile."""
    first, _, rest = data.partition(b"\n\n")
    lines = [line for line in rest.split(b"\n") if line]
    if not first or not all(line.endswith(b":") for line in lines):
        return ()
    return tuple(_readings(line[:-1]) for line in dict.fromkeys(lines))


def _readings(name: bytes) -> tuple[str, ...]:
    plain = _ESCAPE.sub(rb"\1", name).replace(b"$$", b"$")
    return tuple(dict.fromkeys((os.fsdecode(name), os.fsdecode(plain))))
