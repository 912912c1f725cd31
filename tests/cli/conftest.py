"""The Python front in a folder of its own, and the commands as a user runs them."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from fronts import Run, python_front


@pytest.fixture
def twin(tmp_path: Path) -> Path:
    """The Python front."""
    folder = tmp_path / "bin"
    folder.mkdir()
    return python_front(folder)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder to compile in."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def compile_with(twin: Path, work: Path, cache_root: Path) -> Run:
    """Run the Python front; no daemon is started unless the test says so."""

    def run(*words: str | Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
        whole = {**os.environ, "ZCCACHE_NO_SPAWN": "1", **(env or {})}
        return subprocess.run([twin, *words], cwd=work, env=whole, capture_output=True, timeout=60)

    return run


@pytest.fixture
def command(work: Path, cache_root: Path) -> Run:
    """Run `zccache-cli` as it is installed beside this Python."""
    program = Path(sys.executable).parent / "zccache-cli"

    def run(*words: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
        whole = {**os.environ, **(env or {})}
        return subprocess.run([program, *words], cwd=work, env=whole, capture_output=True, timeout=60)

    return run
