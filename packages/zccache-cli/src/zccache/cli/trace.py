"""The timed steps of one front, for ZCCACHE_DEBUG and ZCCACHE_LOG; silent without them."""

from __future__ import annotations

import os
import sys
import time


class Trace:
    """Says each step with the time since the start, on stderr, into a file, both, or not at all."""

    __slots__ = ("_fds", "_last_ns", "_start_ns")

    def __init__(self, *, debug: bool, log: str) -> None:
        self._fds = [2] if debug else []
        if log:
            try:
                self._fds.append(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666))
            except OSError as error:
                self._complain(log, error)
        self._start_ns = time.monotonic_ns() if self._fds else 0

    def step(self, what: str) -> None:
        """Say one step; costs nothing when nobody listens."""
        if not self._fds:
            return
        passed_us = (time.monotonic_ns() - self._start_ns) // 1000
        line = f"zccache[{os.getpid()}] {passed_us} us: {what}\n".encode(errors="surrogateescape")
        for fd in self._fds:
            try:
                os.write(fd, line)
            except OSError:
                continue

    def _complain(self, log: str, error: OSError) -> None:
        # Only one who debugs wants to know; a compile must not print anything of ours.
        if self._fds:
            sys.stderr.write(f"zccache: ZCCACHE_LOG={log}: {error.strerror}\n")
