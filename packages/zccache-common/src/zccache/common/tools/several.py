"""Knows which commands a gcc-like command with several sources, or with a link behind them, comes to.

Each is a command that somebody could have typed, so it shares its entries with that one.
"""

import posixpath
from collections.abc import Iterable, Sequence
from typing import Final

from zccache.common.command.invocation import Invocation
from zccache.common.command.plan import SCRATCH, Dialect, Refusal, Step
from zccache.common.tools.driver_words import makes_windows_file
from zccache.common.tools.flags import Role, spelled
from zccache.common.tools.languages import Treatment, language_of, treatment
from zccache.common.tools.nested import assembler_words, preprocessor_words
from zccache.common.tools.outputs import stem_of
from zccache.common.tools.words import Term, Words, in_order
from zccache.common.values import replace

_MODES: Final = frozenset((Role.COMPILE, Role.ASSEMBLE))
_COMPILED: Final = frozenset((Treatment.COMPILED, Treatment.PREPROCESSED))
_DEPFILE_ROLES: Final = frozenset((Role.DEPFILE, Role.DEPFILE_NAME, Role.DEPFILE_DETAIL))
# What names one file for all sources, or files after the whole command's output.
_NEVER_SPLIT: Final = frozenset(
    (
        Role.REFUSED,
        Role.PREPROCESS,
        Role.NAMED_OUTPUT,
        Role.SAVE_TEMPS,
        Role.OPTIMIZATION_RECORD,
        Role.LISTING,
        Role.EMIT_PRECOMPILED,
        Role.PRECOMPILE,
        Role.MODULE_OUTPUT,
        Role.FOR_PREPROCESSOR,
        Role.FOR_ASSEMBLER,
    )
)
_NEVER_SPLIT_FROM_LINK: Final = _NEVER_SPLIT | frozenset(
    (
        Role.MODULE_FILE,
        Role.SIDE_OUTPUT,
        Role.OUTPUT_FORMAT,
        Role.RECORD,
        Role.RECORD_ALL,
    )
)
_NAMES_ONE_TARGET: Final = ("-MT", "-MQ")
# clang warns of what a compile does not use, and of what a link does not.
_FOR_LINKING: Final = spelled("-l -L -T -u -z -e -Xlinker -Wl, -fuse-ld= -rtlib= --rtlib=")
_FOR_LINKING_ALONE: Final = frozenset(
    spelled(
        """-s -r -shared -static -static-libgcc -static-libstdc++ -shared-libgcc -static-pie -pie -no-pie
        -nopie -rdynamic -symbolic -nostdlib -nostdlib++ -nodefaultlibs -nostartfiles -nolibc"""
    )
)
_NEVER_LINKED: Final = _DEPFILE_ROLES | {Role.LANGUAGE}
_NESTED: Final = frozenset((Role.FOR_ASSEMBLER, Role.FOR_PREPROCESSOR))
_FOR_COMPILING: Final = frozenset((Role.DEFINE, Role.FORCE_INCLUDE, Role.PRECOMPILED))
_FOR_COMPILING_SPELLED: Final = ("-I", "-isystem", "-iquote", "-idirafter", "-U", "-nostdinc", "-F")


def steps_of(invocation: Invocation, dialect: Dialect, *, is_cxx: bool) -> tuple[Step, ...] | Refusal:
    """Return the commands that a command comes to; one that is not to be split comes to itself."""
    whole = (Step(invocation),)
    terms = in_order(invocation.args, dialect)
    if isinstance(terms, Refusal):
        return whole
    roles = {term.option.role for term in terms if not _is_harmless(term)}
    inputs = [term for term in terms if term.option.role is Role.INPUT]
    sources = [term for term in inputs if _is_source(term, is_cxx=is_cxx, dialect=dialect)]
    if roles & _MODES:
        several = len(sources) > 1 and len(sources) == len(inputs)
        bound = roles & _NEVER_SPLIT or Role.DEPFILE_NAME in roles or any(map(_names_target, terms))
        if not several or Role.OUTPUT in roles or bound:
            return whole
        return tuple(_step(invocation, _words_for(source, terms)) for source in sources)
    if not sources or roles & _NEVER_SPLIT_FROM_LINK:
        return whole
    depfile = _depfile_words(sources, terms, invocation)
    objects = {source: f"{SCRATCH}{index}-{_stem(source)}.o" for index, source in enumerate(sources)}
    if depfile is None or len(objects) < len(sources):
        return whole
    compiles = (
        _step(invocation, (*_words_of_compile(source, terms, dialect), *depfile, "-c", "-o", name))
        for source, name in objects.items()
    )
    linked = _step(invocation, _words_of_link(terms, objects, dialect))
    return (*compiles, replace(linked, needs_all=True))


def unsplit_word(words: Words) -> str:
    """Return a word by which a compile cannot be told from the link behind it; empty: it is not known."""
    roles = (*_NEVER_SPLIT_FROM_LINK, *_DEPFILE_ROLES)
    return next((words.of(role)[0].spelling for role in roles if words.has(role)), "")


def _depfile_words(
    sources: Sequence[Term], terms: Sequence[Term], invocation: Invocation
) -> tuple[str, ...] | None:
    """Return the words that name depfile and target as the whole command does; None: they cannot be told.

    They are named after the output (gcc 12, clang 14 and 19); without one, each version has its rule.
    """
    roles = {term.option.role for term in terms}
    if not roles & _DEPFILE_ROLES:
        return ()
    outputs = [term.value for term in terms if term.option.role is Role.OUTPUT]
    is_windows = Role.TARGET in roles or makes_windows_file(invocation.program)
    # Each source would write it anew, and which one is the last is not sure.
    if Role.DEPFILE not in roles or len(sources) > 1 or len(outputs) != 1 or is_windows:
        return None
    words: tuple[str, ...] = ()
    if Role.DEPFILE_NAME not in roles:
        words += ("-MF", f"{stem_of(outputs[0])}.d")
    if not any(map(_names_target, terms)):
        words += ("-MQ", outputs[0])
    return words


def _is_harmless(term: Term) -> bool:
    """Tell whether a word for another program names no file."""
    if term.option.role is Role.FOR_ASSEMBLER:
        return not any(assembler_words(term.value))
    if term.option.role is not Role.FOR_PREPROCESSOR:
        return False
    return all(name in {"-D", "-U"} for name, _ in preprocessor_words(term.value, glued=len(term.words) == 1))


def _names_target(term: Term) -> bool:
    return term.spelling.startswith(_NAMES_ONE_TARGET)


def _is_source(term: Term, *, is_cxx: bool, dialect: Dialect) -> bool:
    language = language_of(term.value, term.spelling, is_cxx=is_cxx, dialect=dialect)
    return language is not None and term.value != "-" and treatment(language) in _COMPILED


def _stem(source: Term) -> str:
    return posixpath.splitext(posixpath.basename(source.value))[0]


def _step(invocation: Invocation, words: Iterable[str]) -> Step:
    return Step(replace(invocation, args=tuple(words)))


def _words_for(source: Term, terms: Iterable[Term]) -> Iterable[str]:
    """Yield the words of a command with this source alone: of the -x, the one that is in force for it."""
    for term in terms:
        if term is source:
            if source.spelling != "none":
                yield from ("-x", source.spelling)
            yield from source.words
        elif term.option.role not in {Role.INPUT, Role.LANGUAGE}:
            yield from term.words


def _words_of_compile(source: Term, terms: Iterable[Term], dialect: Dialect) -> Iterable[str]:
    kept = (
        term
        for term in terms
        if term.option.role is not Role.OUTPUT and (dialect is not Dialect.CLANG or not _is_for_linking(term))
    )
    return _words_for(source, kept)


def _words_of_link(terms: Sequence[Term], objects: dict[Term, str], dialect: Dialect) -> Iterable[str]:
    # gcc's own assembler gets its words in a link too, where that optimizes; clang warns of them.
    dropped = _NEVER_LINKED | (_NESTED if dialect is Dialect.CLANG else frozenset())
    # A specs file may ask for any word, for its link too.
    has_specs = any(term.option.role is Role.SPECS for term in terms)
    for term in terms:
        role = term.option.role
        is_dropped = role in dropped or (not has_specs and _is_for_compiling(term))
        if term in objects:
            yield objects[term]
        elif role is Role.INPUT or not is_dropped:
            yield from term.words


def _is_for_linking(term: Term) -> bool:
    if term.option.role is Role.SPECS:
        return True
    is_kept = term.option.role is Role.KEPT
    return is_kept and (term.spelling in _FOR_LINKING_ALONE or term.spelling.startswith(_FOR_LINKING))


def _is_for_compiling(term: Term) -> bool:
    return term.option.role in _FOR_COMPILING or term.spelling.startswith(_FOR_COMPILING_SPELLED)
