"""Knows on which mounted file systems no change escapes the kernel's events, and when mounts change."""

import os
import select
from typing import Final

_TABLE: Final = "/proc/self/mountinfo"
_LOCAL: Final = frozenset(b"ext2 ext3 ext4 xfs btrfs tmpfs f2fs jfs reiserfs bcachefs".split())
"""Not overlay (its layers can be written beside it), not network or FUSE (others write), not 9p or vboxsf."""


class Mounts:
    """The mount table of this process's namespace."""

    def __init__(self) -> None:
        """Open the table; raise OSError where there is none."""
        self.fd = os.open(_TABLE, os.O_RDONLY | os.O_CLOEXEC)
        self._local: frozenset[int] = frozenset()
        self.read()

    def read(self) -> None:
        """Take the table anew."""
        os.lseek(self.fd, 0, os.SEEK_SET)
        text = b""
        while piece := os.read(self.fd, 1 << 16):
            text += piece
        kinds: dict[int, set[bytes]] = {}
        for line in text.splitlines():
            fields, _, rest = line.partition(b" - ")
            major, _, minor = fields.split()[2].partition(b":")
            kinds.setdefault(os.makedev(int(major), int(minor)), set()).add(rest.split()[0])
        self._local = frozenset(dev for dev, names in kinds.items() if names <= _LOCAL)

    def is_local(self, dev: int) -> bool:
        """Whether every change on this device goes through this kernel's own file system."""
        return dev in self._local

    def watch_with(self, poll: select.poll) -> None:
        """Have poll tell when the table changes."""
        poll.register(self.fd, select.POLLPRI)

    def close(self) -> None:
        """Close the table."""
        os.close(self.fd)
