"""Knows the compile that a checker repeats in order to look at it: what of its words decides what is read."""

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Final

from zccache.common.command.plan import Dialect, Refusal
from zccache.common.command.reports import CheckedText
from zccache.common.reasons import Reason
from zccache.common.tools.flags import Role
from zccache.common.tools.languages import Treatment, language_of, treatment
from zccache.common.tools.modules import MODULE_ROLES
from zccache.common.tools.words import Term, Words, walk
from zccache.common.values import dataclass

_DRIVER_MODE: Final = "--driver-mode="
_REFUSED_ROLES: Final = {
    Role.PREPROCESS: Reason.PREPROCESS_ONLY,
    Role.FOLDER_WARNING: Reason.UNSEEN_INPUT,
    Role.PREFIX: Reason.UNSEEN_INPUT,
    Role.NAMED_OUTPUT: Reason.UNMODELLED_OUTPUT,
    Role.SAVE_TEMPS: Reason.UNMODELLED_OUTPUT,
    Role.OPTIMIZATION_RECORD: Reason.UNMODELLED_OUTPUT,
    Role.LISTING: Reason.UNMODELLED_OUTPUT,
    Role.PRECOMPILED: Reason.PRECOMPILED_HEADER,
    Role.EMIT_PRECOMPILED: Reason.PRECOMPILED_HEADER,
    **dict.fromkeys(MODULE_ROLES, Reason.MODULES),
}
_CHECKED: Final = frozenset((Treatment.COMPILED, Treatment.HEADER))
_NATIVE: Final = re.compile(r"-m(?:arch|tune|cpu)=native(?:\+.*)?")
# clang's tools take the target from such a name, where they know it.
_PREFIXED: Final = re.compile(r"(?:[\w.]+-){2,}(?:gcc|g\+\+|cc|c\+\+|clang|clang\+\+)(?:-\d[\d.]*)?")


@dataclass(frozen=True, slots=True)
class Checked:
    """A compile to look at, the files that its words name, and whether the processor matters."""

    text: CheckedText
    read_files: tuple[str, ...]
    cpu_matters: bool


def checked(program: str, words: Iterable[str], *, source: str, folder: str) -> Checked | Refusal:
    """Return the compile of source (an absolute path) by a program and its words, done in folder."""
    if _PREFIXED.fullmatch(posixpath.basename(program)):
        return Refusal(Reason.COMPILATION_DATABASE, program)
    is_cxx = posixpath.basename(program).rstrip("-0123456789.").endswith("++")
    kept = []
    for word in words:
        if not word.startswith(_DRIVER_MODE):
            kept.append(word)
        elif word.removeprefix(_DRIVER_MODE) in {"gcc", "g++"}:
            is_cxx = word.endswith("++")
        else:
            return Refusal(Reason.UNKNOWN_OPTION, word)
    parts = walk(kept, Dialect.CLANG)
    if isinstance(parts, Refusal):
        return parts
    refusal = _refusal(parts)
    if refusal is not None:
        return refusal
    language = _language(parts, source, is_cxx=is_cxx)
    if language is None or treatment(language) not in _CHECKED:
        return Refusal(Reason.UNSUPPORTED_LANGUAGE, f"{source} ({language})")
    search = (*parts.of(Role.TARGET), *parts.of(Role.ARCHITECTURE), *parts.of(Role.SEARCH))
    return Checked(
        CheckedText(
            source=source,
            folder=folder,
            language=language.removesuffix("-header"),
            search_words=tuple(word for term in search for word in term.words),
            macro_values=tuple(_macro_values(parts)),
            force_includes=parts.values(Role.FORCE_INCLUDE),
        ),
        tuple(posixpath.join(folder, name) for name in parts.values(Role.READ_FILE)),
        cpu_matters=any(_NATIVE.fullmatch(term.spelling) for term in parts.of(Role.SEARCH)),
    )


def _refusal(parts: Words) -> Refusal | None:
    for term in parts.of(Role.REFUSED):
        assert term.option.reason is not None, term
        return Refusal(term.option.reason, term.spelling)
    for role, reason in _REFUSED_ROLES.items():
        if parts.has(role):
            return Refusal(reason, parts.of(role)[0].spelling)
    if len(parts.of(Role.ARCHITECTURE)) > 1:
        return Refusal(Reason.SEVERAL_TARGETS, "-arch")
    if any(term.spelling == "-H" for term in parts.of(Role.KEPT)):
        # Our list would change the user's, which is on stderr.
        return Refusal(Reason.NO_REPORT, "-H")
    return None


def _language(parts: Words, source: str, *, is_cxx: bool) -> str | None:
    """Return the source's language by the -x that is in force where it stands, else at the end."""
    own = [term for term in parts.of(Role.INPUT) if _is_named(term, source)]
    forced = parts.values(Role.LANGUAGE)
    in_force = own[-1].spelling if own else forced[-1] if forced else "none"
    return language_of(source, in_force, is_cxx=is_cxx, dialect=Dialect.CLANG)


def _is_named(term: Term, source: str) -> bool:
    return posixpath.basename(term.value) == posixpath.basename(source)


def _macro_values(parts: Words) -> Iterator[str]:
    for value in parts.values(Role.DEFINE):
        _, equals, text = value.partition("=")
        if equals:
            yield text
