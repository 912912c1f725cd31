"""Knows how a run of the pipeline becomes the frame by which a front is told to run it."""

from zccache.common.request import Run, Spread
from zccache.common.wire.messages import RunOrder, pack_run
from zccache.common.wire.spreads import Piece, SpreadOrder, pack_spread

_TICKET = 1
"""A connection has one run at a time."""


def order_frame(run: Run | Spread) -> bytes:
    """Return the frame of what is to be run; whoever gets it is asked to come back if more is to follow."""
    if isinstance(run, Spread):
        pieces = [Piece(*command) for command in run.commands]
        if run.stdout or run.stderr:
            pieces.append(Piece((), run.stdout, run.stderr))
        return pack_spread(SpreadOrder(_TICKET, run.at_once, run.more_follows, tuple(pieces)))
    flags = run.ticket.sequel is not None, run.one_stream
    return pack_run(
        RunOrder(_TICKET, run.nice, run.program, run.argv, run.env_changes, *flags, run.stdout, run.stderr)
    )
