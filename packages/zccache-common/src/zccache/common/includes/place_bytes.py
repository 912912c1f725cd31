"""Knows the bytes of the places of one compile.

Little-endian. Byte 0 is the format, 1. Then four tables, each a u32 count, a u32 length and
that many bytes of NUL-joined words: names (sorted, each once), folders, existing, twins (both
sides of each pair in turn). Then for each folder one bit per name, set where the name must be
absent from the folder, lowest bit first, padded to whole bytes. A set of 9000 places in 30 folders is
28 kB this way, mostly zero bits, and 490 kB as paths.
"""

import itertools
import os
import struct
from collections.abc import Iterable, Mapping
from typing import Final

from zccache.common.errors import BadBytes

_FORMAT: Final = 1
_TABLE: Final = struct.Struct("<II")
_BIT_DIGITS: Final = bytes.maketrans(b"\0\1", b"01")

Columns = tuple[dict[str, tuple[str, ...]], tuple[str, ...], tuple[tuple[str, str], ...]]


def encode_places(
    empty: Mapping[str, tuple[str, ...]], existing: Iterable[str], twins: Iterable[tuple[str, str]]
) -> bytes:
    """Return the bytes of places."""
    names = sorted({name for group in empty.values() for name in group})
    position = {name: at for at, name in enumerate(names)}
    tables = (names, list(empty), list(existing), list(itertools.chain.from_iterable(twins)))
    parts = [bytes((_FORMAT,)), *map(_table, tables)]
    for group in empty.values():
        flags = bytearray(len(names))
        for name in group:
            flags[position[name]] = 1
        parts.append(_bits(flags))
    return b"".join(parts)


def decode_places(data: bytes) -> Columns:
    """Return empty, existing and twins; raise BadBytes when the bytes are not exactly such places."""
    if data[:1] != bytes((_FORMAT,)):
        raise BadBytes("places: not in format 1")
    at = 1
    tables = []
    for _ in range(4):
        words, at = _words(data, at)
        tables.append(words)
    names, folders, existing, both_sides = tables
    width = -(-len(names) // 8)
    if len(data) != at + width * len(folders) or len(both_sides) % 2:
        raise BadBytes("places: wrong length")
    empty = {}
    for folder in folders:
        number = int.from_bytes(data[at : at + width], "little")
        if number >> len(names):
            raise BadBytes("places: a name beyond the table")
        digits = f"{number:0{len(names)}b}"[::-1] if names else ""
        empty[folder] = tuple(itertools.compress(names, map(int, digits)))
        at += width
    pairs = zip(both_sides[::2], both_sides[1::2], strict=True)
    return empty, tuple(existing), tuple(pairs)


def _table(words: list[str]) -> bytes:
    text = os.fsencode("\0".join(words))
    return _TABLE.pack(len(words), len(text)) + text


def _words(data: bytes, at: int) -> tuple[list[str], int]:
    start = at + _TABLE.size
    if start > len(data):
        raise BadBytes("places: end too early")
    count, length = _TABLE.unpack_from(data, at)
    if start + length > len(data):
        raise BadBytes("places: end too early")
    words = os.fsdecode(data[start : start + length]).split("\0") if count or length else []
    if len(words) != count:
        raise BadBytes("places: not as many words as counted")
    return words, start + length


def _bits(flags: bytearray) -> bytes:
    if not flags:
        return b""
    digits = flags.translate(_BIT_DIGITS)[::-1]
    return int(digits, 2).to_bytes(-(-len(flags) // 8), "little")
