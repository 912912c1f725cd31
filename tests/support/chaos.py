"""Small units that are compiled bare and through a cache, while something goes wrong with the cache."""

import contextlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from daemons import daemon_pid, processes_of
from fronts import native_front, python_front
from tools import require_tool

ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "10"))
"""How often a test repeats what it does at random: ten times, or as often as somebody wants to wait for."""

PATIENCE_S = 120.0
CLI = Path(sys.executable).parent / "zccache-cli"
# Half a second and more in the compiler, so that something can happen meanwhile.
_SLOW = (
    "#include <regex>\n#include <map>\nbool f(const char *s) { return std::regex_match(s, std::regex(s)); }\n"
)

Ended = subprocess.CompletedProcess[bytes]


class Units:
    """A folder of units that share a header, and what a bare compiler makes of each."""

    def __init__(self, folder: Path, front: Path, root: Path, *, count: int = 4) -> None:
        require_tool("gcc", "gcc")
        self.folder = folder
        self.root = root
        self.front = front
        self.names = [f"u{number}" for number in range(count)]
        self.env = {**os.environ, "ZCCACHE_CACHE_DIR": str(root)}
        folder.mkdir(exist_ok=True)
        for name in self.names:
            (folder / f"{name}.c").write_text(f'#include "shared.h"\nint {name}(void) {{ return VALUE; }}\n')
        self.edit(0)

    def edit(self, value: int) -> None:
        """Change the header that all units read, and compile them bare."""
        (self.folder / "shared.h").write_text(f"#define VALUE {value}\n")
        self.bare = {}
        for name in self.names:
            subprocess.run(["gcc", "-c", f"{name}.c"], cwd=self.folder, check=True)
            self.bare[name] = self.output(name).read_bytes()
        self.clean()

    def clean(self) -> None:
        """Remove what compiles have made."""
        for name in self.names:
            self.output(name).unlink(missing_ok=True)

    def output(self, name: str) -> Path:
        """Return where a unit's object goes."""
        return self.folder / f"{name}.o"

    def start(self, name: str) -> "subprocess.Popen[bytes]":
        """Start to compile a unit through the cache."""
        return subprocess.Popen(
            [self.front, "gcc", "-c", f"{name}.c"],
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def build(self, names: Sequence[str] = ()) -> None:
        """Compile units one after the other and check them."""
        for name in names or self.names:
            self.check({name: self.start(name)})

    def check(self, compiles: Mapping[str, "subprocess.Popen[bytes]"], *, says: bytes = b"") -> None:
        """Wait for compiles: each ends well, has made what a bare compiler makes, and says nothing.

        says: a pattern of lines that may be said all the same.
        """
        ends = {name: process.communicate(timeout=PATIENCE_S)[0] for name, process in compiles.items()}
        for (name, said), process in zip(ends.items(), compiles.values(), strict=True):
            odd = [line for line in said.splitlines() if not says or not re.search(says, line)]
            assert (name, process.returncode, odd) == (name, 0, []), said
            assert self.output(name).read_bytes() == self.bare[name], f"{name}.o is not what gcc makes"
        self.clean()

    def status(self) -> dict[str, object]:
        """Return what `zccache status` tells."""
        words = [str(CLI), "status", "--json"]
        said = subprocess.run(words, env=self.env, check=True, capture_output=True, timeout=PATIENCE_S)
        status: dict[str, object] = json.loads(said.stdout)
        return status

    def stop(self) -> None:
        """Stop the daemon."""
        subprocess.run([CLI, "stop"], env=self.env, check=True, capture_output=True, timeout=PATIENCE_S)

    def signal_daemon(self, number: signal.Signals) -> int | None:
        """Send a signal to the daemon, if there is one, and return its pid."""
        pid = daemon_pid(self.root)
        if pid is None or pid not in processes_of(self.root):
            return None
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        return pid


def install_front(name: str, folder: Path, *, daemon: str | None = None) -> Path:
    """Put a front with its command line into a folder, and return it.

    daemon is the text of a script in the place of zccache-daemon; the real one without.
    """
    folder.mkdir()
    native = folder / "zccache"
    front = python_front(folder) if name == "twin" else Path(shutil.copy2(native_front(), native))
    (folder / CLI.name).symlink_to(CLI)
    script = folder / "zccache-daemon"
    if daemon is None:
        script.symlink_to(CLI.with_name(script.name))
    else:
        script.write_text(daemon)
        script.chmod(0o755)
    return front


def slow_unit(folder: Path) -> list[str]:
    """Write a unit that takes its time, and return the words that compile it."""
    require_tool("g++", "g++")
    (folder / "slow.cc").write_text(_SLOW)
    return ["g++", "-c", "slow.cc"]


def children_of(pid: int) -> set[int]:
    """Return the living children of a process; Linux only."""
    with contextlib.suppress(OSError):
        return {int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}
    return set()


def seeded() -> random.Random:
    """Return a source of chance, and print what makes it repeat itself."""
    seed = int(os.environ.get("CHAOS_SEED", "0")) or random.SystemRandom().randrange(1 << 32)
    print(f"CHAOS_SEED={seed}")
    return random.Random(seed)
