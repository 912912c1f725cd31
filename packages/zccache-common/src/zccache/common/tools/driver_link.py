"""Knows what a link by a gcc-like driver comes to: what it reads, what it leaves, how it tells."""

import posixpath
from collections.abc import Iterator, Sequence
from typing import Final

from zccache.common.command.invocation import Invocation
from zccache.common.command.plan import Dialect, Output, OutputKind, Plan, Refusal, Unit
from zccache.common.command.reports import LinkReport
from zccache.common.reasons import Reason
from zccache.common.tools import environment
from zccache.common.tools.driver_words import driver_words, linker_words, makes_windows_file
from zccache.common.tools.flags import Role, spelled
from zccache.common.tools.link_words import LinkWords, read_link_words, so_confs
from zccache.common.tools.words import Term, Words, in_order

_AS_THEY_ARE: Final = frozenset(spelled("-s -r -shared -static"))
_WITH_VALUE: Final = ("-l", "-L", "-T", "-u", "-z", "-e")
# Of these a link without them writes nothing; with link-time optimization it may.
_COMPILING: Final = (Role.SIDE_OUTPUT, Role.OPTIMIZATION_RECORD, Role.LISTING, Role.NAMED_OUTPUT)


def plan_link(words: Words, invocation: Invocation, dialect: Dialect) -> Plan | Refusal:
    """Return what a command without sources comes to: a link of what it names."""
    terms = in_order(invocation.args, dialect)
    if isinstance(terms, Refusal):
        return terms
    link = read_link_words(tuple(_linker_words(terms)))
    refusal = _refusal(words, link, invocation)
    if refusal is not None:
        return refusal
    is_windows = makes_windows_file(next(reversed(words.values(Role.TARGET)), invocation.program))
    outputs = _outputs(words, link, dialect, is_windows=is_windows)
    if isinstance(outputs, Refusal):
        return outputs
    depfile = link.depfiles[0] if link.depfiles else ""
    report = LinkReport(("-Xlinker", "--dependency-file="), depfile)
    return Plan(
        tool="link",
        dialect=dialect,
        words=invocation.args,
        run_words=invocation.args,
        unit=Unit(link.inputs[0], "", outputs, report),
        read_files=(*dict.fromkeys((*link.inputs, *link.read_files, *words.values(Role.READ_FILE))),),
        env_names=environment.LINKER_NAMES,
        so_confs=so_confs(link.sysroot, *_sysroots(words)),
        driver_words=driver_words(words, dialect, invocation.cwd),
        linker_words=linker_words(terms, invocation.cwd),
    )


def _linker_words(terms: Sequence[Term]) -> Iterator[str]:
    """Yield the words that the driver hands to the linker as they are, inputs among them, in order."""
    for term in terms:
        if term.option.role is Role.INPUT:
            yield term.value
        elif term.spelling.startswith("-Wl,"):
            yield from term.value.split(",")
        elif term.spelling == "-Xlinker":
            yield term.value
        elif term.spelling in _AS_THEY_ARE:
            yield term.spelling
        elif (
            term.option.role is Role.KEPT
            and term.spelling[:2] in _WITH_VALUE
            and term.spelling[:2] != term.value
        ):
            yield from (term.spelling[:2], term.value) if len(term.words) > 1 else term.words


def _refusal(words: Words, link: LinkWords, invocation: Invocation) -> Refusal | None:
    if not link.inputs:
        return Refusal(Reason.NO_SOURCE)
    if link.refusal is not None:
        return link.refusal
    if link.plugins:
        return Refusal(Reason.UNSEEN_INPUT, link.plugins[0])
    if words.has(Role.SAVE_TEMPS):
        return Refusal(Reason.UNMODELLED_OUTPUT, words.of(Role.SAVE_TEMPS)[0].spelling)
    optimizes = words.has(Role.LINK_TIME)
    unclear = [term for role in _COMPILING for term in words.of(role)] if optimizes else []
    if unclear:
        return Refusal(Reason.UNMODELLED_OUTPUT, unclear[0].spelling)
    variable = environment.refused_linker_variable(invocation.env)
    if variable is not None:
        return Refusal(Reason.ENVIRONMENT_OUTPUT, variable)
    return Refusal(Reason.UNMODELLED_OUTPUT, "several depfiles") if len(link.depfiles) > 1 else None


def _sysroots(words: Words) -> Iterator[str]:
    for term in words.of(Role.SEARCH):
        if term.spelling.startswith("--sysroot"):
            yield term.value


def _outputs(
    words: Words, link: LinkWords, dialect: Dialect, *, is_windows: bool
) -> tuple[Output, ...] | Refusal:
    named = words.values(Role.OUTPUT)
    if len(named) > 1 or link.outputs:
        return Refusal(Reason.BAD_COMMAND_LINE, "-o")
    if named and (named[0] == "-" or not posixpath.basename(named[0])):
        return Refusal(Reason.OUTPUT_TO_STDOUT if named[0] == "-" else Reason.BAD_COMMAND_LINE, "-o")
    main = named[0] if named else "a.out"
    if is_windows and not named:
        main = "a.exe"
    elif is_windows and dialect is Dialect.GCC and "." not in posixpath.basename(main):
        # gcc 12 for Windows adds the suffix where the name has none, for a library too.
        main += ".exe"
    depfiles = (Output(path, OutputKind.DEPFILE, in_place=True) for path in link.depfiles)
    outputs = (Output(main, OutputKind.LINKED), *link.written, *depfiles)
    if len({output.path for output in outputs}) < len(outputs):
        return Refusal(Reason.BAD_COMMAND_LINE, "two files of one name")
    return outputs
