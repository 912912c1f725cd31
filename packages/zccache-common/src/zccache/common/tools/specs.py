"""Knows which specs files of gcc can be followed: what they put on the command lines of its programs.

A specs file is safe where each word that it adds is one that a user could have typed, and
that names no file to read or write but those of which the compiler or the linker tells.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from zccache.common.command.plan import Dialect
from zccache.common.tools.families import find
from zccache.common.tools.flags import Role, Takes, spelled
from zccache.common.tools.link_options import Meaning, Value
from zccache.common.tools.link_words import option_of
from zccache.common.tools.nested import assembler_words
from zccache.common.tools.specs_text import (
    ANYTHING,
    MATCHED,
    SOUGHT,
    Section,
    StrangeSpecsError,
    read_sections,
)

_CPP: Final = "cpp"
_CC1: Final = "cc1"
_AS: Final = "as"
_TYPED: Final = "typed"
_LD: Final = "ld"
_READERS: Final[dict[str, str]] = {
    **dict.fromkeys(spelled("cpp cpp_options cpp_unique_options cc1plus"), _CPP),
    **dict.fromkeys(spelled("cc1 cc1_options"), _CC1),
    **dict.fromkeys(spelled("asm asm_options"), _AS),
    "self_spec": _TYPED,
    **dict.fromkeys(
        spelled("link lib libgcc startfile endfile link_gcc_c_sequence link_libgcc link_ssp"), _LD
    ),
}
# Those that are whole commands, name programs or folders, or change what all others mean.
_NEVER: Final = frozenset(
    spelled(
        """asm_final invoke_as link_command linker linker_plugin_file lto_wrapper lto_gcc post_link link_gomp
        trad_capable_cpp cross_compile version multilib multilib_defaults multilib_extra multilib_matches
        multilib_exclusions multilib_options multilib_reuse md_exec_prefix md_startfile_prefix
        md_startfile_prefix_1 startfile_prefix_spec sysroot_spec sysroot_suffix_spec
        sysroot_hdrs_suffix_spec driver_self_spec cpp_debug_options asm_debug asm_debug_option"""
    )
)
# By these the place or the machine gets into the output, which the plan knows of typed words alone.
_BINDING: Final = re.compile(r"-g.*|-fprofile.*|-f\w+-prefix-map.*|.*=native.*|-fuse-ld.*|-Wl,.*|-Xlinker")
_LINK_MEANINGS: Final = frozenset(
    (
        Meaning.KEPT,
        Meaning.LIBRARY,
        Meaning.FOLDER,
        Meaning.RUN_FOLDERS,
        Meaning.SCRIPT,
        Meaning.STATIC,
        Meaning.DYNAMIC,
        Meaning.SHARED,
        Meaning.RELOCATABLE,
    )
)


def doubt_about(text: str) -> str:
    """Return the first thing in a specs file that cannot be followed; empty: there is none."""
    try:
        sections = read_sections(text)
    except StrangeSpecsError as strange:
        return str(strange)
    readers = _readers_of(sections)
    for section in sections:
        if section.name in _NEVER:
            return f"*{section.name}"
        for reader in sorted(readers[section.name]):
            doubt = next(_doubts(section.words, reader), None)
            if doubt is not None:
                return f"*{section.name}: {doubt}"
    return ""


def _readers_of(sections: tuple[Section, ...]) -> Mapping[str, set[str]]:
    """Return which programs' command lines each section may come to, by the sections that refer to it."""
    readers = {
        section.name: {_READERS[section.name]} if section.name in _READERS else set() for section in sections
    }
    for _ in sections:
        for section in sections:
            for name in section.references & readers.keys():
                readers[name] |= readers[section.name]
    # Another file may refer to it.
    return {name: found or {_CPP, _CC1, _LD} for name, found in readers.items()}


def _doubts(words: tuple[str, ...], reader: str) -> Iterator[str]:
    """Yield the words that the program which reads them is not to be given."""
    rest = iter(words)
    for word in rest:
        if not word.strip(ANYTHING):
            continue
        if word.startswith(("@", f"-{MATCHED}")) or (word[0] == MATCHED and word[1:2] != "/"):
            yield word
        elif reader == _LD:
            yield from _doubt_of_link(word, rest)
        elif SOUGHT in word:
            # The driver is asked where it is found, and not where it could be found by now.
            yield word
        elif reader == _AS:
            yield from (word for _ in assembler_words(word))
        else:
            yield from _doubt_of_compile(word, rest, seeks=reader == _CPP)


def _doubt_of_link(word: str, rest: Iterator[str]) -> Iterator[str]:
    if not word.startswith("-"):
        # A name with a folder, sought where start files lie, would have to be sought with it.
        if SOUGHT in word and "/" in word and word[0] not in {"/", MATCHED}:
            yield word
        return
    option, value = option_of(word)
    takes_next = option is not None and option.value is Value.NEEDED and value is None
    named = next(rest, SOUGHT) if takes_next else word
    if option is None or option.meaning not in _LINK_MEANINGS or SOUGHT in named:
        yield word


def _doubt_of_compile(word: str, rest: Iterator[str], *, seeks: bool) -> Iterator[str]:
    """Yield a word if it is none that could be typed; seeks: the driver tells the folders among them."""
    if not word.startswith("-") or _BINDING.fullmatch(word):
        yield word
        return
    option, value = find(word, Dialect.GCC)
    if option.takes in {Takes.NEXT, Takes.EITHER} and value is None:
        value = next(rest, None)
    if value is not None and SOUGHT in value:
        yield word
    is_search = option.role is Role.SEARCH and (seeks or option.takes is Takes.NOTHING)
    # An #include may be computed from a macro.
    is_macro = option.role is Role.DEFINE and value is not None and not {"/", ".", ANYTHING} & set(value)
    if not (is_search or is_macro or option.role is Role.KEPT):
        yield word
