"""What a hit must not pay for: modules that a front or the way to an answer never imports."""

import os
import re
import subprocess
import sys

import pytest

HEAVY = (
    "asyncio",
    "concurrent",
    "docopt",
    "email",
    "filelock",
    "http",
    "importlib.metadata",
    "requests",
    "ssl",
)
TOO_HEAVY_FOR_THE_FRONT = (
    "blake3",
    "dataclasses",
    "inspect",
    "json",
    "logging",
    "pathlib",
    "sqlite3",
    "subprocess",
    "tempfile",
    "typing",
)

TOO_HEAVY_FOR_A_START = (
    "blake3",
    "dataclasses",
    "inspect",
    "logging",
    "pathlib",
    "sqlite3",
    "subprocess",
    "tempfile",
)
"""A front may wait for a daemon's socket: until that is there nothing of this is imported."""

HOT_PATHS = [
    ("zccache.cli.wrapper", (*HEAVY, *TOO_HEAVY_FOR_THE_FRONT)),
    ("zccache.daemon.main", HEAVY),
    ("zccache.daemon.shell", (*HEAVY, *TOO_HEAVY_FOR_A_START)),
    ("zccache.common.pipeline", HEAVY),
]


def imported_by(statement: str) -> set[str]:
    """Return the modules that one statement imports in a fresh interpreter without site."""
    env = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-S", "-X", "importtime", "-c", statement]
    done = subprocess.run(command, env=env, check=True, capture_output=True, text=True, timeout=60)
    return set(re.findall(r"\|\s*([\w.]+)$", done.stderr, re.MULTILINE))


@pytest.mark.parametrize(("module", "forbidden"), HOT_PATHS, ids=[module for module, _ in HOT_PATHS])
def test_the_hot_path_imports_nothing_heavy(module: str, forbidden: tuple[str, ...]) -> None:
    imported = imported_by(f"import {module}")

    assert module in imported
    assert imported.isdisjoint(forbidden), sorted(imported.intersection(forbidden))


def test_the_guard_sees_an_import() -> None:
    assert "json" in imported_by("import json")
    assert "json" not in imported_by("pass")
