"""Which outside programs a test may count on."""

import os
import shutil

import pytest


def require_tool(name: str, debian_package: str) -> str:
    """Return the path of a program, or skip the test and name the Debian package that brings it.

    With ZCCACHE_REQUIRE_TOOLS=1 a missing program fails the test: CI installs them all.
    """
    path = shutil.which(name)
    if path is None:
        answer = pytest.fail if tools_are_required() else pytest.skip
        answer(f"needs {name}: apt-get install {debian_package}")
    return path


def tools_are_required() -> bool:
    """Tell whether a skipped test counts as a failed one in this run."""
    return os.environ.get("ZCCACHE_REQUIRE_TOOLS") == "1"
