"""Fills the index of a cache root with made-up entries; our interpreter runs it with ROOT and COUNT.

Through the room that keeps real ones, so that tables, triggers and sizes are as they would be.
"""

import sys
import time
from typing import Final

from zccache.common.blobs import Blob
from zccache.common.digests import Signature, digest_bytes
from zccache.common.includes.places import Places
from zccache.common.index.database import Index
from zccache.common.index.entries import Entry, Input, Record, StoredOutput
from zccache.common.keys import parts_key
from zccache.common.layout import Layout

_INPUTS: Final = 25
_OBJECT_BYTES: Final = 20_000


def main(root: str, count: int) -> None:
    """Add so many entries, each of a unit with some headers, to the index of a root."""
    layout = Layout(root)
    index = Index.open(layout)
    now_ns = time.time_ns()
    inputs = tuple(
        Input(
            f"/project/include/part_{number}.h", digest_bytes(b"%d" % number), Signature(1, number, 9, 1, 1)
        )
        for number in range(_INPUTS)
    )
    places = Places({"/project/src": tuple(f"part_{number}.h" for number in range(_INPUTS))}, ()).encode()
    for number in range(count):
        source = f"/project/src/unit_{number}.c"
        own = Input(source, digest_bytes(source.encode()), Signature(1, number, 9, 1, 1))
        result = parts_key("result", source)
        blob = Blob(digest_bytes(b"object %d" % number), _OBJECT_BYTES)
        entry = Entry(
            result, (StoredOutput(f"unit_{number}.o", blob, 0o666),), b"", b"", 0, 10**8, now_ns, False,
            source, "gcc",
        )  # fmt: skip
        index.add_record(parts_key("context", source), Record(result, (own, *inputs), places), entry)
    index.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
