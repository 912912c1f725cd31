"""Knows which folders of headers were there, where the compiler tells of the missing ones.

That stands in the key, as it was before the run, and in the record, since a folder in which
nothing is found is watched by nobody else.
"""

import os
from collections.abc import Iterator

from zccache.common.includes.places import Places
from zccache.common.includes.search import SearchPath
from zccache.common.reasons import Reason
from zccache.common.request import Job, NotStored, Ticket


def folder_parts(job: Job) -> Iterator[bytes]:
    """Yield what of the folders stands in the key; nothing where they do not matter."""
    if job.plan.warned_folders:
        paths = map(job.locate, job.plan.warned_folders)
        yield b"folders " + b"".join(
            b"d" if os.path.isdir(path) else b"f" if os.path.lexists(path) else b"-" for path in paths
        )


def with_folders(places: Places, ticket: Ticket, search: SearchPath) -> Places | NotStored:
    """Return the places with the folders that were there, and those that were not."""
    job = ticket.job
    if not job.plan.warned_folders:
        return places
    if ticket.parts is None or not set(folder_parts(job)) <= set(ticket.parts.extra):
        return NotStored(Reason.INPUT_CHANGED, "a folder of headers came or went")
    named = map(job.locate, job.plan.warned_folders)
    folders = dict.fromkeys((*named, *search.quote, *search.bracket, *search.missing, *search.dropped))
    # With a dot behind it, since a file of the name is none.
    there = {path: os.path.join(path, ".") if os.path.isdir(path) else path for path in folders}
    existing = [place for path, place in there.items() if os.path.lexists(path)]
    empty = [f"{path}/" for path in folders if not os.path.lexists(path)]
    return places.with_absent(empty).merged(Places({}, (), tuple((place, place) for place in existing)))
