"""Knows include-what-you-use: its names, its words, and what a command of it reads."""

import posixpath
import re
from collections.abc import Sequence
from typing import Final

from zccache.common.command.database import DatabaseQuestion
from zccache.common.command.invocation import Invocation
from zccache.common.command.plan import Dialect, Identity, Plan, Refusal, Unit
from zccache.common.command.reports import HeaderList
from zccache.common.reasons import Reason
from zccache.common.tools import environment
from zccache.common.tools.checked import checked
from zccache.common.tools.flags import Role, spelled
from zccache.common.tools.protocol import Tool
from zccache.common.tools.words import walk
from zccache.common.values import dataclass

_NAME: Final = re.compile(r"(?:iwyu|include-what-you-use)(?:-\d[\d.]*)?(?:\.exe)?")
_OWN: Final = "-Xiwyu"
_MAPPING: Final = "--mapping_file"
_VERBOSE: Final = "--verbose"
_MOST_VERBOSE: Final = 3
_VALUES: Final = frozenset(
    spelled(
        """--check_also --comment_style --experimental --keep --mapping_file --max_line_length
        --prefix_header_includes --regex --verbose"""
    )
)
_SWITCHES: Final = frozenset(
    spelled(
        """--cxx17ns --error --error_always --no_comments --no_default_mappings --no_fwd_decls
        --no_internal_mappings --pch_in_code --quoted_includes_first --transitive_includes_only
        --update_comments"""
    )
)
_REFUSED: Final = {
    Reason.UNMODELLED_OUTPUT: spelled("--export_mappings"),
    Reason.NOT_A_COMPILE: spelled("--help --version"),
}

_REASONS: Final = {name: reason for reason, names in _REFUSED.items() for name in names}
_LISTING: Final = ("-Xclang", "-sys-header-deps", "-Xclang", "-header-include-file", "-Xclang")


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of a command: those of the compile, and the mapping files."""

    compile: tuple[str, ...]
    mappings: tuple[str, ...]


class IncludeWhatYouUse(Tool):
    """include-what-you-use, also by its short name."""

    @property
    def name(self) -> str:
        """Return the family's name, for people."""
        return "iwyu"

    @property
    def identity(self) -> Identity:
        """Return that the program is all there is to know."""
        return Identity.PROGRAM

    def recognizes(self, program: str) -> bool:
        """Tell whether a program is include-what-you-use, by the last part of its path."""
        return _NAME.fullmatch(posixpath.basename(program)) is not None

    def database_question(self, invocation: Invocation) -> DatabaseQuestion | None:  # noqa: ARG002
        """Return that the folder's name is wanted, and no database: it is iwyu_tool that reads one."""
        return DatabaseQuestion("", start_is_source=False, sources=())

    def plan(self, invocation: Invocation, *, dialect: Dialect) -> Plan | Refusal:  # noqa: ARG002 (one only)
        """Return what the command comes to, or why it is passed on."""
        words = _read(invocation.args)
        if isinstance(words, Refusal):
            return words
        variable = environment.refused_variable(invocation.env)
        if variable is not None:
            return Refusal(Reason.ENVIRONMENT_OUTPUT, variable)
        source = _source(words.compile)
        if isinstance(source, Refusal):
            return source
        folder = invocation.cwd if invocation.database is None else invocation.database.folder
        path = posixpath.join(folder, source)
        one = checked(invocation.program, words.compile, source=path, folder=folder)
        if isinstance(one, Refusal):
            return one
        report = HeaderList(_LISTING, "", (one.text,), ("-v",), mappings=words.mappings)
        return Plan(
            tool="iwyu",
            dialect=Dialect.CLANG,
            words=(*invocation.args, f"folder {folder}"),
            run_words=invocation.args,
            unit=Unit(source, one.text.language, (), report, one.text.force_includes),
            macro_values=one.text.macro_values,
            read_files=one.read_files,
            keeps_failures=True,
            keeps_one_stream=True,
            env_names=environment.NAMES,
            cpu_matters=one.cpu_matters,
        )


def _read(args: Sequence[str]) -> _Words | Refusal:
    """Return the words of a command: each of its own stands behind -Xiwyu, its value too where it has one."""
    rest = []
    own = []
    remaining = iter(args)
    for word in remaining:
        if word in _REASONS:
            return Refusal(_REASONS[word], word)
        if word != _OWN:
            rest.append(word)
            continue
        following = next(remaining, None)
        if following is None:
            return Refusal(Reason.BAD_COMMAND_LINE, word)
        own.append(following)
    mappings = _mappings(own)
    return mappings if isinstance(mappings, Refusal) else _Words(tuple(rest), mappings)


def _mappings(own: Sequence[str]) -> tuple[str, ...] | Refusal:
    mappings = []
    remaining = iter(own)
    for word in remaining:
        name, equals, value = word.partition("=")
        reason = _REASONS.get(name)
        if reason is not None:
            return Refusal(reason, name)
        if name in _VALUES:
            value = value if equals else next(remaining, "")
        elif name not in _SWITCHES:
            return Refusal(Reason.UNKNOWN_OPTION, word)
        if name == _MAPPING:
            mappings.append(value)
        elif name == _VERBOSE and not (value.isdigit() and int(value) <= _MOST_VERBOSE):
            # From 4 on it prints what is ordered by the places of its objects in memory.
            return Refusal(Reason.CHANGING_OUTPUT, f"{name}={value}")
    return tuple(mappings)


def _source(words: Sequence[str]) -> str | Refusal:
    parts = walk(tuple(word for word in words if not word.startswith("--driver-mode=")), Dialect.CLANG)
    if isinstance(parts, Refusal):
        return parts
    inputs = parts.values(Role.INPUT)
    if "-" in inputs:
        return Refusal(Reason.STDIN_SOURCE)
    if len(inputs) != 1:
        return Refusal(Reason.SEVERAL_SOURCES, inputs[1]) if inputs else Refusal(Reason.NO_SOURCE)
    return inputs[0]
