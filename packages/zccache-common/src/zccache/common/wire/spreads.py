"""Knows the body of SPREAD, as in docs/wire.md: commands that a front is to ask for, each by itself."""

import struct
from typing import Final, NamedTuple

from zccache.common.errors import WireBroken
from zccache.common.wire.frames import Kind, pack_frame
from zccache.common.wire.messages import MORE_FOLLOWS, pack_block, split_block

_SPREAD: Final = struct.Struct("<Q3I")
_PIECE: Final = struct.Struct("<4I")


class Piece(NamedTuple):
    """A command, and what is to be printed before it prints anything; the last one may have no words."""

    argv: tuple[str, ...]
    stdout: bytes = b""
    stderr: bytes = b""


class SpreadOrder(NamedTuple):
    """What a front is to ask for: at most at_once commands at a time, FINISH when all are over.

    more_follows: the answer to FINISH is the next order, or a HIT that ends the command;
    without an answer there is still something to run.
    """

    ticket: int
    at_once: int
    more_follows: bool
    pieces: tuple[Piece, ...]


def pack_spread(order: SpreadOrder) -> bytes:
    """Return the frame that tells a front what to ask for."""
    flags = MORE_FOLLOWS if order.more_follows else 0
    parts = [_SPREAD.pack(order.ticket, order.at_once, flags, len(order.pieces))]
    for piece in order.pieces:
        block = pack_block(piece.argv)
        parts += (_PIECE.pack(len(piece.argv), len(block), len(piece.stdout), len(piece.stderr)), block)
        parts += (piece.stdout, piece.stderr)
    return pack_frame(Kind.SPREAD, *parts)


def unpack_spread(body: bytes) -> SpreadOrder:
    """Return the order in a body; raise WireBroken when lengths do not add up."""
    try:
        ticket, at_once, flags, count = _SPREAD.unpack_from(body)
        at, pieces = _SPREAD.size, []
        for _ in range(count):
            argc, *lengths = _PIECE.unpack_from(body, at)
            at += _PIECE.size
            ends = (at + lengths[0], at + sum(lengths[:2]), at + sum(lengths))
            argv = split_block(body[at : ends[0]])
            if len(argv) != argc:
                raise WireBroken("SPREAD's word counts do not add up")
            pieces.append(Piece(argv, body[ends[0] : ends[1]], body[ends[1] : ends[2]]))
            at = ends[2]
    except struct.error as error:
        raise WireBroken("SPREAD is cut short") from error
    if at != len(body) or not at_once:
        raise WireBroken("SPREAD's lengths do not add up")
    return SpreadOrder(ticket, at_once, bool(flags & MORE_FOLLOWS), tuple(pieces))
