"""Knows how a frame looks: docs/wire.md is its text, the C front its other half.

An 8 byte header (body length, mark, protocol, kind), then the body. The header and the
kinds COLD and RESTART never change, so that any two versions can part in peace.
"""

import struct
from enum import IntEnum
from typing import Final, NamedTuple

from zccache.common.errors import WireBroken

PROTOCOL: Final = 1
MARK: Final = b"ZC"
HEADER: Final = struct.Struct("<I2sBB")
MAX_BODY_BYTES: Final = 64 * 1024 * 1024


class Kind(IntEnum):
    """What a frame is; the high bit marks answers."""

    BEGIN = 0x01
    FINISH = 0x02
    CONTROL = 0x03
    HELLO = 0x04
    HIT = 0x81
    RUN = 0x82
    PASS = 0x83
    FAIL = 0x84
    RECORDED = 0x85
    COLD = 0x86
    CONTROLLED = 0x87
    RESTART = 0x88
    BUSY = 0x89
    WELCOME = 0x8A
    SPREAD = 0x8B


class Header(NamedTuple):
    """A frame's first 8 bytes."""

    body_bytes: int
    protocol: int
    kind: int


def pack_frame(kind: int, *parts: bytes) -> bytes:
    """Return a whole frame whose body is the parts, joined."""
    body_bytes = sum(map(len, parts))
    return b"".join((HEADER.pack(body_bytes, MARK, PROTOCOL, kind), *parts))


def parse_header(data: bytes | bytearray | memoryview) -> Header:
    """Return the header in the first 8 bytes; raise WireBroken when it is not ours or too large."""
    body_bytes, mark, protocol, kind = HEADER.unpack_from(data)
    if mark != MARK:
        raise WireBroken(f"frame begins with {bytes(data[:8])!r}, not ours")
    if body_bytes > MAX_BODY_BYTES:
        raise WireBroken(f"frame of {body_bytes} bytes is over the limit of {MAX_BODY_BYTES}")
    return Header(body_bytes, protocol, kind)
