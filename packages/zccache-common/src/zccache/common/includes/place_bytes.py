"""Knows the bytes of the places of one compile.

Little-endian. Byte 0 is the format, 1 or 2. Then four tables, each a u32 count, a u32 length and
that many bytes of NUL-joined words: names (sorted, each once), folders, existing, twins (both
sides of each pair in turn). Then for each folder a u32 count and the numbers, in the table of
names, of what must be absent from it: u16 each, u32 where there are more than 65536 names.
Format 2, taken where folders are listed, has a fifth table at the end: each folder and the digest
of its names, in hex, in turn.
The 40 000 places of a unit with 744 inputs and 30 -I folders take 123 kB so (25 kB behind zlib)
and decode in 5 ms; one bit per name and folder took 200 kB and 100 ms.
"""

import itertools
import os
import struct
from collections.abc import Iterable, Mapping
from typing import Final

from zccache.common.errors import BadBytes

_FORMAT: Final = 1
_WITH_LISTED: Final = 2
_TABLE: Final = struct.Struct("<II")
_COUNT: Final = struct.Struct("<I")
_SMALL_NAMES: Final = 1 << 16

Pairs = tuple[tuple[str, str], ...]
Columns = tuple[dict[str, tuple[str, ...]], tuple[str, ...], Pairs, Pairs]


def encode_places(
    empty: Mapping[str, tuple[str, ...]],
    existing: Iterable[str],
    twins: Iterable[tuple[str, str]],
    listed: Iterable[tuple[str, str]] = (),
) -> bytes:
    """Return the bytes of places."""
    names = sorted({name for group in empty.values() for name in group})
    position = {name: at for at, name in enumerate(names)}
    tables = (names, list(empty), list(existing), list(itertools.chain.from_iterable(twins)))
    listings = list(itertools.chain.from_iterable(listed))
    parts = [bytes((_WITH_LISTED if listings else _FORMAT,)), *map(_table, tables)]
    number = _number_letter(len(names))
    for group in empty.values():
        parts.append(_COUNT.pack(len(group)))
        parts.append(struct.pack(f"<{len(group)}{number}", *map(position.__getitem__, group)))
    if listings:
        parts.append(_table(listings))
    return b"".join(parts)


def decode_places(data: bytes) -> Columns:
    """Return empty, existing, twins and listed; raise BadBytes when the bytes are not exactly such places."""
    if data[:1] not in {bytes((_FORMAT,)), bytes((_WITH_LISTED,))}:
        raise BadBytes("places: in no format that is known")
    at = 1
    tables = []
    for _ in range(4):
        words, at = _words(data, at)
        tables.append(words)
    names, folders, existing, both_sides = tables
    empty = {}
    for folder in folders:
        numbers, at = _numbers(data, at, _number_letter(len(names)))
        if numbers and max(numbers) >= len(names):
            raise BadBytes("places: a name beyond the table")
        empty[folder] = tuple(map(names.__getitem__, numbers))
    listings, at = _words(data, at) if data[0] == _WITH_LISTED else ([], at)
    if at != len(data):
        raise BadBytes("places: wrong length")
    return empty, tuple(existing), _pairs(both_sides), _pairs(listings)


def _pairs(words: list[str]) -> Pairs:
    if len(words) % 2:
        raise BadBytes("places: a half of a pair")
    return tuple(zip(words[::2], words[1::2], strict=True))


def _number_letter(names: int) -> str:
    return "H" if names <= _SMALL_NAMES else "I"


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


def _numbers(data: bytes, at: int, letter: str) -> tuple[tuple[int, ...], int]:
    start = at + _COUNT.size
    if start > len(data):
        raise BadBytes("places: end too early")
    (count,) = _COUNT.unpack_from(data, at)
    end = start + count * struct.calcsize(f"<{letter}")
    if end > len(data):
        raise BadBytes("places: end too early")
    return struct.unpack(f"<{count}{letter}", data[start:end]), end
