"""Knows what all commands of one program in one place rest on: its finding, its files, the settings."""

from typing import NamedTuple

from zccache.common.errors import ToolchainUnknown
from zccache.common.lookup import absence_guards, program_facts
from zccache.common.paths import find_program, is_front
from zccache.common.reasons import Reason
from zccache.common.request import Facts, Fail, Ground, Pass, Request
from zccache.common.rooms import Rooms
from zccache.common.toolchains.model import Toolchain
from zccache.common.tools.protocol import Tool
from zccache.common.tools.registry import tool_for


class Found(NamedTuple):
    """A program, the tool that it is by its name, and what it really is."""

    program: str
    tool: Tool
    toolchain: Toolchain


def find_tool(request: Request, rooms: Rooms) -> Found | Pass | Fail:
    """Return the tool that a request means; or how its command goes on without one."""
    invocation, ground = request.invocation, request.ground
    tool = tool_for(invocation.program)
    if tool is not None and ground is not None and not request.ambiguous:
        return Found(ground.program, tool, ground.toolchain)
    program = find_program(invocation.program, invocation.env, invocation.cwd, skip=is_front)
    if program is None:
        what = f"zccache: {invocation.program!r} is neither a zccache command nor a program on PATH"
        return Fail(127, f"{what}; see zccache --help")
    if tool is None:
        return Pass(program, Reason.UNKNOWN_PROGRAM, invocation.program)
    if request.ambiguous:
        return Pass(program, Reason.AMBIGUOUS_ENVIRONMENT, request.ambiguous)
    try:
        toolchain = rooms.toolchains.identify(program, invocation.cwd, invocation.env, tool.identity)
    except ToolchainUnknown as error:
        return Pass(program, Reason.UNKNOWN_COMPILER, str(error))
    return Found(program, tool, toolchain)


def find_ground(request: Request, rooms: Rooms) -> Ground | None:
    """Return what later requests like this one can begin with; None where it cannot be proven again."""
    found = find_tool(request, rooms)
    if not isinstance(found, Found):
        return None
    facts = ground_facts(request, found.program, found.toolchain)
    return None if facts is None else Ground(found.program, found.toolchain, request.policy, facts)


def ground_facts(request: Request, program: str, toolchain: Toolchain) -> Facts | None:
    """Return what the finding of a program and its identity and the settings rested on.

    toolchain may have more parts than that of the request's ground: what this command has it run.
    """
    if toolchain.is_script:
        return None
    if request.ground is not None:
        return _with_parts(request.ground, toolchain)
    invocation, policy = request.invocation, request.policy
    searched = program_facts(invocation.program, program, invocation.env.get("PATH", ""), invocation.cwd)
    if searched is None:
        return None
    files = (*toolchain.files, *searched.files, *policy.files)
    guards = absence_guards((*toolchain.absent, *policy.absent), searched.guards)
    if guards is None or not all(found.is_proof for found in files):
        return None
    return Facts(files, guards)


def _with_parts(ground: Ground, toolchain: Toolchain) -> Facts | None:
    if toolchain.identity == ground.toolchain.identity:
        return ground.facts
    known = frozenset(ground.toolchain.files)
    added = tuple(file for file in toolchain.files if file not in known)
    absent = frozenset(toolchain.absent).difference(ground.toolchain.absent)
    guards = absence_guards(absent, ground.facts.guards)
    if guards is None or not all(file.is_proof for file in added):
        return None
    return Facts((*ground.facts.files, *added), guards)
