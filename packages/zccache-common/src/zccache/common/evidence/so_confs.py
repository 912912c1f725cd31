"""Knows the configuration files of the loader that a link rests on: GNU ld seeks libraries by them.

They stand in the key, since one that appears in a folder of theirs has a name that nobody knows.
"""

import os
from typing import Final

from zccache.common.digests import signature_of
from zccache.common.freshness import changed_ns, tick_ns
from zccache.common.links.so_conf import SoConf, so_conf
from zccache.common.request import Guard, Job

_LARGEST: Final = 1 << 16


def read_so_confs(job: Job) -> SoConf:
    """Return what the configuration files say that a job's plan names; nothing where it names none."""
    return SoConf().joined(so_conf(job.locate(path), _read) for path in job.plan.so_confs)


def so_conf_files(job: Job) -> tuple[str, ...]:
    """Return the configuration files, and those that would count if they were there."""
    if not job.plan.so_confs:
        return ()
    return tuple(dict.fromkeys((*map(job.locate, job.plan.so_confs), *read_so_confs(job).files)))


def so_conf_guards(job: Job) -> tuple[Guard, ...]:
    """Return guards that hold while no file comes to the folders of configuration files."""
    before_ns = tick_ns()
    guards = []
    for folder in read_so_confs(job).listed:
        signature = signature_of(os.stat(folder))
        fresh = changed_ns(signature) >= before_ns
        guards.append(Guard(folder, None if fresh else signature, None))
    return tuple(guards)


def _read(path: str) -> bytes | None:
    # Three calls of the system, where a file object makes nine: this is done for every link.
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        return os.read(fd, _LARGEST)
    except OSError:
        return None
    finally:
        os.close(fd)
