"""Knows what a link read whose words name all files, unless one of these leads to others."""

import re
from typing import Final

from zccache.common.evidence.listed import ListedReading, read_listed
from zccache.common.reasons import Reason
from zccache.common.request import NotStored, Ticket
from zccache.common.rooms import Rooms

_THIN: Final = b"!<thin>\n"
_SCRIPTS: Final = (".js", ".mjs", ".cjs", ".html")
# Libraries and shells may include others, or read them while their macros are expanded.
_READING: Final = re.compile(
    rb"^[ \t]*#[ \t]*include\b|\{\{\{(?:(?!\}\}\})[\s\S])*\b(?:read\w*|require|import)\b", re.MULTILINE
)


def read_named_files(ticket: Ticket, rooms: Rooms) -> ListedReading | NotStored:
    """Return what the link read, proven unmoved since it started."""
    job = ticket.job
    probed = (extra.path for extra in job.extras if extra.known is not None)
    for path in (job.locate(job.unit.source), *ticket.read_digests, *probed):
        with open(path, "rb") as file:
            head = file.read(len(_THIN))
            if head == _THIN or (path.endswith(_SCRIPTS) and _READING.search(head + file.read())):
                return NotStored(Reason.UNSEEN_INPUT, path)
    return read_listed(ticket, rooms)
