"""Knows the seal before every encoded row (format number, checksum) and how its body is read step by step."""

import os
import struct
import zlib
from typing import Final

from zccache.common.errors import BadBytes

FORMAT: Final = 1

_SEAL: Final = struct.Struct("<BI")


def seal(body: bytes) -> bytes:
    """Return body behind its format number and CRC-32."""
    return _SEAL.pack(FORMAT, zlib.crc32(body)) + body


def unseal(data: object) -> bytes:
    """Return the body behind a seal that holds; raise BadBytes."""
    if not isinstance(data, bytes) or len(data) < _SEAL.size:
        raise BadBytes("row: no seal")
    number, checksum = _SEAL.unpack_from(data)
    body = data[_SEAL.size :]
    if number != FORMAT or zlib.crc32(body) != checksum:
        raise BadBytes(f"row: format {number} or checksum does not hold")
    return body


class Cursor:
    """Reads a body from its start; every step raises BadBytes where the bytes end too early."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, length: int) -> bytes:
        """Return the next length bytes."""
        end = self._at + length
        if end > len(self._data):
            raise BadBytes("row: ends too early")
        taken = self._data[self._at : end]
        self._at = end
        return taken

    def words(self, length: int, count: int) -> list[str]:
        """Return the next length bytes as count words, NUL between them; no word at all is no byte."""
        text = self.take(length)
        if count == 0 and not text:
            return []
        words = os.fsdecode(text).split("\0")
        if len(words) != count:
            raise BadBytes(f"row: {len(words)} words where {count} were counted")
        return words

    def end(self) -> None:
        """Refuse bytes that are left over."""
        if self._at != len(self._data):
            raise BadBytes("row: bytes left over")
