"""Knows how a run of the pipeline becomes the frame by which a front is told to run it."""

from zccache.common.request import Run
from zccache.common.wire.messages import RunOrder, pack_run

_TICKET = 1
"""A connection has one run at a time."""


def order_frame(run: Run) -> bytes:
    """Return the RUN frame of a run; whoever gets it is asked to come back if more is to follow."""
    flags = run.ticket.sequel is not None, run.one_stream
    return pack_run(
        RunOrder(_TICKET, run.nice, run.program, run.argv, run.env_changes, *flags, run.stdout, run.stderr)
    )
