"""Knows what in the texts of a compile forbids that its result is kept: clocks, assembler files, modules."""

from collections.abc import Iterable

from zccache.common.command.plan import Dialect
from zccache.common.includes.scanner import scan
from zccache.common.includes.traits import Trait, unit_traits
from zccache.common.index.entries import Input
from zccache.common.reasons import Reason
from zccache.common.request import NotStored, Ticket
from zccache.common.rooms import Rooms

_REFUSED_TRAITS = {
    Trait.TIMESTAMP: Reason.TIME_MACRO,
    Trait.INCBIN: Reason.ASSEMBLER_INCLUDE,
    Trait.ASM_INCLUDE: Reason.ASSEMBLER_INCLUDE,
    Trait.MODULES: Reason.MODULES,
    Trait.PCH: Reason.PRECOMPILED_HEADER,
    Trait.PASTED_QUESTION: Reason.OPAQUE_HAS_INCLUDE,
    Trait.DISABLE_CACHE: Reason.DISABLED_IN_SOURCE,
}


_ASSEMBLER = frozenset((Trait.INCBIN, Trait.ASM_INCLUDE))


def refused_trait(
    inputs: Iterable[Input], ticket: Ticket, rooms: Rooms, *, assembler_told: bool
) -> NotStored | None:
    """Return why a compile that read these texts is not to be kept, if one of them says so.

    assembler_told: what inline assembler read is among the inputs.
    """
    plan = ticket.job.plan
    dates_are_keyed = plan.dialect is Dialect.GCC and "SOURCE_DATE_EPOCH" in ticket.job.request.invocation.env
    refused = (
        _REFUSED_TRAITS
        if dates_are_keyed
        else {
            **_REFUSED_TRAITS,
            Trait.TIME: Reason.TIME_MACRO,
            Trait.DATE: Reason.TIME_MACRO,
        }
    )
    if assembler_told:
        refused = {trait: reason for trait, reason in refused.items() if trait not in _ASSEMBLER}
    if plan.names_modules:
        refused = {trait: reason for trait, reason in refused.items() if trait is not Trait.MODULES}
    if plan.searches_includers:
        # This pragma makes the compilers that have it seek other names than those in the text.
        refused = {**refused, Trait.INCLUDE_ALIAS: Reason.COMPUTED_INCLUDE}
    if ticket.coloured:
        refused = {**refused, Trait.ESCAPES: Reason.ESCAPES_IN_SOURCE}
    texts = {item.path: rooms.scan_of(item.path, item.digest).traits for item in inputs}
    texts["-D"] = scan("\n".join(plan.macro_values).encode("utf-8", "surrogateescape")).traits
    names = (*plan.words, *texts)
    texts["names"] = frozenset((Trait.ESCAPES,) if any("\x1b" in name for name in names) else ())
    for trait in unit_traits(texts.values()) & refused.keys():
        path = next((path for path, traits in texts.items() if trait in traits), "macros of several files")
        return NotStored(refused[trait], path)
    return None
