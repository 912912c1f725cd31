"""Plans for tests: a command line as a person writes it, and what it comes to."""

import shlex
from collections.abc import Mapping

from zccache.common.command.invocation import Invocation
from zccache.common.command.plan import Dialect, Plan, Refusal
from zccache.common.tools.registry import tool_for

CWD = "/src"


def planned(
    line: str, *, dialect: Dialect | None = None, cwd: str = CWD, env: Mapping[str, str] | None = None
) -> Plan | Refusal:
    """Return what a command line comes to; the dialect is told by its program's name if not given."""
    program, *args = shlex.split(line)
    told = dialect or _dialect_of(program)
    tool = tool_for(program)
    assert tool is not None, program
    return tool.plan(Invocation(program, tuple(args), cwd, env or {}), dialect=told)


def _dialect_of(program: str) -> Dialect:
    if "clang-cl" in program:
        return Dialect.CLANG_CL
    if program.lower().removesuffix(".exe").endswith("cl"):
        return Dialect.MSVC
    return Dialect.CLANG if "clang" in program else Dialect.GCC


def accepted(line: str, *, cwd: str = CWD, env: Mapping[str, str] | None = None) -> Plan:
    """Return the plan of a command line that must have one."""
    plan = planned(line, cwd=cwd, env=env)
    assert isinstance(plan, Plan), plan
    return plan
