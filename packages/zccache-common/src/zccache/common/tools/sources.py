"""Knows which source a gcc-like command has, and what can be done for its language."""

from typing import Final

from zccache.common.command.plan import ASSEMBLERS, Dialect, Refusal
from zccache.common.reasons import Reason
from zccache.common.tools.flags import Role
from zccache.common.tools.languages import Treatment, language_of, treatment
from zccache.common.tools.modules import is_cached_module
from zccache.common.tools.words import Term, Words
from zccache.common.values import dataclass

_REFUSED_TREATMENTS: Final = {
    Treatment.MODULE: Reason.MODULES,
    Treatment.OFFLOAD: Reason.SEVERAL_TARGETS,
    Treatment.UNSUPPORTED: Reason.UNSUPPORTED_LANGUAGE,
}


@dataclass(frozen=True, slots=True)
class Source:
    """The one source of a command, and what can be done for its language."""

    name: str
    language: str
    treatment: Treatment

    @property
    def is_preprocessed(self) -> bool:
        """Tell whether the preprocessor has been over it."""
        return self.treatment is Treatment.PREPROCESSED

    @property
    def is_assembly(self) -> bool:
        """Tell whether it is a text for the assembler."""
        return self.language in ASSEMBLERS

    @property
    def is_header(self) -> bool:
        """Tell whether a precompiled header is made of it."""
        return self.treatment is Treatment.HEADER


def source_of(words: Words, *, is_cxx: bool, dialect: Dialect) -> Source | Refusal:
    """Return the one source among the inputs, or why there is none to compile."""
    inputs = words.of(Role.INPUT)
    named = [(term.value, _language(term, is_cxx=is_cxx, dialect=dialect)) for term in inputs]
    sources = [(name, language) for name, language in named if language is not None]
    if len(sources) > 1:
        return Refusal(Reason.SEVERAL_SOURCES, sources[1][0])
    if "-" in words.values(Role.INPUT):
        return Refusal(Reason.STDIN_SOURCE)
    if not sources:
        return Refusal(Reason.NO_SOURCE, inputs[0].value if inputs else "")
    if len(named) > 1:
        # The linker's inputs are not read by -c, yet a missing one is an error.
        return Refusal(Reason.UNSEEN_INPUT, next(name for name, language in named if language is None))
    (name, language) = sources[0]
    kind = treatment(language)
    if kind in _REFUSED_TREATMENTS and not is_cached_module(words, language, dialect):
        return Refusal(_REFUSED_TREATMENTS[kind], f"{name} ({language})")
    return Source(name, language, kind)


def _language(term: Term, *, is_cxx: bool, dialect: Dialect) -> str | None:
    return language_of(term.value, term.spelling, is_cxx=is_cxx, dialect=dialect)
