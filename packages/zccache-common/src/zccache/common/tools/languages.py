"""Knows which language a source has: by its suffix, by -x, and by the driver's own name."""

from enum import Enum, auto
from typing import Final

from zccache.common.command.plan import Dialect

# Names as -x takes them; those that need no preprocessor carry the mark of their text.
_SUFFIXES: Final[dict[str, str]] = {
    suffix: language
    for language, suffixes in (
        ("c", "c"),
        ("c++", "cc cp cxx cpp CPP c++ C"),
        ("objective-c", "m"),
        ("objective-c++", "mm M"),
        ("cpp-output", "i"),
        ("c++-cpp-output", "ii"),
        ("objective-c-cpp-output", "mi"),
        ("objective-c++-cpp-output", "mii"),
        ("c-header", "h"),
        ("c++-header", "hh H hp hxx hpp HPP h++ tcc"),
        ("c++-module", "cppm ccm cxxm c++m ixx"),
        ("assembler", "s"),
        ("assembler-with-cpp", "S"),
        # gcc alone knows the one, clang the other.
        ("foreign-assembler", "sx asm"),
        ("cuda", "cu cui"),
        ("hip", "hip"),
        ("cl", "cl clcpp"),
        ("ir", "ll bc"),
        ("fortran", "f for ftn f77 f90 f95 f03 f08 F FOR fpp FPP FTN F90 F95 F03 F08"),
        ("ada", "ads adb"),
        ("d", "d di dd"),
        ("go", "go"),
        ("rust", "rs"),
        ("modula-2", "mod"),
        ("swift", "swift"),
    )
    for suffix in suffixes.split()
}
_CLANG_SUFFIXES: Final[dict[str, str]] = {"CC": "c++", "CXX": "c++", "C++": "c++"}
_IN_CXX: Final[dict[str, str]] = {"c": "c++", "cpp-output": "c++-cpp-output", "c-header": "c++-header"}
_SPELLINGS: Final[dict[str, str]] = {
    "objc-cpp-output": "objective-c-cpp-output",
    "objc++-cpp-output": "objective-c++-cpp-output",
}


class Treatment(Enum):
    """What can be done for a language."""

    COMPILED = auto()
    PREPROCESSED = auto()
    HEADER = auto()
    MODULE = auto()
    OFFLOAD = auto()
    UNSUPPORTED = auto()


def language_of(name: str, forced: str, *, is_cxx: bool, dialect: Dialect) -> str | None:
    """Return the -x name of a source's language, or None where the name is no source's.

    forced is the -x value in force ("none" when there is none); is_cxx tells that the
    driver was called by a name of the g++ kind.
    """
    if forced != "none":
        return _SPELLINGS.get(forced, forced)
    _, dot, suffix = name.rpartition("/")[2].rpartition(".")
    if not dot:
        return None
    language = _SUFFIXES.get(suffix)
    if language is None and dialect is Dialect.CLANG:
        language = _CLANG_SUFFIXES.get(suffix)
    if language is not None and is_cxx:
        return _IN_CXX.get(language, language)
    return language


def treatment(language: str) -> Treatment:
    """Return what can be done for a language, by its -x name."""
    if language in {"c", "c++", "objective-c", "objective-c++", "assembler-with-cpp"}:
        return Treatment.COMPILED
    if language in {
        "assembler",
        "cpp-output",
        "c++-cpp-output",
        "objective-c-cpp-output",
        "objective-c++-cpp-output",
    }:
        return Treatment.PREPROCESSED
    if language in {"c-header", "c++-header", "objective-c-header", "objective-c++-header"}:
        return Treatment.HEADER
    if language.endswith(("-module", "-module-cpp-output", "-header", "-header-unit")):
        return Treatment.MODULE
    if language.startswith(("cuda", "hip", "cl")):
        return Treatment.OFFLOAD
    return Treatment.UNSUPPORTED
