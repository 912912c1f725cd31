"""Knows the files that a tool would read by names of its own making, so that one of them is one too many.

clang's analyzer looks in the working folder for NAME.model, for every function that it meets.
"""

import os

from zccache.common.digests import signature_of
from zccache.common.freshness import changed_ns, tick_ns
from zccache.common.request import Guard, Job


def first_barred(job: Job) -> str | None:
    """Return a file that the plan bars; None where there is none, or no folder to hold one."""
    for folder, ending in job.plan.barred:
        try:
            names = os.listdir(job.locate(folder))
        except OSError:
            continue
        for name in names:
            if name.endswith(ending):
                return os.path.join(folder, name)
    return None


def barred_guards(job: Job) -> tuple[Guard, ...] | None:
    """Return guards that hold while no name comes to the folders with barred files; None: one is there."""
    before_ns = tick_ns()
    guards = []
    for folder in dict.fromkeys(job.locate(folder) for folder, _ in job.plan.barred):
        try:
            signature = signature_of(os.stat(folder))
        except OSError:
            return None
        # Any change of the folder makes the next hit look again: the names to watch for are not known.
        fresh = changed_ns(signature) >= before_ns
        guards.append(Guard(folder, None if fresh else signature, None))
    return None if first_barred(job) is not None else tuple(guards)
