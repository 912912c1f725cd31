"""Knows ar and ranlib, GNU's and LLVM's: which commands make an archive, of what, and what they leave."""

import posixpath
import re
from collections.abc import Sequence
from typing import Final

from zccache.common.command.invocation import Invocation
from zccache.common.command.plan import Dialect, Identity, Output, OutputKind, Plan, Refusal, Unit
from zccache.common.command.reports import ArchiveMembers
from zccache.common.reasons import Reason
from zccache.common.tools import environment
from zccache.common.tools.protocol import Tool
from zccache.common.values import dataclass, field

_NAME: Final = re.compile(r"(?:[\w.+]+-)*(?P<tool>ar|ranlib)(?:-\d[\d.]*)?(?:-posix|-win32)?")
_ADDING: Final = frozenset("rqd")
_UPDATING: Final = "u"
# c s S v: what is said, and the index; D: no times; T: thin; P f: how members are named; L: archives opened.
# u: only newer files, by their times; GNU ar ignores it mostly, and says so.
_MODIFIERS: Final = frozenset(f"csSvDTPfL-{_UPDATING}")
_REASONS: Final = {
    "U": Reason.RANDOM_OUTPUT,
    "M": Reason.UNSEEN_INPUT,
    **dict.fromkeys("ptxVh", Reason.NOT_A_COMPILE),
}


@dataclass(slots=True)
class _Words:
    """The letters of a command, its names, and the first word that we do not know."""

    letters: str = ""
    names: list[str] = field(default_factory=list)
    unknown: str = ""


class Archiver(Tool):
    """The programs that make archives and their indexes."""

    @property
    def name(self) -> str:
        """Return the family's name, for people."""
        return "archiver"

    @property
    def identity(self) -> Identity:
        """Return that plugins belong to the program."""
        return Identity.ARCHIVER

    def recognizes(self, program: str) -> bool:
        """Tell whether a program makes archives or indexes, by the last part of its path."""
        return _NAME.fullmatch(posixpath.basename(program)) is not None

    def plan(self, invocation: Invocation, *, dialect: Dialect) -> Plan | Refusal:
        """Return what the command comes to, or why it is passed on."""
        program = posixpath.basename(invocation.program)
        match = _NAME.fullmatch(program)
        is_ranlib = match is not None and match["tool"] == "ranlib"
        words = _read(invocation.args, is_ranlib=is_ranlib)
        refusal = _refusal(words, invocation, is_ranlib=is_ranlib)
        if refusal is not None:
            return refusal
        archive, *members = words.names
        is_index = is_ranlib or not _ADDING & set(words.letters)
        if members and is_index:
            return Refusal(Reason.SEVERAL_SOURCES, members[0])
        # LLVM's write a new file and leave an archive alone that has its index; GNU's write into it.
        output = Output(archive, OutputKind.ARCHIVE, required=not is_index, in_place="llvm-" not in program)
        removed = "d" in words.letters
        read = () if removed else tuple(dict.fromkeys(members))
        letter = _UPDATING if _UPDATING in words.letters else ""
        return Plan(
            tool="archive",
            dialect=dialect,
            words=invocation.args,
            run_words=invocation.args,
            unit=Unit(read[0] if read else archive, "", (output,), ArchiveMembers(letter)),
            read_files=read,
            probes=(archive,),
            env_names=environment.ARCHIVER_NAMES,
        )


def _read(args: Sequence[str], *, is_ranlib: bool) -> _Words:
    words = _Words()
    for position, word in enumerate(args):
        if word == "--thin":
            words.letters += "T"
        elif word.startswith("--") or word[:1] == "@":
            words.unknown = words.unknown or word
        elif word.startswith("-") and not words.names:
            words.letters += word[1:]
        elif position == 0 and not is_ranlib:
            words.letters += word
        else:
            words.names.append(word)
    return words


def _refusal(words: _Words, invocation: Invocation, *, is_ranlib: bool) -> Refusal | None:
    if words.unknown:
        return Refusal(Reason.UNKNOWN_OPTION, words.unknown)
    letters = set(words.letters)
    for letter, reason in _REASONS.items():
        if letter in letters:
            return Refusal(reason, letter)
    unknown = letters - _MODIFIERS - ({"D"} if is_ranlib else {*_ADDING, "s"})
    if unknown or (is_ranlib and letters - {"D"}):
        return Refusal(Reason.UNKNOWN_OPTION, "".join(sorted(unknown or letters)))
    if not is_ranlib and len(letters & _ADDING) > 1:
        return Refusal(Reason.BAD_COMMAND_LINE, words.letters)
    if not words.names or (not is_ranlib and not letters & {*_ADDING, "s"}):
        return Refusal(Reason.NO_SOURCE)
    if letters & {"r", "q", "d"} and len(words.names) == 1:
        return Refusal(Reason.NO_SOURCE, words.names[0])
    refused = environment.refused_variable(invocation.env)
    return None if refused is None else Refusal(Reason.ENVIRONMENT_OUTPUT, refused)
