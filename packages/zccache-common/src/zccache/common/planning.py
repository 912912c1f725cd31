"""Knows how the words of a command become plans: response files, steps, databases, one plan for each."""

import os

from zccache.common.command.invocation import Invocation
from zccache.common.command.plan import Dialect, Plan, Refusal, Step
from zccache.common.command.response_files import expand
from zccache.common.databases import find_database
from zccache.common.reasons import Reason
from zccache.common.toolchains.model import Toolchain
from zccache.common.tools.protocol import Tool
from zccache.common.values import replace

Planned = tuple[tuple[Step, Plan], ...]
"""The steps of a command, each with its plan."""


def plan_command(
    tool: Tool, invocation: Invocation, toolchain: Toolchain, *, remap_root: str = ""
) -> Planned | Refusal:
    """Return what a command comes to, or why it is passed on: then no step of it is cached.

    remap_root is the root below which compilers are to write paths alike in all checkouts.
    """
    dialect = toolchain.dialect
    expanded = expand(invocation.args, read=read_answer_file, dialect=dialect, cwd=invocation.cwd)
    if isinstance(expanded, Refusal):
        return expanded
    steps = tool.steps(replace(invocation, args=expanded.words), dialect=dialect)
    if isinstance(steps, Refusal):
        return steps
    planned = []
    for step in steps:
        added = tool.remap_words(step.invocation, root=remap_root) if remap_root else ()
        before = step.invocation.args[: tool.leading(step.invocation)]
        # What is one step is run as it was typed.
        typed = invocation.args if len(steps) == 1 else step.invocation.args
        hidden = added and typed[: len(before)] != before
        added = () if hidden else added
        words = replace(step.invocation, args=_put_first(added, step.invocation.args, len(before)))
        plan = _plan_step(tool, words, dialect)
        if isinstance(plan, Refusal):
            return plan
        if hidden:
            plan = replace(plan, bound_by=typed[0])
        run_words = _put_first(added, typed, len(before))
        read = (*expanded.files, *plan.response_files)
        planned.append((step, replace(plan, run_words=run_words, response_files=read)))
    twin = _first_twin(invocation.cwd, [plan for _, plan in planned])
    return Refusal(Reason.SEVERAL_SOURCES, twin) if twin is not None else tuple(planned)


def _put_first(added: tuple[str, ...], args: tuple[str, ...], leading: int) -> tuple[str, ...]:
    return (*args[:leading], *added, *args[leading:])


def _plan_step(tool: Tool, invocation: Invocation, dialect: Dialect) -> Plan | Refusal:
    """Return the plan of one command, with what a compilation database says of it."""
    question = tool.database_question(invocation)
    if question is None:
        return tool.plan(invocation, dialect=dialect)
    database = find_database(question, invocation)
    if isinstance(database, Refusal):
        return database
    plan = tool.plan(replace(invocation, database=database), dialect=dialect)
    if isinstance(plan, Refusal) or not database.path:
        return plan
    return replace(plan, response_files=(database.path,))


def _first_twin(cwd: str, plans: list[Plan]) -> str | None:
    """Return an output that two steps write: only bare it is sure whose is left."""
    seen: set[str] = set()
    for plan in plans:
        for output in plan.unit.outputs:
            path = os.path.normpath(os.path.join(cwd, output.path))
            if path in seen:
                return output.path
            seen.add(path)
    return None


def read_answer_file(path: str) -> bytes | None:
    """Return the bytes of an @file, or None where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None
