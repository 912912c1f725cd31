"""Knows the bytes of a record: what one compile read. The format is in docs/cache-layout.md.

Columns, not rows, go into zlib: level 1 packs 250 inputs (21 kB plain) into 13 kB, of
which 8 kB are digests, which nothing packs and which therefore stay outside.
"""

import os
import struct
import zlib
from typing import Final, cast

from zccache.common.digests import Digest, Signature
from zccache.common.errors import BadBytes
from zccache.common.index.entries import Input, Record
from zccache.common.index.sealing import Cursor, seal, unseal
from zccache.common.keys import Key

_COUNTS: Final = struct.Struct("<II")
_LENGTHS: Final = struct.Struct("<II")
_DIGEST_BYTES: Final = 32
_ZLIB_LEVEL: Final = 1


def encode_record(record: Record) -> bytes:
    """Return the bytes of a record (its result key is the row's own column)."""
    paths, digests, signatures = zip(*record.inputs, strict=True) if record.inputs else ((), (), ())
    text = os.fsencode("\0".join(paths))
    columns = tuple(zip(*signatures, strict=True)) or ((),) * 5
    signed = _signature_columns(len(paths)).pack(*(number for column in columns for number in column))
    plain = b"".join([_LENGTHS.pack(len(text), len(record.places)), text, signed, record.places])
    packed = zlib.compress(plain, _ZLIB_LEVEL)
    return seal(b"".join([_COUNTS.pack(len(paths), len(packed)), packed, *digests]))


def decode_record(result: Key, data: object) -> Record:
    """Return the record in a row; raise BadBytes."""
    cursor = Cursor(unseal(data))
    count, packed_bytes = _COUNTS.unpack(cursor.take(_COUNTS.size))
    packed = cursor.take(packed_bytes)
    flat = cursor.take(count * _DIGEST_BYTES)
    cursor.end()
    try:
        plain = Cursor(zlib.decompress(packed))
    except zlib.error as error:
        raise BadBytes("record: does not unpack") from error
    text_bytes, places_bytes = _LENGTHS.unpack(plain.take(_LENGTHS.size))
    paths = plain.words(text_bytes, count)
    signed = _signature_columns(count)
    numbers = signed.unpack(plain.take(signed.size))
    places = plain.take(places_bytes)
    plain.end()
    digests = cast(
        "list[Digest]", [flat[at : at + _DIGEST_BYTES] for at in range(0, len(flat), _DIGEST_BYTES)]
    )
    columns = (numbers[at * count : (at + 1) * count] for at in range(5))
    return Record(result, tuple(map(Input, paths, digests, map(Signature, *columns))), places)


def _signature_columns(count: int) -> struct.Struct:
    """All devices, then all inodes, sizes, mtimes and ctimes."""
    return struct.Struct(f"<{3 * count}Q{2 * count}q")
