"""Knows what went into precompiled headers that were made through the cache.

No depfile tells what gcc took from one, and what stands in its texts (clocks, assembler
files, names of headers) bears on every compile that uses it. So one is trusted only while
all that it was made from is on disk as it was then.
"""

import os
from collections.abc import Iterable, Mapping
from typing import Final

from zccache.common.command.plan import OutputKind
from zccache.common.digests import Digest
from zccache.common.index.entries import Input, StoredOutput
from zccache.common.request import Job
from zccache.common.rooms import Rooms

_KIND: Final = "precompiled header"
_DIGEST_BYTES: Final = 32
_SUFFIXES: Final = (".gch", ".pch")
MODULE_SUFFIX: Final = ".pcm"
"""Ends the names of modules: what one was made from may be modules, too."""


def keep_contents(job: Job, inputs: Iterable[Input], outputs: Iterable[StoredOutput], rooms: Rooms) -> None:
    """Remember what a precompiled header was made from, if the job made one and from texts alone."""
    made = {output.path for output in job.unit.outputs if output.kind is OutputKind.PRECOMPILED_HEADER}
    read = {item.path: item.digest for item in inputs}
    is_chained = not all(path.endswith(MODULE_SUFFIX) for path in job.plan.precompiled)
    if not made or is_chained or any(path.endswith(_SUFFIXES) for path in read):
        return
    for output in outputs:
        if output.role in made:
            rooms.index.memo_put(_KIND, output.blob.digest, _encode(read))


def contents_of(path: str, rooms: Rooms) -> Mapping[str, Digest] | None:
    """Return what a precompiled header was made from, as it was then; None where that is not known."""
    known = rooms.digests.known(path)
    kept = None if known is None else rooms.index.memo_get(_KIND, known.digest)
    return None if kept is None else _decode(kept)


def _encode(read: Mapping[str, Digest]) -> bytes:
    """Return for each path its bytes, a NUL, and its raw digest."""
    return b"".join(os.fsencode(path) + b"\0" + digest for path, digest in read.items())


def _decode(data: bytes) -> dict[str, Digest] | None:
    read = {}
    while data:
        path, nul, data = data.partition(b"\0")
        if not nul or len(data) < _DIGEST_BYTES:
            return None
        read[os.fsdecode(path)] = Digest(data[:_DIGEST_BYTES])
        data = data[_DIGEST_BYTES:]
    return read
