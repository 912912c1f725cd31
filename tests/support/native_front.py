"""One installed native front in a folder of its own, and what to run it with."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from repository import PACKAGES

SOURCE = PACKAGES / "zccache-cli" / "native" / "zccache.c"
COLD_STATUS = 42
# A zccache-cli that says how it was called: a front that walks cold becomes this.
_TELLING_CLI = f"""#!/bin/sh
printf 'cli'
for word; do printf ' [%s]' "$word"; done
printf '\\n'
exit {COLD_STATUS}
"""


class Front:
    """A front under test: bin is its folder, work the current folder of its compiles."""

    def __init__(self, binary: Path, cache_root: Path, tmp_path: Path) -> None:
        self.bin = tmp_path / "bin"
        self.work = tmp_path / "work"
        self.root = cache_root
        self.bin.mkdir()
        self.work.mkdir()
        self.path = self.bin / "zccache"
        shutil.copy2(binary, self.path)
        self.install("zccache-cli", _TELLING_CLI)

    @property
    def socket(self) -> Path:
        """Where the front expects its daemon."""
        return self.root / "sockets" / "daemon.sock"

    def install(self, name: str, text: str, folder: Path | None = None) -> Path:
        """Put a script beside the front, or into another folder."""
        script = (folder or self.bin) / name
        script.parent.mkdir(exist_ok=True)
        script.write_text(text)
        script.chmod(0o755)
        return script

    def env(self, changes: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the environment of a run: no daemon is started unless the test says so."""
        return {**os.environ, "ZCCACHE_NO_SPAWN": "1", **(changes or {})}

    def popen(
        self, *words: str | bytes, env: Mapping[str, str] | None = None, **options: Any
    ) -> subprocess.Popen[bytes]:
        """Start the front with pipes for both streams."""
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "cwd": self.work, **options}
        return subprocess.Popen([self.path, *words], env=self.env(env), **options)

    def run(
        self, *words: str | bytes, env: Mapping[str, str] | None = None, **options: Any
    ) -> subprocess.CompletedProcess[bytes]:
        """Run the front to its end."""
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "cwd": self.work, **options}
        return subprocess.run([self.path, *words], env=self.env(env), check=False, timeout=60, **options)


def cold_words(reason: str, words: Sequence[str]) -> bytes:
    """Return what the telling zccache-cli prints for a cold walk."""
    return (
        "cli " + " ".join(f"[{word}]" for word in ("wrap", f"--cold={reason}", "--", *words)) + "\n"
    ).encode()
