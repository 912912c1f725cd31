"""Variables: those that enter the key, those that stop caching, and those that were proven idle."""

import os
import subprocess
from pathlib import Path

import pytest

from planning import accepted, planned
from tools import require_tool
from zccache.common.command.plan import Refusal
from zccache.common.reasons import Reason
from zccache.common.tools.environment import NAMES as ENV_NAMES


@pytest.mark.parametrize("program", ["gcc", "clang"])
@pytest.mark.parametrize(
    "name",
    [
        "DEPENDENCIES_OUTPUT",
        "SUNPRO_DEPENDENCIES",
        "CC_PRINT_HEADERS",
        "CC_PRINT_OPTIONS",
        "CC_LOG_DIAGNOSTICS",
        "CCC_OVERRIDE_OPTIONS",
        "GCC_COMPARE_DEBUG",
        "AS_SECURE_LOG_FILE",
        "LD_DEBUG",
        "LD_TRACE_LOADED_OBJECTS",
    ],
)
def test_a_variable_that_adds_outputs_or_words_stops_caching(program: str, name: str) -> None:
    """hazard 57, hazard 59"""
    plan = planned(f"{program} -c a.c", env={name: "x"})

    assert isinstance(plan, Refusal)
    assert plan == Refusal(Reason.ENVIRONMENT_OUTPUT, name)


def test_a_query_is_no_compile_whatever_the_environment_says() -> None:
    plan = planned("gcc --version", env={"DEPENDENCIES_OUTPUT": "x"})

    assert isinstance(plan, Refusal)
    assert plan.reason is Reason.NOT_A_COMPILE


def test_the_variables_of_the_hazards_are_in_the_key() -> None:
    """hazard 54, hazard 55, hazard 58, hazard 59"""
    expected = """CPATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH OBJC_INCLUDE_PATH LANG LC_ALL LC_CTYPE LC_MESSAGES
    GCC_COLORS COMPILER_PATH GCC_EXEC_PREFIX SDKROOT MACOSX_DEPLOYMENT_TARGET SOURCE_DATE_EPOCH
    LD_LIBRARY_PATH LD_PRELOAD"""

    names = accepted("gcc -c a.c").env_names

    assert set(expected.split()) <= set(names)
    assert set(names) <= set(ENV_NAMES)


@pytest.mark.parametrize("program", ["gcc", "clang"])
@pytest.mark.parametrize(
    "setting",
    ["TERM=dumb", "TERM=xterm-256color", "NO_COLOR=1", "CLICOLOR_FORCE=1", "COLUMNS=20", "TMPDIR=."],
)
def test_a_variable_that_is_not_in_the_key_changes_nothing(
    program: str, setting: str, tmp_path: Path
) -> None:
    compiler = require_tool(program, program)
    (tmp_path / "a.c").write_text("int f(int a) { int unused; return a; }\n")
    name, _, value = setting.partition("=")
    plain = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}

    bare = compiled([compiler, "-g", "-Wall", "-c", "a.c"], tmp_path, plain)
    with_it = compiled([compiler, "-g", "-Wall", "-c", "a.c"], tmp_path, {**plain, name: value})

    assert name not in ENV_NAMES
    assert with_it == bare


def compiled(command: list[str], folder: Path, env: dict[str, str]) -> tuple[bytes, bytes, bytes]:
    """Return the object and both streams of a compile of a.c."""
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, check=True, timeout=60)
    return (folder / "a.o").read_bytes(), done.stdout, done.stderr
