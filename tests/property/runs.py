"""One run of the property: so many steps, from this seed, through this side."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from cache_steps import CacheSteps
from command_steps import CommandSteps
from file_steps import FileSteps
from machine import Cells
from sides import Side
from tally import Tally

STEPS_OF_ONE_PROJECT = 40
ALL_KINDS = (FileSteps, CommandSteps, CacheSteps)


@dataclass(frozen=True)
class Terms:
    """How a run goes; reduces: a failure is brought to its fewest steps."""

    steps: int
    seed: int
    reduces: bool = True
    kinds: tuple[type[Cells], ...] = ALL_KINDS


def run_steps(
    terms: Terms, *, folder: Path, template: Path, open_side: Callable[[Path], Side], tally: Tally
) -> None:
    """Take random steps and raise what hypothesis says of a difference; the tally is filled either way."""
    given = {"folder": folder, "template": template, "open_side": staticmethod(open_side), "tally": tally}
    machine = type("SameAsBare", terms.kinds, given)
    run_state_machine_as_test(
        seed(terms.seed)(machine),
        settings=settings(
            max_examples=max(1, terms.steps // STEPS_OF_ONE_PROJECT),
            stateful_step_count=min(terms.steps, STEPS_OF_ONE_PROJECT),
            deadline=None,
            database=None,
            print_blob=True,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
            phases=[*Phase] if terms.reduces else [Phase.generate],
        ),
    )


def finds_a_difference(
    terms: Terms, *, folder: Path, template: Path, open_side: Callable[[Path], Side]
) -> Tally:
    """Take random steps until the cache differs from bare, or all are taken; return what was counted."""
    tally = Tally()
    # A difference that rests on time may not come again when hypothesis asks for it: it was one all the same.
    with contextlib.suppress(Exception):
        run_steps(terms, folder=folder, template=template, open_side=open_side, tally=tally)
    return tally
