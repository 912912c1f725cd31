"""Knows what a container's first process owes: it reaps every orphan and passes signals on.

The daemon itself becomes its child, so that reaping never takes a child that the daemon waits for.
"""

import contextlib
import os
import signal
from collections.abc import Callable
from types import FrameType
from typing import Final

_PASSED_ON: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)


def run_as_first_process(daemon: Callable[[], int]) -> int:
    """Run the daemon in a child and return its exit status (128 + n where signal n ended it)."""
    child = os.fork()
    if child == 0:
        return daemon()

    def pass_on(number: int, _frame: FrameType | None) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, number)

    for number in _PASSED_ON:
        signal.signal(number, pass_on)
    while True:
        # Any orphan of the container; a reaped child frees its pid, so nothing is signalled after the break.
        pid, status = os.waitpid(-1, 0)
        if pid == child:
            break
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code
