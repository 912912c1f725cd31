"""Knows the crash dumps of a cache root: writes one, lists them, clears them.

A dump holds a traceback and facts that the caller names, never the environment.
"""

import contextlib
import os
import sys
import time
from collections.abc import Mapping
from typing import Final

from zccache.common.version import VERSION

KEPT: Final = 20
_PREFIX: Final = "crash-"
_SUFFIX: Final = ".txt"


class Crashes:
    """The dumps in one folder; the newest 20 are kept."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def write(self, program: str, kind: str, error: BaseException, facts: Mapping[str, str]) -> str | None:
        """Write down what happened and return the file's path; None when it cannot be written."""
        import traceback

        lines = [
            f"program: {program} {VERSION}",
            f"kind: {kind}",
            f"python: {sys.version.split()[0]} on {sys.platform}",
            *(f"{name}: {value}" for name, value in facts.items()),
            "",
            *(line.rstrip("\n") for line in traceback.format_exception(error)),
        ]
        return self.write_text(program, kind, "\n".join(lines) + "\n")

    def write_text(self, program: str, kind: str, text: str) -> str | None:
        """Write a dump whose text is already there; return its path, None when it cannot be written."""
        now_ns = time.time_ns()
        stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(now_ns // 10**9))
        name = f"{_PREFIX}{stamp}.{now_ns % 10**9:09}Z-{program}-{kind}{_SUFFIX}"
        path = os.path.join(self._folder, name)
        try:
            with open(path, "x", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
            self._remove(self.files()[KEPT:])
        except OSError:
            return None
        return path

    def files(self) -> list[str]:
        """Return the paths of the dumps, newest first."""
        try:
            names = os.listdir(self._folder)
        except FileNotFoundError:
            return []
        # The time stands first in the name, in a form that sorts.
        dumps = [name for name in names if name.startswith(_PREFIX) and name.endswith(_SUFFIX)]
        return [os.path.join(self._folder, name) for name in sorted(dumps, reverse=True)]

    def clear(self) -> int:
        """Remove every dump and return how many there were."""
        dumps = self.files()
        self._remove(dumps)
        return len(dumps)

    def _remove(self, paths: list[str]) -> None:
        for path in paths:
            # Another process may clear at the same time.
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
