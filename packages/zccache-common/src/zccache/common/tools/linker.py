"""Knows linkers that are called by themselves: ld, ld.bfd, ld.gold, ld.lld, mold, wasm-ld."""

import posixpath
import re
from typing import Final

from zccache.common.command.invocation import Invocation
from zccache.common.command.plan import Dialect, Identity, Output, OutputKind, Plan, Refusal, Unit
from zccache.common.command.reports import LinkReport, NamedLibraries
from zccache.common.reasons import Reason
from zccache.common.tools import environment
from zccache.common.tools.link_words import LinkWords, read_link_words, so_confs
from zccache.common.tools.protocol import Tool

_NAME: Final = re.compile(
    r"(?:[\w.+]+-)*(?:ld(?:\.(?:bfd|gold|lld|mold))?|lld|mold|wasm-ld|gold)(?:-\d[\d.]*)?"
)
_WASM: Final = re.compile(r"(?:.*-)?wasm-ld(?:-\d[\d.]*)?")


class Linker(Tool):
    """The linkers themselves."""

    @property
    def name(self) -> str:
        """Return the family's name, for people."""
        return "linker"

    @property
    def identity(self) -> Identity:
        """Return that the linker is a program which can be asked whether it tells what it reads."""
        return Identity.LINKER

    def recognizes(self, program: str) -> bool:
        """Tell whether a program is a linker, by the last part of its path."""
        return _NAME.fullmatch(posixpath.basename(program)) is not None

    def plan(self, invocation: Invocation, *, dialect: Dialect) -> Plan | Refusal:
        """Return what the command comes to, or why it is passed on."""
        link = read_link_words(invocation.args)
        if link.refusal is not None:
            return link.refusal
        if not link.inputs:
            return Refusal(Reason.NO_SOURCE)
        if link.plugins:
            return Refusal(Reason.UNSEEN_INPUT, link.plugins[0])
        if len(link.depfiles) > 1 or len(link.outputs) > 1:
            return Refusal(Reason.BAD_COMMAND_LINE, "-o or --dependency-file")
        refused = environment.refused_linker_variable(invocation.env)
        if refused is not None:
            return Refusal(Reason.ENVIRONMENT_OUTPUT, refused)
        is_wasm = _WASM.fullmatch(posixpath.basename(invocation.program)) is not None
        if is_wasm and link.depfiles:
            return Refusal(Reason.UNKNOWN_OPTION, "--dependency-file")
        # wasm-ld writes no depfile, and reads nothing but what its words name.
        depfile = "".join(link.depfiles)
        report = NamedLibraries() if is_wasm else LinkReport(("--dependency-file=",), depfile)
        scripts = link.scripts if is_wasm else ()
        return Plan(
            tool="link",
            dialect=dialect,
            words=invocation.args,
            run_words=invocation.args,
            unit=Unit(link.inputs[0], "", _outputs(link), report),
            read_files=tuple(dict.fromkeys((*link.inputs, *link.read_files, *scripts))),
            env_names=environment.LINKER_NAMES,
            so_confs=() if is_wasm else so_confs(link.sysroot),
        )


def _outputs(link: LinkWords) -> tuple[Output, ...]:
    main = "".join(link.outputs) or "a.out"
    depfiles = (Output(path, OutputKind.DEPFILE, in_place=True) for path in link.depfiles)
    return (Output(main, OutputKind.LINKED), *link.written, *depfiles)
