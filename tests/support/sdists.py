"""Source distributions on PyPI that carry whole upstream trees: pinned, fetched by pip, kept between runs."""

import hashlib
import os
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tools import tools_are_required

FETCHED_WITHIN_S: Final = 180


@dataclass(frozen=True)
class Sdist:
    """One release of a package, as a .tar.gz with this digest."""

    name: str
    version: str
    sha256: str

    @property
    def stem(self) -> str:
        """The folder that the archive holds; its file name is this with .tar.gz."""
        return f"{self.name}-{self.version}"

    def unpack(self, kept: Path, into: Path) -> Path:
        """Unpack into a folder, fetching into kept what is not there yet, and return the unpacked tree.

        Without a way to fetch it the test is skipped, or fails where every tool is required.
        """
        archive = kept / f"{self.stem}.tar.gz"
        if not archive.exists():
            self._fetch(archive)
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        assert digest == self.sha256, f"{archive} is not the release that the tests pin: {digest}"
        with tarfile.open(archive) as tar:
            tar.extractall(into, filter="data")
        return into / self.stem

    def _fetch(self, archive: Path) -> None:
        # Not --no-binary :all:, which would build the package's build tools from source as well.
        words = ["download", "--quiet", "--no-deps", "--no-binary", self.name, f"{self.name}=={self.version}"]
        folder = archive.parent / f"{self.stem}.{os.getpid()}"
        argv = [sys.executable, "-m", "pip", *words, "--dest", str(folder)]
        try:
            done = subprocess.run(argv, capture_output=True, text=True, timeout=FETCHED_WITHIN_S)
            complaint = "" if done.returncode == 0 else done.stderr.strip()[-1000:]
        except subprocess.TimeoutExpired:
            complaint = f"nothing came within {FETCHED_WITHIN_S} s"
        if complaint:
            answer = pytest.fail if tools_are_required() else pytest.skip
            answer(f"needs the source of {self.name} {self.version} from PyPI: {complaint}")
        (folder / archive.name).replace(archive)
        folder.rmdir()
