"""What a compiler prints, on its way through us: passed on at once, and kept."""

from __future__ import annotations

import os

# More output than this is passed on but not kept: it could not be stored anyway.
KEPT_BYTES = 16 << 20
_PIECE_BYTES = 1 << 16


class Stream:
    """One pipe from the compiler: what comes out goes on to our own descriptor and is kept."""

    __slots__ = ("_read_fd", "_write_fd", "incomplete", "is_unread", "kept", "target_fd")

    def __init__(self, target_fd: int) -> None:
        self._read_fd, self._write_fd = os.pipe()
        os.set_blocking(self._read_fd, False)
        self.target_fd = target_fd
        self.kept = bytearray()
        self.incomplete = False
        self.is_unread = False

    @property
    def read_fd(self) -> int:
        """Our end of the pipe; -1 when it is closed."""
        return self._read_fd

    @property
    def write_fd(self) -> int:
        """The compiler's end of the pipe."""
        return self._write_fd

    def close_write_end(self) -> None:
        """Leave the writing to the compiler alone, so that its end is the end of the pipe."""
        os.close(self._write_fd)

    def close(self) -> None:
        """Close our end; whoever still writes gets what a bare compiler would get: SIGPIPE."""
        if self._read_fd >= 0:
            os.close(self._read_fd)
            self._read_fd = -1

    def pass_on(self) -> bool:
        """Read one piece and pass it on; return False when there is none now."""
        if self._read_fd < 0:
            return False
        try:
            piece = os.read(self._read_fd, _PIECE_BYTES)
        except BlockingIOError:
            return False
        if not piece:
            self.close()
            return False
        if len(self.kept) + len(piece) <= KEPT_BYTES and not self.incomplete:
            self.kept += piece
        else:
            self.incomplete = True
        if not write_all(self.target_fd, piece):
            self.incomplete = self.is_unread = True
            self.close()
        return True

    def drain(self) -> None:
        """Pass on what is left when the compiler has ended, and close.

        A grandchild may still hold the pipe. A bare compile would not wait for it, nor do we;
        but what it would have printed is not known.
        """
        while self.pass_on():
            pass
        self.incomplete = self.incomplete or self._read_fd >= 0
        self.close()


def write_all(fd: int, data: bytes) -> bool:
    """Write all of data, however slow the reader; return False when nobody reads any more."""
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(fd, view) :]
        except BlockingIOError:
            _wait_until_writable(fd)
        except OSError:
            return False
    return True


def _wait_until_writable(fd: int) -> None:
    import select

    poll = select.poll()
    poll.register(fd, select.POLLOUT)
    poll.poll()
