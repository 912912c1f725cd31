"""Knows clang-tidy: its names, its words, and what a command of it reads and writes."""

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from zccache.common.command.database import CompileCommand, Database, DatabaseQuestion
from zccache.common.command.invocation import Invocation
from zccache.common.command.plan import Dialect, Identity, Output, OutputKind, Plan, Refusal, Unit
from zccache.common.command.reports import HeaderList
from zccache.common.reasons import Reason
from zccache.common.tools import environment
from zccache.common.tools.checked import Checked, checked
from zccache.common.tools.flags import spelled
from zccache.common.tools.protocol import Tool
from zccache.common.values import dataclass, field

_NAME: Final = re.compile(r"clang-tidy(?:-\d[\d.]*)?(?:\.exe)?")
_CONFIGURATION: Final = ".clang-tidy"
_STYLES: Final = (".clang-format", "_clang-format")
# A TODO without a name gets the user's (google-readability-todo).
_ENV_NAMES: Final = (*environment.NAMES, "USER", "USERNAME")

_VALUES: Final = frozenset(
    spelled(
        """checks config config-file exclude-header-filter export-fixes extra-arg extra-arg-before
        format-style header-filter line-filter p warnings-as-errors"""
    )
)
_SWITCHES: Final = frozenset(
    spelled("quiet system-headers use-color allow-no-checks allow-enabling-analyzer-alpha-checkers")
)
_REFUSED: Final = {
    Reason.UNMODELLED_OUTPUT: spelled("-fix -fix-errors -fix-notes"),
    Reason.UNSEEN_INPUT: spelled("-load -vfsoverlay"),
    Reason.CHANGING_OUTPUT: spelled("-enable-check-profile -store-check-profile"),
    Reason.NOT_A_COMPILE: spelled(
        """-dump-config -explain-config -help -help-hidden -help-list -help-list-hidden -list-checks
        -verify-config -version"""
    ),
}

_REASONS: Final = {name: reason for reason, names in _REFUSED.items() for name in names}
_LISTING: Final = tuple(
    f"--extra-arg={word}"
    for word in ("-Xclang", "-sys-header-deps", "-Xclang", "-header-include-file", "-Xclang")
)
# A configuration of its own keeps those of the folder out.
_SEARCH_QUESTION: Final = (
    "--checks=-*,llvm-namespace-comment",
    "--config={}",
    "--extra-arg=-v",
    "/dev/null",
    "--",
)


@dataclass(slots=True)
class _Words:
    """The words of a command: values by option, switches, sources, and the compile behind `--`."""

    values: dict[str, list[str]] = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)
    compile: tuple[str, ...] | None = None

    def of(self, option: str) -> Sequence[str]:
        """Return the values of an option, in order."""
        return self.values.get(option, ())


class ClangTidy(Tool):
    """clang-tidy, of any version."""

    @property
    def name(self) -> str:
        """Return the family's name, for people."""
        return "clang-tidy"

    @property
    def identity(self) -> Identity:
        """Return that the program is all there is to know."""
        return Identity.PROGRAM

    def recognizes(self, program: str) -> bool:
        """Tell whether a program is clang-tidy, by the last part of its path."""
        return _NAME.fullmatch(posixpath.basename(program)) is not None

    def database_question(self, invocation: Invocation) -> DatabaseQuestion | None:
        """Return where a database is sought: from -p on, else from the first source; not behind `--`."""
        words = _read(invocation.args)
        if isinstance(words, Refusal) or not words.sources:
            return None
        if words.compile is not None:
            return DatabaseQuestion("", start_is_source=False, sources=())
        place = words.of("p")
        return DatabaseQuestion(
            place[-1] if place else words.sources[0],
            start_is_source=not place,
            sources=tuple(words.sources),
        )

    def plan(self, invocation: Invocation, *, dialect: Dialect) -> Plan | Refusal:  # noqa: ARG002 (one only)
        """Return what the command comes to, or why it is passed on."""
        words = _read(invocation.args)
        if isinstance(words, Refusal):
            return words
        if not words.sources:
            return Refusal(Reason.NO_SOURCE)
        if "-" in words.sources:
            return Refusal(Reason.STDIN_SOURCE)
        variable = environment.refused_variable(invocation.env)
        if variable is not None:
            return Refusal(Reason.ENVIRONMENT_OUTPUT, variable)
        database = invocation.database or Database(invocation.cwd)
        looked_at = []
        for command in _commands(words, database):
            one = checked(command.program, command.words, source=command.source, folder=command.folder)
            if isinstance(one, Refusal):
                return one
            looked_at.append(one)
        return _plan(words, invocation, database, looked_at)


def _read(args: Sequence[str]) -> _Words | Refusal:
    """Return the words of a command by what they mean; one dash and two are the same to LLVM."""
    words = _Words()
    remaining = iter(args)
    for word in remaining:
        if word == "--":
            words.compile = tuple(remaining)
            break
        if not word.startswith("-") or word == "-":
            words.sources.append(word)
            continue
        name, equals, value = word.removeprefix("-").removeprefix("-").partition("=")
        reason = _REASONS.get(f"-{name}")
        if reason is not None:
            return Refusal(reason, f"-{name}")
        if name in _SWITCHES:
            continue
        if name not in _VALUES:
            return Refusal(Reason.UNKNOWN_OPTION, word)
        if not equals:
            following = next(remaining, None)
            if following is None:
                return Refusal(Reason.BAD_COMMAND_LINE, word)
            value = following
        words.values.setdefault(name, []).append(value)
    return words


def _commands(words: _Words, database: Database) -> Iterator[CompileCommand]:
    """Yield the compiles that are looked at, with the words that clang-tidy adds to them."""
    before, after = words.of("extra-arg-before"), words.of("extra-arg")
    given = database.commands
    if words.compile is not None:
        sources = (_absolute(database.folder, source) for source in words.sources)
        given = tuple(CompileCommand(database.folder, "", words.compile, source) for source in sources)
    for command in given:
        yield CompileCommand(
            command.folder, command.program, (*before, *command.words, *after), command.source
        )


def _plan(
    words: _Words,
    invocation: Invocation,
    database: Database,
    looked_at: list[Checked],
) -> Plan:
    texts = tuple(one.text for one in looked_at)
    first, *others = (_absolute(database.folder, source) for source in words.sources)
    # Where nothing is to be fixed, a style is not looked up; one that is asked for may be, some day.
    wants_style = any(value.startswith("file") for value in words.of("format-style"))
    names = (_CONFIGURATION, *(_STYLES if wants_style else ()))
    known = {first, *others, *(text.source for text in texts)}
    return Plan(
        tool="clang-tidy",
        dialect=Dialect.CLANG,
        words=(*invocation.args, *_keyed(database)),
        run_words=invocation.args,
        unit=Unit(
            words.sources[0],
            texts[0].language,
            tuple(
                Output(path, OutputKind.OTHER, required=False, in_place=True)
                for path in words.of("export-fixes")[-1:]
            ),
            HeaderList(_LISTING, "--extra-arg=", texts, _SEARCH_QUESTION, configurations=names),
        ),
        macro_values=tuple(value for text in texts for value in text.macro_values),
        read_files=tuple(
            dict.fromkeys(
                (*others, *words.of("config-file"), *(path for one in looked_at for path in one.read_files))
            )
        ),
        probes=tuple(dict.fromkeys((*_probes(known, names), *database.absent))),
        # The analyzer's models of functions.
        barred=tuple((folder, ".model") for folder in dict.fromkeys(text.folder for text in texts)),
        keeps_failures=True,
        keeps_one_stream=True,
        env_names=_ENV_NAMES,
        cpu_matters=any(one.cpu_matters for one in looked_at),
    )


def _keyed(database: Database) -> Iterator[str]:
    """Yield what a database said, as words of the key."""
    yield f"folder {database.folder}"
    for command in database.commands:
        yield from ("database", command.folder, command.program, *command.words, command.source)


def _probes(sources: Iterable[str], names: Sequence[str]) -> Iterator[str]:
    """Yield where the configuration of a source can stand: its folder and all above, by name alone."""
    for source in sorted(sources):
        for path in dict.fromkeys((source, posixpath.normpath(source))):
            folder = posixpath.dirname(path)
            while True:
                yield from (posixpath.join(folder, name) for name in names)
                above = posixpath.dirname(folder)
                if above == folder:
                    break
                folder = above


def _absolute(folder: str, source: str) -> str:
    return posixpath.join(folder, source.removeprefix("./"))
