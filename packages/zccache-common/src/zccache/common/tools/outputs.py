"""Knows which files a gcc-like compile writes, by name.

Every name was compared with gcc 12 and clang 14. All are required, but for what clang
leaves out where it has nothing to say: where another version names a file differently, the
named one is missing and nothing is stored. Which files are written into when they are
there was observed on the same two.
"""

import posixpath
from typing import Final

from zccache.common.command.plan import Dialect, Output, OutputKind, Refusal
from zccache.common.reasons import Reason
from zccache.common.tools.flags import Role
from zccache.common.tools.words import Words
from zccache.common.values import dataclass, replace

_SIDE_SUFFIXES: Final = {
    OutputKind.SPLIT_DEBUG: ".dwo",
    OutputKind.COVERAGE_NOTES: ".gcno",
    OutputKind.STACK_USAGE: ".su",
    OutputKind.CALL_GRAPH: ".ci",
}


_REWRITTEN: Final = {
    Dialect.GCC: frozenset(
        (
            OutputKind.ASSEMBLY,
            OutputKind.COVERAGE_NOTES,
            OutputKind.STACK_USAGE,
            OutputKind.CALL_GRAPH,
            OutputKind.PRECOMPILED_HEADER,
        )
    ),
    Dialect.CLANG: frozenset((OutputKind.SPLIT_DEBUG, OutputKind.COVERAGE_NOTES, OutputKind.STACK_USAGE)),
}


@dataclass(frozen=True, slots=True)
class Depfile:
    """The depfile that the command asks for; complete is False where it leaves out system headers."""

    path: str
    complete: bool


def depfile_of(words: Words, source: str) -> Depfile | Refusal | None:
    """Return the depfile that the command asks for, if it does.

    Two names, -MD beside -MMD, and -MD beside -Wp,-MD are refused: gcc and clang differ there.
    """
    drivers = {term.spelling for term in words.of(Role.DEPFILE)}
    inner = words.of(Role.DEPFILE_INNER)
    names = words.values(Role.DEPFILE_NAME)
    if len(drivers) > 1 or len(inner) > 1 or len(names) > 1 or (inner and (drivers or names)):
        return Refusal(Reason.UNMODELLED_OUTPUT, "several words for one depfile")
    if inner:
        return _depfile(inner[0].value, inner[0].spelling)
    if not drivers:
        return None
    path = names[0] if names else stem_of(_named_or_source(words, source)) + ".d"
    return _depfile(path, *drivers)


def _depfile(path: str, spelling: str) -> Depfile | Refusal:
    if path == "-":
        return Refusal(Reason.OUTPUT_TO_STDOUT, spelling)
    return Depfile(path, complete=spelling == "-MD")


def outputs_of(words: Words, source: str, dialect: Dialect) -> tuple[Output, ...] | Refusal:
    """Return what the command writes for its source, the depfile left out."""
    main = _main_output(words, source, dialect)
    if isinstance(main, Refusal):
        return main
    sides = _side_outputs(words, source, dialect, main.kind)
    if isinstance(sides, Refusal):
        return sides
    named = _named_outputs(words)
    if isinstance(named, Refusal):
        return named
    return tuple(_with_habits(output, dialect) for output in (main, *sides, *named))


def precompiled_outputs(words: Words, source: str, dialect: Dialect) -> tuple[Output, ...] | Refusal:
    """Return what the command writes that makes a precompiled header, the depfile left out.

    clang keeps the time of every header in it and takes the header for another one
    when that has changed, so it is cached only without these times.
    """
    if dialect is Dialect.CLANG and "-fno-pch-timestamp" not in words.values(Role.FOR_CLANG):
        return Refusal(Reason.PRECOMPILED_HEADER, "clang without -Xclang -fno-pch-timestamp")
    others = [*words.of(Role.SIDE_OUTPUT), *words.of(Role.ASSEMBLE), *words.of(Role.OUTPUT_FORMAT)]
    if others:
        return Refusal(Reason.PRECOMPILED_HEADER, others[0].spelling)
    named = _named_outputs(words)
    if isinstance(named, Refusal):
        return named
    main = _named_main(words, f"{source}.gch", OutputKind.PRECOMPILED_HEADER)
    return main if isinstance(main, Refusal) else tuple(_with_habits(o, dialect) for o in (main, *named))


_NOT_ASSEMBLED: Final = (
    Role.SIDE_OUTPUT,
    Role.NAMED_OUTPUT,
    Role.SAVE_TEMPS,
    Role.OPTIMIZATION_RECORD,
    Role.LISTING,
    Role.EMIT_PRECOMPILED,
    Role.PRECOMPILED,
)


def assembled_outputs(words: Words, source: str, dialect: Dialect) -> tuple[Output, ...] | Refusal:
    """Return what the command makes of a text for the assembler, the depfile left out."""
    for role in (Role.ASSEMBLE, Role.OUTPUT_FORMAT):
        if words.has(role):
            return Refusal(Reason.UNSUPPORTED_LANGUAGE, f"{words.of(role)[0].spelling} of assembler")
    for role in _NOT_ASSEMBLED:
        if words.has(role):
            # Which of these are written, and what they hold, differs between gcc and clang.
            return Refusal(Reason.UNMODELLED_OUTPUT, words.of(role)[0].spelling)
    main = _main_output(words, source, dialect)
    return main if isinstance(main, Refusal) else (main,)


def _named_outputs(words: Words) -> tuple[Output, ...] | Refusal:
    diagnostics = words.values(Role.NAMED_OUTPUT)
    if len(diagnostics) > 1 or "-" in diagnostics:
        return Refusal(Reason.UNMODELLED_OUTPUT, "--serialize-diagnostics")
    return tuple(Output(path, OutputKind.DIAGNOSTICS) for path in diagnostics)


def _with_habits(output: Output, dialect: Dialect) -> Output:
    # clang 14 writes no .su for a unit without functions; gcc 12 writes an empty one.
    is_optional = dialect is Dialect.CLANG and output.kind is OutputKind.STACK_USAGE
    return replace(output, required=not is_optional, in_place=output.kind in _REWRITTEN[dialect])


def _main_output(words: Words, source: str, dialect: Dialect) -> Output | Refusal:
    # -S beats -c wherever they stand (gcc 12, clang 14).
    is_assembly = words.has(Role.ASSEMBLE)
    kind = OutputKind.ASSEMBLY if is_assembly else OutputKind.OBJECT
    emits_llvm = dialect is Dialect.CLANG and words.has(Role.OUTPUT_FORMAT)
    suffixes = (".ll", ".bc") if emits_llvm else (".s", ".o")
    own_name = stem_of(posixpath.basename(source)) + suffixes[0 if is_assembly else 1]
    return _named_main(words, own_name, kind)


def _named_main(words: Words, own_name: str, kind: OutputKind) -> Output | Refusal:
    named = words.values(Role.OUTPUT)
    if not named:
        return Output(own_name, kind)
    if len(named) > 1:
        # The last one counts, but gcc 12 fails as soon as -MD is added.
        return Refusal(Reason.BAD_COMMAND_LINE, "-o")
    if named[0] == "-":
        return Refusal(Reason.OUTPUT_TO_STDOUT, "-o -")
    if not posixpath.basename(named[0]):
        return Refusal(Reason.BAD_COMMAND_LINE, "-o")
    return Output(named[0], kind)


def _side_outputs(
    words: Words, source: str, dialect: Dialect, main: OutputKind
) -> tuple[Output, ...] | Refusal:
    on = words.of(Role.SIDE_OUTPUT)
    if on and words.has(Role.SIDE_OUTPUT_OFF):
        return Refusal(Reason.UNMODELLED_OUTPUT, words.of(Role.SIDE_OUTPUT_OFF)[0].spelling)
    kinds = {term.option.kind: term.spelling for term in on}
    is_plain = words.has(Role.DEBUG) and not words.has(Role.NO_DEBUG) and main is OutputKind.OBJECT
    if OutputKind.SPLIT_DEBUG in kinds and not is_plain:
        # Whether there is a .dwo then, and where, differs between gcc, clang and their versions.
        return Refusal(Reason.UNMODELLED_OUTPUT, kinds[OutputKind.SPLIT_DEBUG])
    path = _named_or_source(words, source)
    stem = posixpath.splitext(path)[0] if dialect is Dialect.GCC else stem_of(path)
    return tuple(Output(stem + suffix, kind) for kind, suffix in _SIDE_SUFFIXES.items() if kind in kinds)


def _named_or_source(words: Words, source: str) -> str:
    named = words.values(Role.OUTPUT)
    return named[0] if named else posixpath.basename(source)


def stem_of(path: str) -> str:
    """Cut the last suffix off the last part: `d/.foo` gives `d/`, as the compilers do for depfiles."""
    folder, slash, name = path.rpartition("/")
    stem, dot, _ = name.rpartition(".")
    return folder + slash + (stem if dot else name)
