"""Knows where paths stand in gcc-like words, and which words bind what is written to its place."""

from collections.abc import Sequence
from typing import Final

from zccache.common.command.plan import OutputKind
from zccache.common.tools.flags import Role, spelled
from zccache.common.tools.modules import MODULE_ROLES
from zccache.common.tools.words import Term, Words

_FILE_MAP: Final = "-ffile-prefix-map="
PATH_PREFIXES: Final = (
    "",
    *spelled(
        """-isystem -iquote -idirafter -include -imacros -I -o -MF -MT -MQ -ffile-prefix-map=
        -fdebug-prefix-map= -fmacro-prefix-map= -fcoverage-prefix-map= --sysroot="""
    ),
)
# Sanitizers and coverage name files that no map reaches (gcc 12, clang 14); the id that joins an object
# with its .dwo is made of names before they are mapped (gcc 12).
_BINDING_ROLES: Final = (
    Role.SANITIZE,
    Role.RECORD,
    Role.RECORD_ALL,
    Role.SAVE_TEMPS,
    Role.OPTIMIZATION_RECORD,
    Role.LISTING,
    Role.EMIT_PRECOMPILED,
    *MODULE_ROLES,
    Role.PRECOMPILED,
    Role.FOR_ASSEMBLER,
    Role.NAMED_OUTPUT,
)
_BINDING_KINDS: Final = (OutputKind.COVERAGE_NOTES, OutputKind.CALL_GRAPH, OutputKind.SPLIT_DEBUG)


def binding_word(words: Words) -> str:
    """Return a word by which the folder gets into what is written, whatever is remapped; or nothing."""
    for role in _BINDING_ROLES:
        if words.has(role):
            return words.of(role)[0].spelling
    for term in words.of(Role.SIDE_OUTPUT):
        if term.option.kind in _BINDING_KINDS:
            return term.spelling
    return next((term.spelling for term in words.of(Role.KEPT) if _profiles(term)), "")


def _profiles(term: Term) -> bool:
    return term.spelling.startswith(("-fprofile", "-fcs-profile", "-fmemory-profile", "-fcoverage"))


def file_maps(args: Sequence[str], *, root: str, cwd: str) -> tuple[str, ...]:
    """Return the maps for root and for the folder itself, but those that the user gives.

    They stand first: where several fit, compilers take the last.
    """
    mapped = {word.removeprefix(_FILE_MAP).rpartition("=")[0] for word in args if word.startswith(_FILE_MAP)}
    return tuple(f"{_FILE_MAP}{path}=." for path in dict.fromkeys((root, cwd)) if path not in mapped)
