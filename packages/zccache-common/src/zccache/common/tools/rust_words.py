"""Knows the grammar of the command lines of rustc and its kin: what each word is, and its value.

rustc reads its words with getopts: short options may stand together (`-gO`, `-vV`), a value
is glued, after `=`, or the next word. clippy-driver has the same grammar behind the path of
the rustc that cargo puts first.
"""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from zccache.common.command.plan import Refusal
from zccache.common.reasons import Reason
from zccache.common.tools.flags import spelled
from zccache.common.values import dataclass


@dataclass(frozen=True, slots=True)
class Grammar:
    """The options of a program: short letters by the long name of the same, and long names."""

    short_flags: Mapping[str, str]
    short_values: Mapping[str, str]
    long_flags: frozenset[str]
    long_values: frozenset[str]


RUSTC: Final = Grammar(
    short_flags={"O": "optimize", "g": "debug", "h": "help", "v": "verbose", "V": "version"},
    short_values={
        "A": "allow",
        "C": "codegen",
        "D": "deny",
        "F": "forbid",
        "L": "search",
        "W": "warn",
        "Z": "unstable",
        "l": "library",
        "o": "output",
    },
    long_flags=frozenset(("help", "version", "verbose", "test")),
    long_values=frozenset(
        spelled(
            """allow cap-lints cfg check-cfg codegen color crate-name crate-type deny diagnostic-width edition
            emit env-set error-format explain extern forbid force-warn json out-dir print remap-path-prefix
            remap-path-scope sysroot target warn"""
        )
    ),
)


class Setting(NamedTuple):
    """One option with its long name, its value ("" of a flag), and the words as typed."""

    name: str
    value: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RustWords:
    """The options of a command in order, and the names that stand free of options."""

    settings: tuple[Setting, ...]
    inputs: tuple[str, ...]

    def values(self, name: str) -> tuple[str, ...]:
        """Return the values of one option, in order."""
        return tuple(setting.value for setting in self.settings if setting.name == name)

    def last(self, name: str) -> str | None:
        """Return the last value of an option, or None."""
        values = self.values(name)
        return values[-1] if values else None

    def has(self, name: str) -> bool:
        """Tell whether the option is there."""
        return any(setting.name == name for setting in self.settings)

    def listed(self, name: str) -> tuple[str, ...]:
        """Return the parts between commas of all values of an option."""
        return tuple(part for value in self.values(name) for part in value.split(",") if part)

    def codegen(self) -> Mapping[str, tuple[str, ...]]:
        """Return the -C options by name, with dashes: all values of each, in order."""
        found: dict[str, tuple[str, ...]] = {}
        for value in self.values("codegen"):
            name, _, given = value.partition("=")
            key = name.replace("_", "-")
            found[key] = (*found.get(key, ()), given)
        return found


def walk(args: Sequence[str], grammar: Grammar = RUSTC) -> RustWords | Refusal:
    """Return what each word of a command is, or why they cannot be read."""
    settings: list[Setting] = []
    inputs: list[str] = []
    words = iter(args)
    for word in words:
        if word == "--":
            inputs.extend(words)
        elif word == "-" or not word.startswith("-"):
            inputs.append(word)
        else:
            found = _long(word, words, grammar) if word.startswith("--") else _short(word, words, grammar)
            if isinstance(found, Refusal):
                return found
            settings.extend(found)
    return RustWords(tuple(settings), tuple(inputs))


def inner_rustc(args: Sequence[str]) -> tuple[str, ...]:
    """Return the first word, if it is the rustc that cargo names to a wrapper: clippy-driver skips it."""
    is_named = bool(args) and posixpath.basename(args[0]).removesuffix(".exe") == "rustc"
    return tuple(args[:1]) if is_named else ()


def _long(word: str, rest: Iterator[str], grammar: Grammar) -> list[Setting] | Refusal:
    name, equals, value = word[2:].partition("=")
    if name in grammar.long_flags and not equals:
        return [Setting(name, "", (word,))]
    if name not in grammar.long_values:
        return Refusal(Reason.UNKNOWN_OPTION, word)
    return _valued(name, value if equals else None, word, rest)


def _short(word: str, rest: Iterator[str], grammar: Grammar) -> list[Setting] | Refusal:
    found: list[Setting] = []
    for at, letter in enumerate(word[1:], 1):
        if letter in grammar.short_flags:
            found.append(Setting(grammar.short_flags[letter], "", (f"-{letter}",)))
            continue
        if letter not in grammar.short_values:
            return Refusal(Reason.UNKNOWN_OPTION, word)
        valued = _valued(grammar.short_values[letter], word[at + 1 :] or None, f"-{word[at:]}", rest)
        return valued if isinstance(valued, Refusal) else [*found, *valued]
    return found


def _valued(name: str, value: str | None, word: str, rest: Iterator[str]) -> list[Setting] | Refusal:
    if value is not None:
        return [Setting(name, value, (word,))]
    following = next(rest, None)
    if following is None:
        return Refusal(Reason.BAD_COMMAND_LINE, word)
    return [Setting(name, following, (word, following))]
