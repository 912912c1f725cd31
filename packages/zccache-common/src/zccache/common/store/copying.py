"""Knows the cheapest ways to bring bytes from one descriptor into another."""

import errno
import os
from typing import Final

CHUNK_BYTES: Final = 1 << 20

# What a file system, or a pair of them, says to a request it does not know.
_UNABLE: Final = frozenset(
    {errno.EOPNOTSUPP, errno.EXDEV, errno.EINVAL, errno.ENOTTY, errno.ENOSYS, errno.EPERM}
)
_FICLONE: Final = 0x40049409


def write_all(fd: int, data: bytes) -> None:
    """Write data wholly; raise OSError."""
    written = os.write(fd, data)
    while written < len(data):
        written += os.write(fd, memoryview(data)[written:])


def clone(source: int, target: int) -> bool:
    """Let target share source's extents (FICLONE); return False, nothing written, where that cannot be."""
    try:
        import fcntl

        fcntl.ioctl(target, _FICLONE, source)
    except ImportError:
        return False
    except OSError as error:
        if error.errno in _UNABLE:
            return False
        raise
    return True


def copy(source: int, target: int, size_bytes: int, *, may_share: bool = True) -> int:
    """Copy up to size_bytes from position to position, in the kernel if it can; return how many came.

    The kernel's own copy lets the two share their blocks where the file system can do that.
    """
    copied = 0
    if may_share and hasattr(os, "copy_file_range"):
        try:
            while copied < size_bytes:
                step = os.copy_file_range(source, target, size_bytes - copied)
                if step == 0:
                    return copied
                copied += step
        except OSError as error:
            if error.errno not in _UNABLE:
                raise
    while copied < size_bytes:
        chunk = os.read(source, min(CHUNK_BYTES, size_bytes - copied))
        if not chunk:
            break
        write_all(target, chunk)
        copied += len(chunk)
    return copied
