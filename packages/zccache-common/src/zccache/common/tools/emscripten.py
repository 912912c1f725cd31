"""Knows emcc and em++: compiles as clang does them, and links with all that they leave beside the script."""

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from zccache.common.command.invocation import Invocation
from zccache.common.command.plan import (
    Dialect,
    Identity,
    Output,
    OutputKind,
    Plan,
    Refusal,
    Step,
    Unit,
)
from zccache.common.command.reports import NamedFiles
from zccache.common.reasons import Reason
from zccache.common.tools import environment
from zccache.common.tools.emscripten_steps import emscripten_steps
from zccache.common.tools.emscripten_words import (
    EmscriptenWords,
    appended_words,
    env_names,
    refused_variable,
    sort_words,
)
from zccache.common.tools.flags import Role
from zccache.common.tools.gcc import GccLike
from zccache.common.tools.languages import language_of
from zccache.common.tools.words import Term, Words, walk
from zccache.common.values import replace

_NAME: Final = re.compile(r"em(?:cc|\+\+)(?:\.py|\.bat|\.exe)?")
_LINKED: Final = (".o", ".obj", ".a", ".bc", ".lo")
_SCRIPTS: Final = (".js", ".mjs", ".cjs")
_TARGETS: Final = (*_SCRIPTS, ".html", ".wasm", "")
_BESIDE_SCRIPT: Final = (
    ".wasm",
    ".worker.js",
    ".worker.mjs",
    ".data",
    ".aw.js",
    ".ww.js",
    ".wasm.map",
    ".wasm.js",
)
_BESIDE_NAME: Final = (".symbols", ".mem", ".map")
_LIBRARIES: Final = ("lib{}.a", "lib{}.so", "lib{}.dylib", "lib{}.bc", "lib{}.o", "{}.js", "lib{}.js")
_FOR_LINKER: Final = re.compile(
    r"-Wl,(?:-{1,2}(?:no-entry|gc-sections|no-gc-sections|whole-archive|no-whole-archive|start-group|end-group"
    r"|import-memory|export-table|export-all|export-dynamic|growable-table|allow-undefined|strip-all|strip-debug"
    r"|fatal-warnings|no-demangle|shared-memory|stack-first|lto-O\d|O\d|export=[\w$]+|export-if-defined=[\w$]+"
    r"|undefined=[\w$]+|initial-memory=\d+|max-memory=\d+|global-base=\d+)(?:,|$))+"
)
# What is not in the cache of system libraries is made, or fetched, on the way.
_MADE_LIBRARIES: Final = (b"cache:INFO", b"ports:INFO", b"system_libs:INFO")


class Emscripten(GccLike):
    """emcc and em++."""

    @property
    def name(self) -> str:
        """Return the family's name, for people."""
        return "emcc"

    @property
    def identity(self) -> Identity:
        """Return that it is a tree of scripts, with the programs that these run."""
        return Identity.EMSCRIPTEN

    def recognizes(self, program: str) -> bool:
        """Tell whether a program is one of the two, by the last part of its path."""
        return _NAME.fullmatch(posixpath.basename(program)) is not None

    def steps(self, invocation: Invocation, *, dialect: Dialect) -> tuple[Step, ...] | Refusal:
        """Return a command for each source, and the link behind them, where they are known to do the same."""
        return emscripten_steps(invocation, dialect, is_cxx="++" in posixpath.basename(invocation.program))

    def remap_words(self, invocation: Invocation, *, root: str) -> tuple[str, ...]:
        """Return the words for a compile; a link takes none."""
        return super().remap_words(invocation, root=root) if {"-c", "-S"} & set(invocation.args) else ()

    def plan(self, invocation: Invocation, *, dialect: Dialect) -> Plan | Refusal:
        """Return what the command comes to, or why it is passed on."""
        variable = refused_variable(invocation.env)
        if variable is not None:
            return Refusal(Reason.ENVIRONMENT_OUTPUT, variable)
        appended = appended_words(invocation.env)
        if isinstance(appended, Refusal):
            return appended
        run_words = invocation.args
        invocation = replace(invocation, args=(*run_words, *appended))
        sorted_words = sort_words(invocation.args)
        if isinstance(sorted_words, Refusal):
            return sorted_words
        words = walk(sorted_words.for_clang, dialect)
        if isinstance(words, Refusal):
            return words
        if words.has(Role.PREFIX):
            return Refusal(Reason.UNSEEN_INPUT, words.of(Role.PREFIX)[0].spelling)
        known = (*environment.NAMES, *env_names(invocation.env))
        if words.has(Role.COMPILE) or words.has(Role.ASSEMBLE) or words.has(Role.PREPROCESS):
            plan = self._compile(invocation, sorted_words, known, dialect)
        else:
            plan = _link(invocation, sorted_words, words, known, dialect)
        # emcc appends the words of its variable itself.
        return plan if isinstance(plan, Refusal) else replace(plan, run_words=run_words)

    def _compile(
        self, invocation: Invocation, sorted_words: EmscriptenWords, known: tuple[str, ...], dialect: Dialect
    ) -> Plan | Refusal:
        if sorted_words.packs:
            return Refusal(Reason.UNSEEN_INPUT, "--preload-file")
        driver = "clang++" if "++" in posixpath.basename(invocation.program) else "clang"
        call = replace(invocation, program=driver, args=tuple(sorted_words.for_clang))
        plan = super().plan(call, dialect=dialect)
        if isinstance(plan, Refusal):
            return plan
        return replace(
            plan,
            tool=self.name,
            words=invocation.args,
            run_words=invocation.args,
            # Settings bring folders of headers with them.
            search_words=(*plan.search_words, *sorted_words.settings),
            env_names=known,
            unkept_phrases=_MADE_LIBRARIES,
        )


def _link(
    invocation: Invocation,
    sorted_words: EmscriptenWords,
    words: Words,
    known: tuple[str, ...],
    dialect: Dialect,
) -> Plan | Refusal:
    """Return the plan of a link: its inputs are the command's own files, all else is emscripten's."""
    variable = environment.refused_variable(invocation.env)
    if variable is not None:
        return Refusal(Reason.ENVIRONMENT_OUTPUT, variable)
    refused = words.of(Role.REFUSED)
    if refused:
        assert refused[0].option.reason is not None, refused[0]
        return Refusal(refused[0].option.reason, refused[0].spelling)
    doubt = _linked_doubt(words, dialect)
    if doubt is not None:
        return doubt
    inputs = words.values(Role.INPUT)
    if not inputs:
        return Refusal(Reason.NO_SOURCE)
    outputs = _outputs(words)
    if isinstance(outputs, Refusal):
        return outputs
    if {*inputs, *sorted_words.read_files} & {output.path for output in outputs}:
        return Refusal(Reason.BAD_COMMAND_LINE, "two files of one name")
    return Plan(
        tool="emcc",
        dialect=Dialect.OTHER,
        words=invocation.args,
        run_words=invocation.args,
        unit=Unit(inputs[0], "", outputs, NamedFiles()),
        read_files=tuple(dict.fromkeys((*inputs[1:], *sorted_words.read_files))),
        probes=tuple(_probes(words)),
        env_names=known,
        unkept_phrases=_MADE_LIBRARIES,
    )


def _linked_doubt(words: Words, dialect: Dialect) -> Refusal | None:
    """Return why a link is not cached, if what it reads or writes is not told by its words."""
    for term in words.of(Role.INPUT):
        if not term.value.endswith(_LINKED) or term.value == "-":
            language = language_of(term.value, term.spelling, is_cxx=False, dialect=dialect)
            return Refusal(Reason.NOT_A_COMPILE if language else Reason.UNSEEN_INPUT, term.value)
    for role in (Role.DEPFILE, Role.DEPFILE_NAME, Role.SAVE_TEMPS, Role.SIDE_OUTPUT, Role.RECORD_ALL):
        if words.has(role):
            return Refusal(Reason.UNMODELLED_OUTPUT, words.of(role)[0].spelling)
    for term in words.of(Role.KEPT):
        if term.spelling.startswith("-Wl,") and not _FOR_LINKER.fullmatch(term.spelling):
            return Refusal(Reason.UNKNOWN_OPTION, term.spelling)
        if term.spelling.startswith(("-Xlinker", "-T")):
            return Refusal(Reason.UNKNOWN_OPTION, term.spelling)
    return None


def _outputs(words: Words) -> tuple[Output, ...] | Refusal:
    """Return the file that is asked for, and all that may be left beside it, by name."""
    named = words.values(Role.OUTPUT)
    target = named[0] if named else "a.out.js"
    stem, suffix = posixpath.splitext(target)
    if len(named) > 1 or target == "-" or not posixpath.basename(target):
        return Refusal(Reason.BAD_COMMAND_LINE, "-o")
    if suffix not in _TARGETS or any(term.spelling in {"-r", "-shared"} for term in words.of(Role.KEPT)):
        return Refusal(Reason.UNMODELLED_OUTPUT, target)
    beside = []
    if suffix == ".wasm":
        beside = [f"{target}.map"]
    else:
        script = f"{stem}.js" if suffix == ".html" else target
        beside = [script] if script != target else []
        beside += [stem + ending for ending in _BESIDE_SCRIPT]
        beside += [name + ending for name in dict.fromkeys((target, script)) for ending in _BESIDE_NAME]
    optional = (Output(path, OutputKind.OTHER, required=False) for path in dict.fromkeys(beside))
    return (Output(target, OutputKind.LINKED), *optional)


def _probes(words: Words) -> Iterator[str]:
    """Yield where a library of the command may lie; the others are emscripten's own."""
    folders = [_value(term) for term in words.of(Role.KEPT) if term.spelling.startswith("-L")]
    for term in words.of(Role.KEPT):
        if term.spelling.startswith("-l"):
            for folder in folders:
                yield from (posixpath.join(folder, form.format(_value(term))) for form in _LIBRARIES)


def _value(term: Term) -> str:
    return term.value
