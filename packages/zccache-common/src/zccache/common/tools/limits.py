"""Knows which words each reason for passing stands for, for the people's page."""

from collections.abc import Mapping

from zccache.common.reasons import Reason
from zccache.common.tools.link_options import GLUED, LONG
from zccache.common.tools.link_words import RANDOM_WORDS
from zccache.common.tools.msvc_options import EXACT as CL_EXACT
from zccache.common.tools.msvc_options import GLUED as CL_GLUED
from zccache.common.tools.refused import REFUSED
from zccache.common.tools.rust_refused import describe_refused


def describe_link_limits() -> Mapping[Reason, tuple[str, ...]]:
    """Return the words of linkers that each reason stands for."""
    examples: dict[Reason, tuple[str, ...]] = {}
    for name, option in (*LONG.items(), *GLUED.items()):
        if option.reason is not None:
            spelling = ("--" if len(name) > 1 else "-") + name
            examples[option.reason] = tuple(sorted({*examples.get(option.reason, ()), spelling}))
    examples[Reason.RANDOM_OUTPUT] = (*sorted(RANDOM_WORDS), *examples[Reason.RANDOM_OUTPUT])
    return examples


def describe_cl_limits() -> Mapping[Reason, tuple[str, ...]]:
    """Return the options of cl and clang-cl that each reason stands for."""
    examples: dict[Reason, tuple[str, ...]] = {}
    for name, option in (*CL_EXACT.items(), *CL_GLUED.items()):
        if option.reason is not None:
            examples[option.reason] = tuple(sorted({*examples.get(option.reason, ()), f"/{name}"}))
    return examples


def describe_limits() -> Mapping[Reason, tuple[str, ...]]:
    """Return the spellings of the options that each reason stands for."""
    examples: dict[Reason, tuple[str, ...]] = {}
    for group in REFUSED:
        reason = group.option.reason
        if reason is not None:
            examples[reason] = tuple(sorted({*examples.get(reason, ()), *group.spellings}))
    for reason, spellings in describe_refused().items():
        examples[reason] = (*examples.get(reason, ()), *spellings)
    return examples
