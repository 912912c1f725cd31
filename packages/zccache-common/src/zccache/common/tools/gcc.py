"""Knows gcc, clang and their kin: which names they have, and what their commands come to."""

import posixpath
import re
from collections.abc import Sequence
from typing import Final

from zccache.common.command.invocation import Invocation
from zccache.common.command.plan import (
    ASSEMBLERS,
    Dialect,
    Identity,
    Output,
    OutputKind,
    Plan,
    Refusal,
    Step,
    Unit,
)
from zccache.common.reasons import Reason
from zccache.common.tools import environment
from zccache.common.tools.driver_link import plan_link
from zccache.common.tools.driver_words import driver_words
from zccache.common.tools.extra_outputs import extra_outputs
from zccache.common.tools.flags import Role
from zccache.common.tools.modules import module_files, module_outputs, names_modules
from zccache.common.tools.outputs import assembled_outputs, depfile_of, outputs_of, precompiled_outputs
from zccache.common.tools.path_flags import GCC_FLAGS
from zccache.common.tools.places import PATH_PREFIXES, binding_word, file_maps, shows_real_names
from zccache.common.tools.profiles import profiles_of
from zccache.common.tools.protocol import Tool
from zccache.common.tools.reports import keeps_words, report_for
from zccache.common.tools.several import steps_of, unsplit_word
from zccache.common.tools.sources import Source, source_of
from zccache.common.tools.warned_folders import doubt_about_folders, warned_folders
from zccache.common.tools.words import Term, Words, walk
from zccache.common.values import replace

_NAME: Final = re.compile(
    r"(?:[\w.+]+-)*(?P<driver>gcc|g\+\+|cc|c\+\+|clang|clang\+\+|c89|c99)"
    r"(?:-?\d[\d.]*)?(?:-posix|-win32)?(?:\.exe)?"
)
# Front ends of others, with doings of their own that nobody tells us about.
_FOREIGN: Final = re.compile(r"(?:afl|hfuzz|ccache|sccache|distcc|icecc|buildcache|goma|color)-")
_NATIVE: Final = re.compile(r"-m(?:arch|tune|cpu)=native(?:\+.*)?")
_SEARCH_ROLES: Final = (Role.TARGET, Role.ARCHITECTURE, Role.SPECS, Role.PREFIX, Role.SEARCH)
_QUERIES: Final = (Reason.NOT_A_COMPILE, Reason.DEPENDENCIES_ONLY)


class GccLike(Tool):
    """The drivers with gcc's grammar: gcc, g++, clang, clang++, cc, c++, with prefix and version."""

    @property
    def name(self) -> str:
        """Return the family's name, for people."""
        return "gcc"

    @property
    def identity(self) -> Identity:
        """Return that the driver itself tells what it is."""
        return Identity.DRIVER

    @property
    def path_flags(self) -> tuple[str, ...]:
        """Return -I and its kin."""
        return GCC_FLAGS

    def recognizes(self, program: str) -> bool:
        """Tell whether a program is such a driver, by the last part of its path."""
        name = posixpath.basename(program)
        return _NAME.fullmatch(name) is not None and _FOREIGN.match(name) is None

    def steps(self, invocation: Invocation, *, dialect: Dialect) -> tuple[Step, ...] | Refusal:
        """Return a command for each source, and one that links them, where there are several things to do."""
        return steps_of(invocation, dialect, is_cxx=_is_cxx(invocation.program))

    def remap_words(self, invocation: Invocation, *, root: str) -> tuple[str, ...]:
        """Return -ffile-prefix-map for the root, and for the folder that is not it."""
        return file_maps(invocation.args, root=root, cwd=invocation.cwd)

    def plan(self, invocation: Invocation, *, dialect: Dialect) -> Plan | Refusal:
        """Return what the command comes to, or why it is passed on.

        The words of invocation are those after the expansion of response files: the caller
        puts the typed words and the names of the files into the plan.
        """
        words = walk(invocation.args, dialect)
        if isinstance(words, Refusal):
            return words
        source = source_of(words, is_cxx=_is_cxx(invocation.program), dialect=dialect)
        makes_header = isinstance(source, Source) and source.is_header
        is_link = _is_link(words, source)
        refusal = _refusal(words, invocation, is_whole=makes_header or is_link)
        if refusal is not None:
            return refusal
        if is_link and words.has(Role.PROFILE_USE):
            return Refusal(Reason.UNSEEN_INPUT, words.of(Role.PROFILE_USE)[0].spelling)
        if is_link:
            return plan_link(words, invocation, dialect)
        if isinstance(source, Refusal):
            return source
        unit = _unit(words, source, invocation, dialect)
        if isinstance(unit, Refusal):
            return unit
        profiles = profiles_of(words, source.name, invocation)
        if isinstance(profiles, Refusal):
            return profiles
        return replace(_plan(words, unit, invocation, dialect), probes=profiles)


def _asks_for_debug(word: str) -> bool:
    """Tell whether a word asks the compiler, or the assembler behind it, for debug information."""
    return any(part.startswith(("-g", "--g")) for part in word.removeprefix("-Wa,").split(","))


def _is_cxx(program: str) -> bool:
    match = _NAME.fullmatch(posixpath.basename(program))
    return match is not None and match["driver"].endswith("++")


def _is_link(words: Words, source: Source | Refusal) -> bool:
    """Tell whether a command only links: it names inputs, and none of them is a source."""
    is_nothing_else = not any(map(words.has, (Role.COMPILE, Role.ASSEMBLE, Role.PREPROCESS)))
    return (
        words.has(Role.INPUT)
        and not words.has(Role.PRECOMPILE)
        and is_nothing_else
        and isinstance(source, Refusal)
        and source.reason is Reason.NO_SOURCE
    )


def _refusal(words: Words, invocation: Invocation, *, is_whole: bool) -> Refusal | None:
    """Return the first cause for which the command is not cached; is_whole: it needs no -c."""
    refused = words.of(Role.REFUSED)
    query = next((term for term in refused if term.option.reason in _QUERIES), None)
    if query is not None:
        return _refused_term(query)
    if words.has(Role.PREPROCESS):
        return Refusal(Reason.PREPROCESS_ONLY, "-E")
    # Of a header alone the drivers make a precompiled one, with -c and without; objects they link.
    if not any(map(words.has, (Role.COMPILE, Role.ASSEMBLE, Role.PRECOMPILE))) and not is_whole:
        return _unsplit(words)
    variable = environment.refused_variable(invocation.env)
    if variable is not None:
        return Refusal(Reason.ENVIRONMENT_OUTPUT, variable)
    if refused:
        return _refused_term(refused[0])
    own = next(filter(environment.is_of_process, invocation.args), None)
    if own is not None:
        return Refusal(Reason.NAME_OF_PROCESS, own)
    if len(words.of(Role.ARCHITECTURE)) > 1:
        return Refusal(Reason.SEVERAL_TARGETS, "-arch")
    return doubt_about_folders(words)


def _unsplit(words: Words) -> Refusal:
    """Return why a command that makes no object of its own is not cached."""
    if not words.has(Role.INPUT):
        return Refusal(Reason.NOT_A_COMPILE)
    refused = words.of(Role.REFUSED)
    return _refused_term(refused[0]) if refused else Refusal(Reason.COMPILE_AND_LINK, unsplit_word(words))


def _refused_term(term: Term) -> Refusal:
    assert term.option.reason is not None, term
    return Refusal(term.option.reason, term.spelling)


def _unit(words: Words, source: Source, invocation: Invocation, dialect: Dialect) -> Unit | Refusal:
    depfile = depfile_of(words, source.name)
    if isinstance(depfile, Refusal):
        return depfile
    if names_modules(words):
        outputs = module_outputs(words, source.name, source.language, dialect)
    elif source.is_header:
        outputs = precompiled_outputs(words, source.name, dialect)
    elif source.is_assembly:
        outputs = assembled_outputs(words, source.name, dialect)
    elif words.has(Role.EMIT_PRECOMPILED) or (words.has(Role.PRECOMPILED) and dialect is Dialect.GCC):
        # To gcc -include-pch is -include with a glued name.
        outputs = Refusal(Reason.PRECOMPILED_HEADER, "-emit-pch or -include-pch")
    else:
        outputs = outputs_of(words, source.name, dialect)
    if isinstance(outputs, Refusal):
        return outputs
    extra = extra_outputs(words, source.name, source.language, dialect)
    if isinstance(extra, Refusal):
        return extra
    outputs = (*outputs, *extra)
    report = report_for(
        words,
        depfile,
        dialect,
        is_preprocessed=source.is_preprocessed,
        is_assembly=source.is_assembly,
        is_recorded=environment.records_words(invocation.env),
    )
    if isinstance(report, Refusal):
        return report
    # No depfile is written for a preprocessed source (gcc 12; clang 14 says so).
    if depfile is not None and not source.is_preprocessed:
        outputs = (*outputs, Output(depfile.path, OutputKind.DEPFILE, in_place=True))
    if _has_twins([source.name, *(output.path for output in outputs)], invocation.cwd):
        return Refusal(Reason.BAD_COMMAND_LINE, "two files of one name")
    forced = () if source.is_preprocessed else words.values(Role.FORCE_INCLUDE)
    return Unit(
        source.name, source.language.removesuffix("-header").removesuffix("-module"), outputs, report, forced
    )


def _has_twins(paths: Sequence[str], cwd: str) -> bool:
    return len({posixpath.normpath(posixpath.join(cwd, path)) for path in paths}) < len(paths)


def _plan(words: Words, unit: Unit, invocation: Invocation, dialect: Dialect) -> Plan:
    # Folders keep their order among themselves; the target may stand before all of them.
    search = [term for role in _SEARCH_ROLES for term in words.of(role)]
    recorded = keeps_words(words, dialect) or environment.records_words(invocation.env)
    # clang says of pure assembler that it makes no use of the word.
    is_mute = recorded or unit.language == "assembler"
    precompiled = (*words.values(Role.PRECOMPILED), *module_files(words))
    decided = words.has(Role.COLOUR) or (dialect is Dialect.CLANG and is_mute)
    return Plan(
        tool=dialect.value,
        dialect=dialect,
        words=invocation.args,
        run_words=invocation.args,
        unit=unit,
        search_words=tuple(word for term in search for word in term.words),
        macro_values=_macro_values(words),
        read_files=(*words.values(Role.READ_FILE), *precompiled),
        precompiled=precompiled,
        names_modules=unit.language.startswith("c++") and dialect is Dialect.CLANG and names_modules(words),
        env_names=environment.NAMES,
        driver_words=driver_words(words, dialect, invocation.cwd),
        warned_folders=warned_folders(words),
        cpu_matters=any(_NATIVE.fullmatch(term.spelling) for term in words.of(Role.SEARCH)),
        path_prefixes=() if unit.language in ASSEMBLERS else PATH_PREFIXES,
        bound_by=binding_word(words, dialect),
        has_debug=any(map(_asks_for_debug, invocation.args)),
        shows_real_names=shows_real_names(words, dialect, invocation.env),
        colour_words=() if decided else ("-fdiagnostics-color=always",),
    )


def _macro_values(words: Words) -> tuple[str, ...]:
    definitions = (value.partition("=") for value in words.values(Role.DEFINE))
    return tuple(value for _, equals, value in definitions if equals)
