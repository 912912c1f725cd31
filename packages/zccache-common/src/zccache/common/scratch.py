"""Knows the folder in which the steps of one command hand files on: where it lies, how words name it.

Plans name it by a word that is the same for every such command; compilers are told where it lies.
"""

import os
import re
from collections.abc import Iterable
from typing import Final

from zccache.common.command.invocation import Invocation
from zccache.common.command.plan import SCRATCH
from zccache.common.values import replace

_SUFFIX: Final = ".steps/"


def scratch_folder(tmp: str, name: str) -> str:
    """Return where a folder of this name lies, with a slash at its end."""
    return f"{tmp}/{name}{_SUFFIX}"


def named_below(folder: str, words: Iterable[str]) -> tuple[str, ...]:
    """Return words of a plan as a compiler is told them."""
    return tuple(word.replace(SCRATCH, folder) for word in words)


def spelled_out(invocation: Invocation, folder: str) -> Invocation:
    """Return a step's words as they are run, so that the journal tells one command's steps from another's."""
    return replace(invocation, args=named_below(folder, invocation.args))


def recognized(invocation: Invocation, tmp: str) -> tuple[Invocation, str]:
    """Return a command as plans are to see it, and the folder below tmp that its words name, or ''."""
    below = f"{tmp}/"
    if not any(below in word for word in invocation.args):
        return invocation, ""
    named = re.search(f"{re.escape(below)}[^/]+{re.escape(_SUFFIX)}", "\0".join(invocation.args))
    if named is None or not os.path.isdir(named[0]):
        return invocation, ""
    args = tuple(word.replace(named[0], SCRATCH) for word in invocation.args)
    return replace(invocation, args=args), named[0]
