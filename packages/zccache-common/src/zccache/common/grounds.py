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
    if tool is not None and ground is not None:
        return Found(ground.program, tool, ground.toolchain)
    program = find_program(invocation.program, invocation.env, invocation.cwd, skip=is_front)
    if program is None:
        what = f"zccache: {invocation.program!r} is neither a zccache command nor a program on PATH"
        return Fail(127, f"{what}; see zccache --help")
    if tool is None:
        return Pass(program, Reason.UNKNOWN_PROGRAM, invocation.program)
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
    """Return what the finding of a program and its identity and the settings rested on."""
    if request.ground is not None:
        return request.ground.facts
    if toolchain.is_script:
        return None
    invocation, policy = request.invocation, request.policy
    searched = program_facts(invocation.program, program, invocation.env.get("PATH", ""), invocation.cwd)
    if searched is None:
        return None
    files = (*toolchain.files, *searched.files, *policy.files)
    guards = absence_guards((*toolchain.absent, *policy.absent), searched.guards)
    if guards is None or not all(found.is_proof for found in files):
        return None
    return Facts(files, guards)
