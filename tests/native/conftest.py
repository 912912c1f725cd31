"""The native front, compiled twice: as it is shipped, and with the sanitizers watching."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from native_front import SOURCE, Front
from tools import require_tool

WARNINGS = ("-Wall", "-Wextra", "-Werror", "-Wconversion")
LANGUAGE = ("-std=c11", "-D_GNU_SOURCE")
SANITIZERS = (
    "-O1",
    "-g",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
    "-fno-omit-frame-pointer",
)

# These look at the front's processes through /proc; elsewhere the source and the wheel are tested alone.
if sys.platform != "linux":
    collect_ignore_glob = ["test_[!sw]*.py", "test_starting.py", "test_words.py"]


def compile_front(words: list[str], binary: Path) -> None:
    run = subprocess.run(
        [*words, *LANGUAGE, *WARNINGS, "-o", str(binary), str(SOURCE)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""


@pytest.fixture(scope="session")
def shipped_binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The front as the wheel has it: static where that works."""
    binary = tmp_path_factory.mktemp("shipped") / "zccache"
    command = ["musl-gcc", "-static"] if shutil.which("musl-gcc") else [require_tool("cc", "gcc")]
    compile_front([*command, "-O2"], binary)
    return binary


@pytest.fixture(scope="session")
def sanitized_binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The front under AddressSanitizer and UndefinedBehaviorSanitizer."""
    binary = tmp_path_factory.mktemp("sanitized") / "zccache"
    compile_front([require_tool("gcc", "gcc"), *SANITIZERS], binary)
    return binary


@pytest.fixture
def shipped(shipped_binary: Path, cache_root: Path, tmp_path: Path) -> Front:
    """Hand out the shipped front, in a folder of its own beside a zccache-cli that tells its words."""
    return Front(shipped_binary, cache_root, tmp_path)


@pytest.fixture(params=["shipped", "sanitized"])
def front(request: pytest.FixtureRequest, cache_root: Path, tmp_path: Path) -> Front:
    """Hand out both fronts, one after the other."""
    binary: Path = request.getfixturevalue(f"{request.param}_binary")
    assert os.access(binary, os.X_OK)
    return Front(binary, cache_root, tmp_path)
