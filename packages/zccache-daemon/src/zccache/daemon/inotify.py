"""Knows the kernel's inotify: watches on folders, and the events as the kernel wrote them. Linux only."""

import ctypes
import os
import struct
import sys
from typing import Final, NamedTuple

ACCESS: Final = 0x1
MODIFY: Final = 0x2
ATTRIB: Final = 0x4
OPEN: Final = 0x20
MOVED_FROM: Final = 0x40
MOVED_TO: Final = 0x80
CREATE: Final = 0x100
DELETE: Final = 0x200
DELETE_SELF: Final = 0x400
MOVE_SELF: Final = 0x800
UNMOUNT: Final = 0x2000
OVERFLOW: Final = 0x4000
IGNORED: Final = 0x8000
ONLY_FOLDER: Final = 0x1000000
NO_FOLLOW: Final = 0x2000000

_EVENT: Final = struct.Struct("iIII")
_READ_BYTES: Final = 1 << 18


class Event(NamedTuple):
    """One event: which watch, what happened, and the name below the folder (empty: the folder itself)."""

    watch: int
    mask: int
    name: bytes


class Inotify:
    """One inotify descriptor."""

    def __init__(self) -> None:
        """Open it; raise OSError where the kernel has none to give."""
        if sys.platform != "linux":
            raise OSError("inotify is Linux's")
        self._libc = ctypes.CDLL(None, use_errno=True)
        self.fd = self._checked(self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))

    def add(self, folder: str, mask: int) -> int:
        """Watch a folder and return the watch, the same one for the same folder; raise OSError."""
        return self._checked(
            self._libc.inotify_add_watch(self.fd, os.fsencode(folder), ctypes.c_uint32(mask))
        )

    def read(self) -> list[Event]:
        """Return the events that are queued now; an empty list costs one system call."""
        events: list[Event] = []
        while True:
            try:
                data = os.read(self.fd, _READ_BYTES)
            except BlockingIOError:
                return events
            at = 0
            while at < len(data):
                watch, mask, _, length = _EVENT.unpack_from(data, at)
                at += _EVENT.size
                events.append(Event(watch, mask, data[at : at + length].rstrip(b"\0")))
                at += length
            if len(data) < _READ_BYTES // 2:
                return events

    def close(self) -> None:
        """Close the descriptor, and with it every watch."""
        os.close(self.fd)

    def _checked(self, result: int) -> int:
        if result < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        return result
