"""The cached side as people have it: the installed front, which starts a daemon of its own root."""

import os
import signal
import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path

from daemons import daemon_pid, processes_of, stop_daemon
from fronts import native_front
from orders import Ask
from sides import NOTHING, Ended, Meanwhile, another_process, run
from waiting import wait_until
from zccache.common.layout import Layout

COUNTS: Counter[str] = Counter()
"""What all roots of this process counted, as `zccache status` tells it."""


class FrontSide:
    """A front and its daemon, in processes of their own."""

    def __init__(self, root: Path) -> None:
        self.layout = Layout(str(root))
        self._root = root
        self._front = native_front()

    def compile(self, ask: Ask, meanwhile: Meanwhile = NOTHING) -> Ended:
        """Run the front; when its compiler runs nobody can tell, so what happens meanwhile comes after it."""
        ended = self._run(ask, {})
        meanwhile.before()
        meanwhile.after()
        meanwhile.told()
        return replace(ended, how="front")

    def compile_cold(self, ask: Ask) -> Ended:
        """Run the front where there is no daemon and none can be started."""
        stop_daemon(self._root)
        return replace(self._run(ask, {"ZCCACHE_NO_SPAWN": "1"}), how="front cold")

    def restart(self) -> None:
        """Ask the daemon to end; the next front starts another."""
        stop_daemon(self._root)

    def kill(self) -> None:
        """Kill the daemon, if there is one."""
        pid = daemon_pid(self._root)
        if pid in processes_of(self._root) and pid is not None:
            os.kill(pid, signal.SIGKILL)
            assert wait_until(lambda: pid not in processes_of(self._root))

    def clear(self) -> None:
        """Run `zccache clear`."""
        env = {**os.environ, "ZCCACHE_CACHE_DIR": str(self._root)}
        subprocess.run([self._front, "clear"], env=env, check=True, timeout=60, capture_output=True)

    def close(self) -> None:
        """End the daemon, see that nothing is left of it, and take over its counts."""
        left = stop_daemon(self._root)
        assert not left, f"processes of {self._root} outlived it: {sorted(left)}"
        with another_process(self.layout) as (index, _):
            COUNTS.update(index.counts())

    def _run(self, ask: Ask, more: dict[str, str]) -> Ended:
        return run(
            ask,
            argv=("zccache", *ask.argv),
            program=str(self._front),
            changes={"ZCCACHE_CACHE_DIR": str(self._root), **more},
            on_terminal=ask.on_terminal,
        )
