"""The property test finds bugs: with each of these planted it fails within so many steps.

A plant comes with the kinds of steps that can show it. Another hypothesis may take other steps from the same
seed; then one of the next seeds shows it.
"""

import os
import tempfile
from itertools import count
from pathlib import Path

import pytest

from cache_steps import CacheSteps
from command_steps import CommandSteps
from file_steps import FileSteps
from machine import Cells
from plants import PLANTS, planted
from runs import Terms, finds_a_difference
from sides import ServiceSide
from template import make_template
from tools import require_tool

STEPS_AT_ONCE = 160
MOST_STEPS = 3200

FILES = (FileSteps,)
COMMANDS = (CommandSteps,)
CACHE = (CacheSteps,)
SHOWN_BY: dict[str, tuple[type[Cells], ...]] = {
    "key without words": COMMANDS,
    "key without environment": COMMANDS,
    "key without folder": COMMANDS,
    "key without compiler": COMMANDS,
    "umask of the first": COMMANDS,
    "places not asked": FILES,
    "guards of hot hits not asked": FILES,
    "files of hot hits not asked": FILES,
    "moved inputs recorded": FILES,
    "blobs not hashed": CACHE,
    "fence blind to writes": FILES,
    "fence blind to files": FILES,
    "fence blind to new names": FILES,
    "fence always content": FILES,
    "siblings not compared": (CommandSteps, FileSteps),
    "siblings share their names": COMMANDS,
}
"""Some 5 s each."""

SHOWN_LATE_BY: dict[str, tuple[type[Cells], ...]] = {
    "key without declared inputs": COMMANDS,
    "response files no fact": COMMANDS,
    "compilers never asked again": COMMANDS,
    "colour forgotten": COMMANDS,
    "writers not asked for": FILES,
    "rewritten outputs replaced": (CommandSteps, CacheSteps),
    "blobs not hashed before linking": (CommandSteps, CacheSteps),
    "fence blind to mappings": FILES,
    "fence blind to ways": FILES,
}
"""These need more steps: only in long runs."""

TICK = "tick not waited for"
"""Linux 6.13 and newer give two changes two times once somebody has looked between them: nothing to find."""


def times_are_fine() -> bool:
    """Tell whether two writes in a row, each looked at, never have the same time."""
    with tempfile.NamedTemporaryFile(buffering=0) as file:
        times = []
        for _ in range(50):
            file.write(b"x")
            times.append(os.fstat(file.fileno()).st_ctime_ns)
    return len(set(times)) == len(times)


if not times_are_fine():
    SHOWN_LATE_BY[TICK] = FILES
TRIED = {**SHOWN_BY, **SHOWN_LATE_BY} if "ZCCACHE_PROPERTY_STEPS" in os.environ else SHOWN_BY


@pytest.mark.parametrize("name", TRIED)
def test_a_planted_bug_is_found(name: str, tmp_path: Path) -> None:
    assert difference(name, TRIED[name], tmp_path)


def test_every_plant_has_the_steps_that_show_it() -> None:
    assert {*SHOWN_BY, *SHOWN_LATE_BY, TICK} == set(PLANTS)


def difference(name: str, kinds: tuple[type[Cells], ...], folder: Path) -> str:
    """Take steps with a bug planted, from one seed after the other; return what differed, if anything."""
    require_tool("gcc", "gcc")
    require_tool("clang", "clang")
    template = make_template(folder / "template", folder / "project")
    taken = 0
    for seed in count(1):
        terms = Terms(STEPS_AT_ONCE, seed, reduces=False, kinds=kinds)
        with planted(name):
            tally = finds_a_difference(terms, folder=folder, template=template, open_side=ServiceSide)
        taken += tally.steps.total()
        if tally.differences:
            return tally.differences[0]
        if taken >= MOST_STEPS:
            break
    return ""
