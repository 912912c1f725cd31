"""Knows which folders a compile warns of where they are missing, if it is asked to."""

from typing import Final

from zccache.common.command.plan import Refusal
from zccache.common.reasons import Reason
from zccache.common.tools.flags import Role
from zccache.common.tools.words import Term, Words

_NAMING: Final = frozenset(("-I", "-isystem", "-iquote", "-idirafter", "-F", "-iframework", "-cxx-isystem"))
# Folders whose names are put together from several words, or from the root of the system.
_COMPOSED: Final = frozenset(("-iprefix", "-iwithprefix", "-iwithprefixbefore", "-iwithsysroot"))
_IN_SYSROOT: Final = ("=", "$SYSROOT")


def warned_folders(words: Words) -> tuple[str, ...]:
    """Return the folders of which the compiler tells that they are missing, as named; none if it does not."""
    if not words.has(Role.FOLDER_WARNING):
        return ()
    return tuple(dict.fromkeys(term.value for term in words.of(Role.SEARCH) if _flag(term) in _NAMING))


def doubt_about_folders(words: Words) -> Refusal | None:
    """Return why it cannot be told which folders these are, if it cannot."""
    terms = words.of(Role.SEARCH) if words.has(Role.FOLDER_WARNING) else ()
    for term in terms:
        flag = _flag(term)
        if flag in _COMPOSED or (flag in _NAMING and term.value.startswith(_IN_SYSROOT)):
            return Refusal(Reason.UNSEEN_INPUT, term.words[0])
    return None


def _flag(term: Term) -> str:
    return term.words[0].removesuffix(term.value) if len(term.words) == 1 else term.spelling
