"""Knows the number by which two processes can tell that every path leads both to the same file."""

import os

_NAMESPACE = "/proc/self/ns/mnt"
_FACTOR = 0x9E3779B97F4A7C15
_U64 = (1 << 64) - 1


def outlook() -> int:
    """Return the number of what this process sees: of its mounts, and of its root, which chroot changes."""
    try:
        number = os.stat(_NAMESPACE).st_ino
    except OSError:
        number = 0
    root = os.stat("/")
    for part in (root.st_dev, root.st_ino):
        number = (number * _FACTOR + part) & _U64
    return number
