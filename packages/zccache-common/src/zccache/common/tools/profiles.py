"""Knows where gcc looks for the profile of an earlier run that a compile uses.

Each version has a rule of its own (9 and 10 changed it); all places of all of them count.
"""

import posixpath
from collections.abc import Iterator
from typing import Final

from zccache.common.command.invocation import Invocation
from zccache.common.command.plan import Refusal
from zccache.common.reasons import Reason
from zccache.common.tools.flags import Role, spelled
from zccache.common.tools.words import Words

_HARMLESS: Final = frozenset(
    spelled(
        """-fprofile-correction -fprofile-values -fprofile-reorder-functions -fprofile-partial-training
        -fprofile-update=atomic -fprofile-update=single -fprofile-update=prefer-atomic -fprofile-abs-path"""
    )
)


def profiles_of(words: Words, source: str, invocation: Invocation) -> tuple[str, ...] | Refusal:
    """Return the places at which a profile may be that the command uses, or why they cannot be told."""
    terms = words.of(Role.PROFILE_USE)
    if not terms:
        return ()
    folders = [term.value for term in terms if term.value]
    others = (term.spelling for term in words.of(Role.KEPT) if term.spelling.startswith("-fprofile-"))
    doubt = next((spelling for spelling in others if spelling not in _HARMLESS), None)
    named = words.values(Role.OUTPUT)
    path = named[0] if named else posixpath.basename(source)
    if len(folders) > 1 or doubt is not None or {".", ".."}.intersection(path.split("/")):
        return Refusal(Reason.UNSEEN_INPUT, doubt or terms[0].spelling)
    names = tuple(dict.fromkeys(_names(path, source)))
    if not folders:
        return names
    here = (invocation.cwd, invocation.env.get("PWD", invocation.cwd))
    return tuple(dict.fromkeys(place for name in names for place in _below(folders[0], name, here)))


def _names(path: str, source: str) -> Iterator[str]:
    folder, slash, last = path.rpartition("/")
    own, stem = posixpath.splitext(posixpath.basename(source))[0], posixpath.splitext(last)[0]
    for name in (stem, last, own, f"{stem}-{own}", f"{last}-{own}"):
        yield f"{folder}{slash}{name}.gcda"


def _below(folder: str, name: str, here: tuple[str, str]) -> Iterator[str]:
    """Yield a profile's places below a folder: as it is called, and mangled to one name."""
    yield f"{folder}/{name.lstrip('/')}"
    for base in here:
        whole = posixpath.join(base, name)
        yield f"{folder}/{whole.lstrip('/')}"
        yield f"{folder}/{whole.replace('/', '#')}"
