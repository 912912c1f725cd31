"""Knows cl and clang-cl: which names they have, and what their commands come to."""

import re
from typing import Final

from zccache.common.command.invocation import Invocation
from zccache.common.command.plan import Dialect, Identity, Plan, Refusal, Step, Unit
from zccache.common.command.reports import (
    AddedDepfile,
    AskedAside,
    DependencyJson,
    Report,
    ShownIncludes,
)
from zccache.common.command.response_files import split_windows
from zccache.common.reasons import Reason
from zccache.common.tools import environment
from zccache.common.tools.msvc_options import EXACT, LOUD, QUIET_GLUED, Part
from zccache.common.tools.msvc_outputs import outputs_of, precompiled_name, through_header
from zccache.common.tools.msvc_words import Term, Words, in_order, walk
from zccache.common.tools.path_flags import CL_FLAGS
from zccache.common.tools.protocol import Tool
from zccache.common.values import replace

_CLANG_CL: Final = re.compile(r"clang-cl(?:-\d[\d.]*)?(?:\.exe)?", re.IGNORECASE)
_CL: Final = re.compile(r"cl(?:\.exe)?", re.IGNORECASE)
_SUFFIXES: Final = {"c": "c", "cc": "c++", "cp": "c++", "cpp": "c++", "cxx": "c++", "c++": "c++"}
_FOR_EACH: Final = frozenset(
    (
        Part.INPUT,
        Part.COMPILE,
        Part.SEARCH,
        Part.DEFINE,
        Part.FORCE_INCLUDE,
        Part.ALL_C,
        Part.ALL_CXX,
        Part.SHOW_INCLUDES,
        Part.RECORDS_WORDS,
    )
)
_ASIDE: Final = ("/clang:-M", "/clang:-MF")
_WRITING: Final = frozenset(
    (
        Part.OBJECT,
        Part.LISTING,
        Part.LISTING_NAME,
        Part.MAKE_PRECOMPILED,
        Part.USE_PRECOMPILED,
        Part.SHOW_INCLUDES,
    )
)


class _ClLike(Tool):
    """What the two have in common."""

    _program: re.Pattern[str]
    _dialect: Dialect

    @property
    def path_flags(self) -> tuple[str, ...]:
        """Return /I and its kin."""
        return CL_FLAGS

    def recognizes(self, program: str) -> bool:
        """Tell whether a program is this compiler, by the last part of its path."""
        return self._program.fullmatch(re.split(r"[/\\]", program)[-1]) is not None

    def steps(self, invocation: Invocation, *, dialect: Dialect) -> tuple[Step, ...] | Refusal:
        """Return a command for each source where there are several, and nothing else to do."""
        whole = (Step(invocation),)
        terms = in_order(invocation.args, dialect)
        if isinstance(terms, Refusal) or self._given(invocation) or dialect is not Dialect.CLANG_CL:
            # What cl prints of several sources is in no order that is known.
            return whole
        sources = [term for term in terms if term.option.part is Part.INPUT]
        if len(sources) < 2 or not all(map(_is_for_each, terms)) or len(_languages(sources, terms)) != 1:
            return whole
        return tuple(Step(replace(invocation, args=_words_for(source, terms))) for source in sources)

    def plan(self, invocation: Invocation, *, dialect: Dialect) -> Plan | Refusal:
        """Return what the command comes to, or why it is passed on; CL and _CL_ hold more of its words."""
        given = self._given(invocation)
        if isinstance(given, Refusal):
            return given
        variable = environment.refused_variable(invocation.env)
        if variable is not None:
            return Refusal(Reason.ENVIRONMENT_OUTPUT, variable)
        before, after = given or ((), ())
        args = (*before, *invocation.args, *after)
        words = walk(args, dialect)
        if isinstance(words, Refusal):
            return words
        refusal = _refusal(words, dialect)
        if refusal is not None:
            return refusal
        unit = _unit(words, args, dialect)
        return unit if isinstance(unit, Refusal) else _plan(words, unit, args, self.name, dialect)

    @staticmethod
    def _given(invocation: Invocation) -> tuple[tuple[str, ...], tuple[str, ...]] | Refusal | None:
        """Return the words of CL and of _CL_; None where neither is set."""
        texts = [invocation.env.get(name, "") for name in ("CL", "_CL_")]
        if not any(texts):
            return None
        try:
            before, after = (tuple(split_windows(text, "CL")) for text in texts)
        except ValueError:
            return Refusal(Reason.BAD_COMMAND_LINE, "CL")
        if any("#" in word or word.startswith("@") for word in (*before, *after)):
            return Refusal(Reason.BAD_COMMAND_LINE, "CL")
        return before, after


class ClangCl(_ClLike):
    """clang's driver with the command line of cl."""

    _program = _CLANG_CL

    @property
    def name(self) -> str:
        """Return the family's name, for people."""
        return "clang-cl"

    @property
    def identity(self) -> Identity:
        """Return that it tells its version alone."""
        return Identity.CLANG_CL


class Cl(_ClLike):
    """Microsoft's own compiler."""

    _program = _CL

    @property
    def name(self) -> str:
        """Return the family's name, for people."""
        return "cl"

    @property
    def identity(self) -> Identity:
        """Return that it is what lies beside it."""
        return Identity.MSVC


def _refusal(words: Words, dialect: Dialect) -> Refusal | None:
    """Return the first cause for which the command is no compile, or no compile that we cache."""
    refused = words.of(Part.REFUSED)
    for term in sorted(refused, key=lambda term: term.option.reason is not Reason.NOT_A_COMPILE):
        assert term.option.reason is not None, term
        return Refusal(term.option.reason, term.words[0])
    if not words.has(Part.COMPILE):
        return Refusal(Reason.NOT_A_COMPILE)
    if words.has(Part.PROGRAM_DATABASE) and dialect is Dialect.MSVC:
        # One database for all objects of a folder; clang-cl makes none and takes /Zi for /Z7.
        return Refusal(Reason.UNMODELLED_OUTPUT, words.of(Part.PROGRAM_DATABASE)[0].words[0])
    return None


def _unit(words: Words, args: tuple[str, ...], dialect: Dialect) -> Unit | Refusal:
    source = _source(words)
    if isinstance(source, Refusal):
        return source
    name, language = source
    outputs = outputs_of(words, name, dialect)
    if isinstance(outputs, Refusal):
        return outputs
    header = through_header(words)
    if isinstance(header, Refusal):
        return header
    if header is not None and dialect is Dialect.MSVC:
        return Refusal(Reason.PRECOMPILED_HEADER, "/Yu")
    if len({name, *(output.path for output in outputs)}) <= len(outputs):
        return Refusal(Reason.BAD_COMMAND_LINE, "two files of one name")
    return Unit(name, language, outputs, _report(words, args, dialect), words.values(Part.FORCE_INCLUDE))


def _source(words: Words) -> tuple[str, str] | Refusal:
    """Return the one source and its language."""
    inputs = [(value, _forced(words)) for value in words.values(Part.INPUT)]
    inputs += [(value, "c") for value in words.values(Part.C_SOURCE)]
    inputs += [(value, "c++") for value in words.values(Part.CXX_SOURCE)]
    if len(inputs) != 1:
        return Refusal(Reason.SEVERAL_SOURCES if inputs else Reason.NO_SOURCE, inputs[1][0] if inputs else "")
    name, forced = inputs[0]
    if name == "-":
        return Refusal(Reason.STDIN_SOURCE)
    language = forced or _SUFFIXES.get(name.rpartition(".")[2], "")
    return (name, language) if language else Refusal(Reason.UNSUPPORTED_LANGUAGE, name)


def _forced(words: Words) -> str:
    if words.has(Part.ALL_C) and words.has(Part.ALL_CXX):
        # The later one wins in one of the two compilers, and a warning is printed.
        return ""
    return "c" if words.has(Part.ALL_C) else "c++" if words.has(Part.ALL_CXX) else ""


def _is_for_each(term: Term) -> bool:
    """Tell whether a word means for every source what it means for one, and is said nothing about."""
    match term.option.part:
        case Part.OBJECT:
            return term.value.endswith("/")
        case Part.KEPT:
            is_shared = term.spelling[:1] in {"W", "O", "f", "m"}
            is_quiet = term.spelling in QUIET_GLUED or term.spelling in EXACT or is_shared
            return is_quiet and term.spelling not in LOUD
        case part:
            return part in _FOR_EACH


def _languages(sources: list[Term], terms: list[Term]) -> set[str]:
    """Return the languages of the sources; what one of them has no use for, none has."""
    if any(term.option.part in {Part.ALL_C, Part.ALL_CXX} for term in terms):
        return {"", "-"} if any(term.value == "-" for term in sources) else {""}
    return {_SUFFIXES.get(term.value.rpartition(".")[2], f"none of {term.value}") for term in sources}


def _words_for(source: Term, terms: list[Term]) -> tuple[str, ...]:
    kept = (term for term in terms if term is source or term.option.part is not Part.INPUT)
    return tuple(word for term in kept for word in term.words)


def _report(words: Words, args: tuple[str, ...], dialect: Dialect) -> Report:
    if dialect is Dialect.MSVC:
        return ShownIncludes() if words.has(Part.SHOW_INCLUDES) else DependencyJson(("/sourceDependencies",))
    # Debug information of the Microsoft kind holds every word of the inner command.
    recorded = words.has(Part.RECORDS_WORDS) or words.has(Part.PROGRAM_DATABASE)
    if recorded or words.has(Part.MAKE_PRECOMPILED) or words.has(Part.USE_PRECOMPILED):
        return AskedAside((*_without_outputs(args), *_ASIDE))
    return AddedDepfile(("/clang:-MD",), glued="/clang:-MF")


def _without_outputs(args: tuple[str, ...]) -> tuple[str, ...]:
    terms = in_order(args, Dialect.CLANG_CL)
    assert not isinstance(terms, Refusal)
    kept = (term for term in terms if term.option.part not in _WRITING)
    return tuple(word for term in kept for word in term.words)


def _plan(words: Words, unit: Unit, args: tuple[str, ...], name: str, dialect: Dialect) -> Plan:
    precompiled = (precompiled_name(words, unit.source),) if words.has(Part.USE_PRECOMPILED) else ()
    recorded = isinstance(unit.report, AskedAside) or dialect is Dialect.MSVC
    return Plan(
        tool=name,
        # Where headers are sought, and what texts mean, cl and clang have in common.
        dialect=Dialect.CLANG,
        words=args,
        run_words=args,
        unit=unit,
        search_words=tuple(word for term in words.of(Part.SEARCH) for word in term.words),
        macro_values=tuple(value for value in map(_macro_value, words.values(Part.DEFINE)) if value),
        read_files=precompiled,
        precompiled=precompiled,
        env_names=environment.NAMES,
        searches_includers=True,
        colour_words=() if recorded else ("-fcolor-diagnostics",),
    )


def _macro_value(definition: str) -> str:
    return re.split("[=#]", definition, maxsplit=1)[-1] if re.search("[=#]", definition) else ""
