"""Knows what a command of rustfmt comes to: files are formatted with their modules, or only checked.

Only what changes no file is kept: findings of --check, text on standard output, and that
files are as rustfmt would have them. A run that rewrites a file has changed its own input.
"""

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from zccache.common.command.invocation import Invocation
from zccache.common.command.plan import Dialect, Identity, Plan, Refusal, Unit
from zccache.common.command.reports import ModuleList
from zccache.common.reasons import Reason
from zccache.common.tools.flags import spelled
from zccache.common.tools.protocol import Tool
from zccache.common.tools.rust_words import Grammar, RustWords, walk

_PROGRAM: Final = re.compile(r"rustfmt(?:-\d[\w.]*)?(?:\.exe)?")
_GRAMMAR: Final = Grammar(
    short_flags={"h": "help", "l": "files-with-diff", "q": "quiet", "v": "verbose", "V": "version"},
    short_values={},
    long_flags=frozenset(
        spelled(
            """backup check error-on-unformatted files-with-diff help quiet skip-children unstable-features
            verbose version"""
        )
    ),
    long_values=frozenset(
        spelled("color config config-path edition emit file-lines print-config style-edition")
    ),
)
_KEPT_ASIDE: Final = frozenset(("config", "config-path", "edition", "style-edition", "unstable-features"))
_LOG: Final = "RUSTFMT_LOG"
_SETTINGS: Final = (".rustfmt.toml", "rustfmt.toml")
_REFUSED: Final = {
    "help": Reason.NOT_A_COMPILE,
    "version": Reason.NOT_A_COMPILE,
    "print-config": Reason.NOT_A_COMPILE,
    # Prints how long it took.
    "verbose": Reason.CHANGING_OUTPUT,
    "backup": Reason.UNMODELLED_OUTPUT,
    "file-lines": Reason.UNKNOWN_OPTION,
    "skip-children": Reason.UNKNOWN_OPTION,
}


class Rustfmt(Tool):
    """rustfmt."""

    @property
    def name(self) -> str:
        """Return the family's name."""
        return "rustfmt"

    @property
    def identity(self) -> Identity:
        """Return how it is identified."""
        return Identity.RUSTFMT

    def recognizes(self, program: str) -> bool:
        """Tell whether the program is one of the family."""
        return _PROGRAM.fullmatch(posixpath.basename(program)) is not None

    def plan(self, invocation: Invocation, *, dialect: Dialect) -> Plan | Refusal:
        """Return what the command comes to, or why it is passed on."""
        words = walk(invocation.args, _GRAMMAR)
        if isinstance(words, Refusal):
            return words
        refused = next((setting.name for setting in words.settings if setting.name in _REFUSED), None)
        if refused is not None:
            return Refusal(_REFUSED[refused], f"--{refused}")
        if not words.inputs:
            return Refusal(Reason.STDIN_SOURCE)
        if _LOG in invocation.env:
            return Refusal(Reason.ENVIRONMENT_OUTPUT, _LOG)
        emits = set(words.values("emit"))
        if not emits <= {"files", "stdout"}:
            return Refusal(Reason.UNKNOWN_OPTION, f"--emit {words.last('emit')}")
        named = words.last("config-path")
        if named is not None and not named.endswith(".toml"):
            return Refusal(Reason.UNSEEN_INPUT, "--config-path with a folder")
        return Plan(
            tool="rustfmt",
            dialect=dialect,
            words=invocation.args,
            run_words=invocation.args,
            unit=Unit(words.inputs[0], "rust", (), ModuleList(tuple(_aside(words)))),
            read_files=(*words.inputs[1:], *words.values("config-path")),
            probes=tuple(_probes(words, invocation)),
            keeps_failures=True,
            env_names=spelled("TERM NO_COLOR CFG_RELEASE_CHANNEL XDG_CONFIG_HOME HOME"),
        )


def _aside(words: RustWords) -> Iterator[str]:
    """Yield the words that list the files which the command would format, and change none."""
    for setting in words.settings:
        if setting.name in _KEPT_ASIDE:
            yield from setting.words
    yield from ("--check", "--verbose", "--color", "never")
    yield from words.inputs


def _probes(words: RustWords, invocation: Invocation) -> Iterator[str]:
    """Yield where settings are looked for: on the way up from each file, at home, among the user's own."""
    folders: dict[str, None] = {}
    for name in words.inputs:
        folder = posixpath.dirname(posixpath.normpath(posixpath.join(invocation.cwd, name)))
        while folder not in folders:
            folders[folder] = None
            folder = posixpath.dirname(folder)
    home = invocation.env.get("HOME", "")
    own = invocation.env.get("XDG_CONFIG_HOME") or posixpath.join(home, ".config")
    folders.update(dict.fromkeys((home, posixpath.join(own, "rustfmt"))))
    for folder in folders:
        if posixpath.isabs(folder):
            yield from (posixpath.join(folder, name) for name in _SETTINGS)
