"""Knows where cl looks for headers, by its words and INCLUDE, and how clang-cl is asked where it does."""

import os
from collections.abc import Iterator
from typing import Final

from zccache.common.includes.search import SearchPath

_FOLDER_FLAGS: Final = ("external:I", "imsvc", "I")


def probe_words_of_cl(search_words: tuple[str, ...], language: str) -> tuple[str, ...]:
    """Return the words with which clang-cl prints its search path on stderr; its input must be empty."""
    return (*search_words, "-v", "/E", "/TP" if language == "c++" else "/TC", "-")


def path_of_cl(search_words: tuple[str, ...], cwd: str, include: str) -> SearchPath:
    """Return where cl looks under these words; include is the value of INCLUDE, folders with `;` between."""
    named = dict.fromkeys(os.path.join(cwd, folder) for folder in _folders(search_words))
    if not any(word[1:] == "X" for word in search_words):
        named.update(dict.fromkeys(os.path.join(cwd, folder) for folder in include.split(";") if folder))
    return SearchPath(
        quote=(),
        bracket=tuple(filter(os.path.isdir, named)),
        missing=tuple(folder for folder in named if not os.path.isdir(folder)),
    )


def _folders(words: tuple[str, ...]) -> Iterator[str]:
    """Yield the folders that stand behind their flags, glued or as the next word."""
    remaining = iter(words)
    for word in remaining:
        for flag in _FOLDER_FLAGS:
            if word[1:].startswith(flag):
                yield word[1 + len(flag) :] or next(remaining, "")
                break
