"""Knows every tool family: a new one is a file and a line here."""

from collections.abc import Mapping
from typing import Final

from zccache.common.reasons import Reason
from zccache.common.tools import environment
from zccache.common.tools.clang_tidy import ClangTidy
from zccache.common.tools.gcc import GccLike
from zccache.common.tools.iwyu import IncludeWhatYouUse
from zccache.common.tools.msvc import Cl, ClangCl
from zccache.common.tools.protocol import Tool
from zccache.common.tools.refused import REFUSED
from zccache.common.tools.rust_refused import describe_refused
from zccache.common.tools.rustc import Rustc

TOOLS: Final[tuple[Tool, ...]] = (
    GccLike(),
    ClangCl(),
    Cl(),
    Rustc(),
    ClangTidy(),
    IncludeWhatYouUse(),
)
ENV_NAMES: Final[tuple[str, ...]] = environment.NAMES


def tool_for(program: str) -> Tool | None:
    """Return the family that knows the program (a name or a path), if one does."""
    return next((tool for tool in TOOLS if tool.recognizes(program)), None)


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
