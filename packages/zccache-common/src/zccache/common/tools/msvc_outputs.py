"""Knows which files a cl compile writes, by name.

Names were compared with clang-cl 14; cl makes the same ones by its documentation.
"""

import posixpath
from typing import Final

from zccache.common.command.plan import Dialect, Output, OutputKind, Refusal
from zccache.common.reasons import Reason
from zccache.common.tools.msvc_options import Part
from zccache.common.tools.msvc_words import Words

_SEPARATORS: Final = {Dialect.CLANG_CL: "/", Dialect.MSVC: "/\\"}
_NO_TIMES: Final = "-fno-pch-timestamp"


def outputs_of(words: Words, source: str, dialect: Dialect) -> tuple[Output, ...] | Refusal:
    """Return what the command writes for its source."""
    objects = words.values(Part.OBJECT)
    if len(objects) > 1:
        return Refusal(Reason.BAD_COMMAND_LINE, "/Fo")
    made = [Output(_named(objects[0] if objects else "", source, ".obj", dialect), OutputKind.OBJECT)]
    if words.has(Part.LISTING) or words.has(Part.LISTING_NAME):
        name = words.values(Part.LISTING_NAME)[-1:] or ("",)
        # clang-cl knows /FA, and none of its letters.
        made.append(Output(_named(name[0], source, ".asm", dialect), OutputKind.ASSEMBLY, required=False))
    if words.has(Part.MAKE_PRECOMPILED):
        doubt = _precompiled_doubt(words, dialect)
        if doubt is not None:
            return doubt
        made.append(Output(precompiled_name(words, source), OutputKind.PRECOMPILED_HEADER))
    return tuple(made)


def precompiled_name(words: Words, source: str) -> str:
    """Return the file of the precompiled header that the command makes or uses."""
    named = words.values(Part.PRECOMPILED_NAME)
    if named and named[-1]:
        name = named[-1]
        return name if posixpath.splitext(name)[1] else f"{name}.pch"
    header = (*words.values(Part.MAKE_PRECOMPILED), *words.values(Part.USE_PRECOMPILED))[-1]
    return posixpath.splitext(header or posixpath.basename(source))[0] + ".pch"


def through_header(words: Words) -> str | Refusal | None:
    """Return the header up to which /Yc or /Yu speaks, if one does."""
    makes, uses = words.values(Part.MAKE_PRECOMPILED), words.values(Part.USE_PRECOMPILED)
    if not makes and not uses:
        return None
    if words.has(Part.NO_PRECOMPILED) or len(makes) + len(uses) > 1 or not (*makes, *uses)[0]:
        # Without a name it is the text that says where the precompiled part ends.
        return Refusal(Reason.PRECOMPILED_HEADER, "/Yc or /Yu")
    if not words.values(Part.PRECOMPILED_NAME)[-1:] or words.values(Part.PRECOMPILED_NAME)[-1].endswith(
        ("/", "\\")
    ):
        return Refusal(Reason.PRECOMPILED_HEADER, "without /Fp")
    return (*makes, *uses)[0]


def _precompiled_doubt(words: Words, dialect: Dialect) -> Refusal | None:
    """Return why a precompiled header cannot be kept: it holds times, or what only its compiler knows."""
    if dialect is Dialect.MSVC:
        return Refusal(Reason.PRECOMPILED_HEADER, "/Yc")
    if _NO_TIMES not in words.values(Part.FOR_CLANG):
        return Refusal(Reason.PRECOMPILED_HEADER, "clang without -Xclang -fno-pch-timestamp")
    return None


def _named(value: str, source: str, suffix: str, dialect: Dialect) -> str:
    """Return a name as /Fo and its kin give it: a folder, a name with or without a suffix, or nothing."""
    own = posixpath.splitext(_last(source, dialect))[0] + suffix
    if not value:
        return own
    if value[-1] in _SEPARATORS[dialect]:
        return value + own
    return value if posixpath.splitext(value)[1] else value + suffix


def _last(path: str, dialect: Dialect) -> str:
    for separator in _SEPARATORS[dialect]:
        path = path.rpartition(separator)[2]
    return path
