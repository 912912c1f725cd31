"""The checks of `make check` are part of the tests, so that one command answers for all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from repository import ROOT
from tools import require_tool


@pytest.mark.parametrize("check", ["lint", "types", "imports", "workflows"])
def test_the_check_is_clean(check: str) -> None:
    make = require_tool("make", "make")
    env = {
        name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MFLAGS", "MAKELEVEL"}
    }

    # -o: the environment is there already, since this test runs in it; make must not set it up anew.
    command = [make, "-o", ".venv/.ready", f"BIN={Path(sys.executable).parent}", check]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=600)

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_shell_scripts_are_clean() -> None:
    shellcheck = require_tool("shellcheck", "shellcheck")

    done = subprocess.run([shellcheck, ".ci/run"], cwd=ROOT, capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stdout
