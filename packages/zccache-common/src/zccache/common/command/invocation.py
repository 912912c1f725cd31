"""Knows one call of a tool as it was typed: words, folder, environment."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call of a tool.

    program is the word as typed (a name or a path), args the words after it; cwd is
    absolute. Strings are decoded with os.fsdecode, so any bytes survive.
    """

    program: str
    args: tuple[str, ...]
    cwd: str
    env: Mapping[str, str]
