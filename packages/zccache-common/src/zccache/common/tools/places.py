"""Knows where paths stand in gcc-like words, and which words bind what is written to its place."""

from collections.abc import Mapping, Sequence
from typing import Final

from zccache.common.command.plan import Dialect, OutputKind
from zccache.common.tools.flags import Role, spelled
from zccache.common.tools.modules import MODULE_ROLES
from zccache.common.tools.words import Words

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
# The last two hash the name of the source into symbols (clang), and seek a word in the names of files (gcc).
_BINDING: Final = spelled(
    """-fprofile -fcs-profile -fmemory-profile -fcoverage -funique-internal-linkage-names
    -finstrument-functions-exclude-file-list"""
)
_SYSTEM_FOLDERS: Final = ("-isystem", "-idirafter", "-iprefix", "-iwith", "-isysroot", "--sysroot")
_SYSTEM_LISTS: Final = spelled("C_INCLUDE_PATH CPLUS_INCLUDE_PATH OBJC_INCLUDE_PATH OBJCPLUS_INCLUDE_PATH")
_BINDING_KINDS: Final = (OutputKind.COVERAGE_NOTES, OutputKind.CALL_GRAPH, OutputKind.SPLIT_DEBUG)


def binding_word(words: Words, dialect: Dialect) -> str:
    """Return a word by which the folder gets into what is written, whatever is remapped; or nothing."""
    for role in _BINDING_ROLES:
        if words.has(role):
            return words.of(role)[0].spelling
    for term in words.of(Role.SIDE_OUTPUT):
        if term.option.kind in _BINDING_KINDS:
            return term.spelling
    if dialect is Dialect.GCC and words.has(Role.LINK_TIME):
        # gcc packs the names of files, and the folder, with zstd or zlib: they do not show.
        return words.of(Role.LINK_TIME)[0].spelling
    return next((term.spelling for term in words.of(Role.KEPT) if term.spelling.startswith(_BINDING)), "")


def shows_real_names(words: Words, dialect: Dialect, env: Mapping[str, str]) -> bool:
    """Tell whether `__FILE__` may be a name with all links and `..` resolved.

    gcc resolves names of headers in folders of the system where that makes them shorter.
    """
    if dialect is not Dialect.GCC:
        return False
    named = any(term.spelling.startswith(_SYSTEM_FOLDERS) for term in words.of(Role.SEARCH))
    return named or any(name in env for name in _SYSTEM_LISTS)


def file_maps(args: Sequence[str], *, root: str, cwd: str) -> tuple[str, ...]:
    """Return the maps for root and for the folder itself, but those that the user gives.

    They stand first: where several fit, compilers take the last.
    """
    mapped = {word.removeprefix(_FILE_MAP).rpartition("=")[0] for word in args if word.startswith(_FILE_MAP)}
    return tuple(f"{_FILE_MAP}{path}=." for path in dict.fromkeys((root, cwd)) if path not in mapped)
