"""Knows which failures may be no result: the machine, not what was asked, can have brought them about."""

import errno
import os
from typing import Final

_OF_THE_MACHINE: Final = (
    errno.EACCES,
    errno.EAGAIN,
    errno.EBUSY,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EIO,
    errno.EMFILE,
    errno.ENFILE,
    errno.ENOMEM,
    errno.ENOSPC,
    errno.EPERM,
    errno.EROFS,
    errno.ESTALE,
    errno.ETXTBSY,
)
# LLVM words these in any locale as in C.
_SIGNS: Final = (
    b"LLVM ERROR",
    b"PLEASE submit a bug report",
    b"Stack dump:",
    b"out of memory",
    b"bad_alloc",
    *(os.strerror(number).encode() for number in _OF_THE_MACHINE),
)


def is_of_the_machine(status: int, stdout: bytes, stderr: bytes) -> bool:
    """Tell whether a run that ended with this status may have failed for want of memory, room, rights ...

    A shell's 126 and above tell of programs that did not run, or were killed.
    """
    if not status:
        return False
    said = (stdout + stderr).lower()
    return status >= 126 or any(sign.lower() in said for sign in _SIGNS)
