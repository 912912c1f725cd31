"""Knows every tool family: a new one is a file and a line here."""

from collections.abc import Mapping
from typing import Final

from zccache.common.reasons import Reason
from zccache.common.tools import environment
from zccache.common.tools.archiver import Archiver
from zccache.common.tools.assembler import Assembler
from zccache.common.tools.clang_tidy import ClangTidy
from zccache.common.tools.emscripten import Emscripten
from zccache.common.tools.gcc import GccLike
from zccache.common.tools.iwyu import IncludeWhatYouUse
from zccache.common.tools.link_options import GLUED, LONG
from zccache.common.tools.link_words import RANDOM_WORDS
from zccache.common.tools.linker import Linker
from zccache.common.tools.msvc import Cl, ClangCl
from zccache.common.tools.msvc_linker import LldLink, MsLink
from zccache.common.tools.msvc_options import EXACT as CL_EXACT
from zccache.common.tools.msvc_options import GLUED as CL_GLUED
from zccache.common.tools.protocol import Tool
from zccache.common.tools.refused import REFUSED
from zccache.common.tools.rust_refused import describe_refused
from zccache.common.tools.rustc import Rustc
from zccache.common.tools.rustfmt import Rustfmt

TOOLS: Final[tuple[Tool, ...]] = (
    GccLike(),
    ClangCl(),
    Cl(),
    Emscripten(),
    Rustc(),
    Rustfmt(),
    Linker(),
    LldLink(),
    MsLink(),
    Archiver(),
    Assembler(),
    ClangTidy(),
    IncludeWhatYouUse(),
)
ENV_NAMES: Final[tuple[str, ...]] = environment.NAMES


def tool_for(program: str) -> Tool | None:
    """Return the family that knows the program (a name or a path), if one does."""
    return next((tool for tool in TOOLS if tool.recognizes(program)), None)


def describe_link_limits() -> Mapping[Reason, tuple[str, ...]]:
    """Return the words of linkers that each reason stands for, for the people's page."""
    examples: dict[Reason, tuple[str, ...]] = {}
    for name, option in (*LONG.items(), *GLUED.items()):
        if option.reason is not None:
            spelling = ("--" if len(name) > 1 else "-") + name
            examples[option.reason] = tuple(sorted({*examples.get(option.reason, ()), spelling}))
    examples[Reason.RANDOM_OUTPUT] = (*sorted(RANDOM_WORDS), *examples[Reason.RANDOM_OUTPUT])
    return examples


def describe_cl_limits() -> Mapping[Reason, tuple[str, ...]]:
    """Return the options of cl and clang-cl that each reason stands for, for the people's page."""
    examples: dict[Reason, tuple[str, ...]] = {}
    for name, option in (*CL_EXACT.items(), *CL_GLUED.items()):
        if option.reason is not None:
            examples[option.reason] = tuple(sorted({*examples.get(option.reason, ()), f"/{name}"}))
    return examples


def describe_limits() -> Mapping[Reason, tuple[str, ...]]:
    """Return the spellings of the options that each reason stands for, for the people's page."""
    examples: dict[Reason, tuple[str, ...]] = {}
    for group in REFUSED:
        reason = group.option.reason
        if reason is not None:
            examples[reason] = tuple(sorted({*examples.get(reason, ()), *group.spellings}))
    for reason, spellings in describe_refused().items():
        examples[reason] = (*examples.get(reason, ()), *spellings)
    return examples
