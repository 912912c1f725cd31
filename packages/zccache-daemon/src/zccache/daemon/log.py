"""Knows how the daemon's log is written: one line at a time, to a file that never grows without end.

Not the logging module, whose import costs as much as a whole interpreter.
"""

import os
import threading
import time
from typing import Final

LIMIT_BYTES: Final = 10 * 1024 * 1024
LEVELS: Final = ("debug", "info", "warning", "error")
_KEPT_READABLE: Final = "backslashreplace"
# Names of files may hold anything; a line stays a line.
_ESCAPED: Final = {code: f"\\x{code:02x}" for code in (*range(32), 127)}


class Log:
    """Lines to a file (renamed to `.1` at 10 MiB), or to stderr where path is None.

    A line that cannot be written is lost: a full disk must not stop a build.
    """

    def __init__(self, path: str | None, level: str) -> None:
        self._path = path
        self._from = LEVELS.index(level)
        self._lock = threading.Lock()
        self._fd = 2 if path is None else -1
        self._size_bytes = 0

    def debug(self, message: str) -> None:
        """Log what only helps to find a fault."""
        self._write(0, message)

    def info(self, message: str) -> None:
        """Log a step of the daemon's life."""
        self._write(1, message)

    def warning(self, message: str) -> None:
        """Log what somebody may want to set right."""
        self._write(2, message)

    def error(self, message: str) -> None:
        """Log a failure of ours."""
        self._write(3, message)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._fd > 2:
                os.close(self._fd)
                self._fd = -1

    def _write(self, level: int, message: str) -> None:
        if level < self._from:
            return
        now = time.time()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
        text = message.translate(_ESCAPED)
        line = f"{stamp}.{int(now % 1 * 1000):03}Z {LEVELS[level]:7} {text}\n".encode("utf-8", _KEPT_READABLE)
        with self._lock:
            try:
                self._make_room(len(line))
                os.write(self._fd, line)
            except OSError:
                return
            self._size_bytes += len(line)

    def _make_room(self, size_bytes: int) -> None:
        if self._path is None:
            return
        if self._fd >= 0 and self._size_bytes + size_bytes > LIMIT_BYTES:
            os.close(self._fd)
            self._fd = -1
            os.replace(self._path, f"{self._path}.1")
        if self._fd < 0:
            self._fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            self._size_bytes = os.fstat(self._fd).st_size
