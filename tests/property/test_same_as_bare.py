"""The property: whatever happens to sources, commands, compilers, outputs and cache, a compile equals bare.

ZCCACHE_PROPERTY_STEPS=10000 takes so many steps, other ones in each run; without it the same few.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import front_side
from front_side import FrontSide
from runs import Terms, run_steps
from sides import ServiceSide, Side
from tally import Tally
from template import make_template
from tools import require_tool
from zccache.common import stats

LONG_STEPS = int(os.environ.get("ZCCACHE_PROPERTY_STEPS", "0"))
SEED = int(os.environ.get("ZCCACHE_PROPERTY_SEED", "0")) or (time.time_ns() if LONG_STEPS else 1)
REDUCES = os.environ.get("ZCCACHE_PROPERTY_REDUCE") != "0"
STEPS = 320
STEPS_BY_FRONT = 80
"""A front, a daemon and their starts cost some 50 ms a step more than the service."""


def test_after_any_steps_the_daemons_service_gives_what_the_bare_compiler_makes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """hazard 105"""
    tally = taken(LONG_STEPS or STEPS, tmp_path, ServiceSide, capsys)

    assert tally.hit_rate >= 0.3


def test_after_any_steps_the_front_gives_what_the_bare_compiler_makes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """hazard 105"""
    front_side.COUNTS.clear()

    taken(LONG_STEPS // 20 or STEPS_BY_FRONT, tmp_path, FrontSide, capsys)

    assert front_side.COUNTS[stats.HITS] > 0


def taken(
    steps: int, folder: Path, open_side: Callable[[Path], Side], capsys: pytest.CaptureFixture[str]
) -> Tally:
    """Take the steps and return what was counted; a long run prints it."""
    require_tool("gcc", "gcc")
    require_tool("clang", "clang")
    template = make_template(folder / "template", folder / "project")
    tally = Tally()
    terms = Terms(steps, SEED, reduces=REDUCES)
    try:
        run_steps(terms, folder=folder, template=template, open_side=open_side, tally=tally)
    finally:
        if LONG_STEPS:
            with capsys.disabled():
                print(f"\nZCCACHE_PROPERTY_SEED={SEED}: {tally}")
    return tally
