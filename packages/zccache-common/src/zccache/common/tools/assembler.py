"""Knows GNU as when it is called by itself: its options, and what it writes."""

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from zccache.common.command.invocation import Invocation
from zccache.common.command.plan import Dialect, Identity, Output, OutputKind, Plan, Refusal, Unit
from zccache.common.command.reports import AssemblerList
from zccache.common.reasons import Reason
from zccache.common.tools import environment
from zccache.common.tools.flags import spelled
from zccache.common.tools.nested import assembler_words
from zccache.common.tools.protocol import Tool
from zccache.common.values import dataclass, field

_NAME: Final = re.compile(r"(?!llvm-)(?:[\w.+]+-)*as(?:-\d[\d.]*)?(?:\.exe)?")
_WITH_VALUE: Final = frozenset(
    spelled("-o -I --MD --defsym --debug-prefix-map --listing-lhs-width --listing-rhs-width")
)
_FLAGS: Final = frozenset(
    spelled(
        """-D -f -J -K -L --keep-locals -M --mri -nocpp -R --reduce-memory-overheads --strip-local-absolute
        --traditional-format -w -X -Z -Qy -Qn -k -s --gen-debug --gstabs --gstabs+ --gdwarf-sections --gsframe
        --alternate --sectname-subst -q -no-pad-sections"""
    )
)
_QUERIES: Final = frozenset(
    spelled("--help --target-help --version -version -v -V --dump-config --statistics")
)


@dataclass(slots=True)
class _Words:
    """The words of a command: what it reads, in order, and what it writes."""

    sources: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    depfiles: list[str] = field(default_factory=list)
    listings: list[str] = field(default_factory=list)
    search_words: list[str] = field(default_factory=list)


class Assembler(Tool):
    """as, also with the name of its target before it."""

    @property
    def name(self) -> str:
        """Return the family's name, for people."""
        return "as"

    @property
    def identity(self) -> Identity:
        """Return that it is a plain program."""
        return Identity.PROGRAM

    def recognizes(self, program: str) -> bool:
        """Tell whether a program is an assembler, by the last part of its path."""
        return _NAME.fullmatch(posixpath.basename(program)) is not None

    def plan(self, invocation: Invocation, *, dialect: Dialect) -> Plan | Refusal:
        """Return what the command comes to, or why it is passed on."""
        variable = environment.refused_variable(invocation.env)
        if variable is not None:
            return Refusal(Reason.ENVIRONMENT_OUTPUT, variable)
        words = _read(invocation.args)
        if isinstance(words, Refusal):
            return words
        if not words.sources or "-" in words.sources:
            return Refusal(Reason.STDIN_SOURCE)
        if len(words.outputs) > 1 or len(words.depfiles) > 1 or len(words.listings) > 1:
            return Refusal(Reason.BAD_COMMAND_LINE, "several names for one output")
        outputs = tuple(_outputs(words))
        if len({*words.sources, *(output.path for output in outputs)}) < len(words.sources) + len(outputs):
            return Refusal(Reason.BAD_COMMAND_LINE, "two files of one name")
        first, *others = words.sources
        return Plan(
            tool=self.name,
            dialect=dialect,
            words=invocation.args,
            run_words=invocation.args,
            unit=Unit(first, "assembler", outputs, AssemblerList("".join(words.depfiles))),
            search_words=tuple(words.search_words),
            read_files=tuple(others),
            env_names=environment.NAMES,
        )


def _read(args: tuple[str, ...]) -> _Words | Refusal:
    """Return the words sorted, or why one of them cannot be read."""
    words = _Words()
    remaining = iter(args)
    for word in remaining:
        if word[:1] != "-" or word == "-":
            words.sources.append(word)
            continue
        name, equals, glued = word.partition("=")
        if word in _QUERIES:
            return Refusal(Reason.NOT_A_COMPILE, word)
        if word in _WITH_VALUE:
            value = next(remaining, None)
            if value is None:
                return Refusal(Reason.BAD_COMMAND_LINE, word)
            _keep(words, word, value)
        elif equals and name in _WITH_VALUE and name.startswith("--"):
            _keep(words, name, glued)
        elif word[:2] in {"-o", "-I"}:
            _keep(words, word[:2], word[2:])
        elif word not in _FLAGS:
            for option, value in assembler_words(word):
                if not option:
                    return Refusal(Reason.UNKNOWN_OPTION, value)
                words.listings.append(value)
    return words


def _keep(words: _Words, option: str, value: str) -> None:
    match option:
        case "-o":
            words.outputs.append(value)
        case "--MD":
            words.depfiles.append(value)
        case "-I":
            words.search_words += ("-I", value)


def _outputs(words: _Words) -> Iterator[Output]:
    yield Output("".join(words.outputs) or "a.out", OutputKind.OBJECT)
    yield from (Output(path, OutputKind.DEPFILE, in_place=True) for path in words.depfiles)
    yield from (Output(path, OutputKind.OTHER, in_place=True) for path in words.listings)
