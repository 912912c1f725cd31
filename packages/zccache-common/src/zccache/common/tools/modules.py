"""Knows how C++ modules are made and named on clang's command line, and what is left beside the object.

Only modules that the words name are cached: with -fprebuilt-module-path, module maps or gcc's
mapper the compiler finds others by itself.
"""

import posixpath
import re
from typing import Final

from zccache.common.command.plan import Dialect, Output, OutputKind, Refusal
from zccache.common.reasons import Reason
from zccache.common.tools.flags import Role
from zccache.common.tools.outputs import outputs_of
from zccache.common.tools.words import Words

MODULE_ROLES: Final = (Role.PRECOMPILE, Role.MODULE_FILE, Role.MODULE_OUTPUT)
_NAMED: Final = re.compile(r"[\w.:]+=(?P<path>.+)")


def is_cached_module(words: Words, language: str, dialect: Dialect) -> bool:
    """Tell whether a source of a module's interface can be cached: where it is known what becomes of it."""
    return language == "c++-module" and dialect is Dialect.CLANG and names_modules(words)


def names_modules(words: Words) -> bool:
    """Tell whether modules are made or named by the words."""
    return any(map(words.has, MODULE_ROLES))


def module_files(words: Words) -> tuple[str, ...]:
    """Return the files of the modules that are named, with their names or without."""
    values = words.values(Role.MODULE_FILE)
    return tuple(named["path"] if (named := _NAMED.fullmatch(value)) else value for value in values)


def module_outputs(
    words: Words, source: str, language: str, dialect: Dialect
) -> tuple[Output, ...] | Refusal:
    """Return what a command writes that makes or uses modules, the depfile left out."""
    if dialect is not Dialect.CLANG or not language.startswith("c++"):
        return Refusal(Reason.MODULES, "of another compiler, or of another language than C++")
    if not all(path.endswith(".pcm") for path in (*module_files(words), *words.values(Role.MODULE_OUTPUT))):
        return Refusal(Reason.MODULES, "a module that is not named .pcm")
    if not words.has(Role.PRECOMPILE):
        outputs = outputs_of(words, source, dialect)
        if isinstance(outputs, Refusal):
            return outputs
        made = words.values(Role.MODULE_OUTPUT)
        return (*outputs, *(Output(path, OutputKind.PRECOMPILED_HEADER) for path in made))
    others = (
        Role.SIDE_OUTPUT,
        Role.OUTPUT_FORMAT,
        Role.SAVE_TEMPS,
        Role.MODULE_OUTPUT,
        Role.ASSEMBLE,
        Role.COMPILE,
    )
    named = words.values(Role.OUTPUT)
    if any(map(words.has, others)) or len(named) > 1 or language != "c++-module":
        return Refusal(Reason.MODULES, "--precompile with another output, or of another source")
    own = posixpath.splitext(posixpath.basename(source))[0] + ".pcm"
    path = named[0] if named else own
    if not path.endswith(".pcm"):
        return Refusal(Reason.MODULES, f"-o {path}")
    return (Output(path, OutputKind.PRECOMPILED_HEADER),)
