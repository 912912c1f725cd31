"""Knows the bytes of an entry: what one compile made. The format is in docs/cache-layout.md."""

import os
import struct
from collections.abc import Iterable
from typing import Final

from zccache.common.blobs import Blob
from zccache.common.command.crate import Crate
from zccache.common.digests import Digest
from zccache.common.errors import BadBytes
from zccache.common.index.entries import Entry, StoredOutput, Stream
from zccache.common.index.sealing import Cursor, seal, unseal
from zccache.common.keys import Key

_FIXED: Final = struct.Struct("<iQQBHI")
_OUTPUT: Final = struct.Struct("<32sQI")
_STREAM: Final = struct.Struct("<BI")
_BLOB: Final = struct.Struct("<32sQ")
_INLINE: Final = 0
_STORED: Final = 1
_COLOURED: Final = 1
_OF_A_CRATE: Final = 2
_CRATE_WORDS: Final = 6


def encode_entry(entry: Entry) -> bytes:
    """Return the bytes of an entry (its result key is the row's own column)."""
    words = [entry.tool, entry.source, *(output.role for output in entry.outputs)]
    flags = _COLOURED if entry.coloured else 0
    if entry.crate is not None:
        flags |= _OF_A_CRATE
        words += _crate_words(entry.crate)
    text = os.fsencode("\0".join(words))
    parts = [
        _FIXED.pack(
            entry.exit_status,
            entry.duration_ns,
            entry.created_ns,
            flags,
            len(entry.outputs),
            len(text),
        ),
        text,
    ]
    parts += (_OUTPUT.pack(*output.blob, output.mode_bits) for output in entry.outputs)
    for stream in (entry.stdout, entry.stderr):
        parts += _encode_stream(stream)
    return seal(b"".join(parts))


def _crate_words(crate: Crate) -> tuple[str, ...]:
    return crate.name, crate.version, crate.profile, crate.triple, ",".join(crate.emits), crate.folder


def _crate_of(words: list[str]) -> Crate:
    name, version, profile, triple, emits, folder = words
    return Crate(name, version, profile, triple, tuple(emits.split(",")), folder)


def _encode_stream(stream: Stream) -> tuple[bytes, bytes]:
    if isinstance(stream, Blob):
        return _STREAM.pack(_STORED, _BLOB.size), _BLOB.pack(*stream)
    return _STREAM.pack(_INLINE, len(stream)), stream


def decode_entry(result: Key, data: object) -> Entry:
    """Return the entry in a row; raise BadBytes."""
    cursor = Cursor(unseal(data))
    exit_status, duration_ns, created_ns, flags, count, text_bytes = _FIXED.unpack(cursor.take(_FIXED.size))
    of_crate = _CRATE_WORDS if flags & _OF_A_CRATE else 0
    tool, source, *words = cursor.words(text_bytes, count + 2 + of_crate)
    roles, crate = words[:count], words[count:]
    outputs = []
    for role in roles:
        digest, size_bytes, mode_bits = _OUTPUT.unpack(cursor.take(_OUTPUT.size))
        outputs.append(StoredOutput(role, Blob(Digest(digest), size_bytes), mode_bits))
    stdout, stderr = _decode_stream(cursor), _decode_stream(cursor)
    cursor.end()
    return Entry(
        result=result,
        outputs=tuple(outputs),
        stdout=stdout,
        stderr=stderr,
        exit_status=exit_status,
        duration_ns=duration_ns,
        created_ns=created_ns,
        coloured=bool(flags & _COLOURED),
        source=source,
        tool=tool,
        crate=_crate_of(crate) if crate else None,
    )


def _decode_stream(cursor: Cursor) -> Stream:
    kind, length = _STREAM.unpack(cursor.take(_STREAM.size))
    if kind == _INLINE:
        return cursor.take(length)
    if kind == _STORED and length == _BLOB.size:
        digest, size_bytes = _BLOB.unpack(cursor.take(_BLOB.size))
        return Blob(Digest(digest), size_bytes)
    raise BadBytes(f"entry: stream of kind {kind} with {length} bytes")


def encode_blobs(blobs: Iterable[Blob]) -> bytes:
    """Return blobs as the plain column that says what an entry holds on to."""
    return b"".join(_BLOB.pack(*blob) for blob in blobs)


def decode_blobs(data: object) -> list[Blob]:
    """Return the blobs in that column; an odd tail is left out, since nothing can be let go by it."""
    if not isinstance(data, bytes):
        return []
    whole = len(data) - len(data) % _BLOB.size
    return [Blob(Digest(digest), size_bytes) for digest, size_bytes in _BLOB.iter_unpack(data[:whole])]
