"""Knows link.exe and lld-link: which of their links are told by their words alone, and what these leave.

An object names libraries by itself (/DEFAULTLIB inside it), so a link is cached only with
/NODEFAULTLIB, which makes the linker pass over them.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Final

from zccache.common.command.invocation import Invocation
from zccache.common.command.plan import Dialect, Identity, Output, OutputKind, Plan, Refusal, Unit
from zccache.common.command.reports import NamedFiles
from zccache.common.reasons import Reason
from zccache.common.tools import environment
from zccache.common.tools.flags import spelled
from zccache.common.tools.protocol import Tool
from zccache.common.values import dataclass, field

_LLD_LINK: Final = re.compile(r"lld-link(?:-\d[\d.]*)?(?:\.exe)?", re.IGNORECASE)
# `link` alone is another program on every Unix.
_LINK: Final = re.compile(r"link\.exe", re.IGNORECASE)
_KEPT: Final = frozenset(
    spelled(
        """nologo machine subsystem entry base dynamicbase nxcompat largeaddressaware highentropyva opt
        release safeseh stack heap align filealign fixed force guard include export merge section
        swaprun tsaware version noentry driver ignore brepro timestamp wx cetcompat kernel errorlimit
        alternatename appcontainer aligncomm failifmismatch functionpadmin integritycheck allowbind
        allowisolation nocoffgrpinfo pdbaltpath wholearchive ltcg"""
    )
)
_VALUES: Final = frozenset(spelled("out pdb implib map lldmap debug nodefaultlib dll incremental manifest"))
_WRITING: Final = frozenset(
    spelled("time verbose lldsavetemps lldltocache reproduce linkrepro lib ilk pgd genprofile pdbstripped")
)
_QUERIES: Final = frozenset(("help", "?"))
_VARIABLES: Final = ("LINK", "_LINK_")
_PLAIN_INPUTS: Final = (".obj", ".o", ".res", ".bc")
_NO: Final = frozenset(("no", "none"))


@dataclass(slots=True)
class _Words:
    """What the words of one link say."""

    inputs: list[str] = field(default_factory=list)
    libraries: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    read_files: list[str] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    refusal: Refusal | None = None

    def refuse(self, reason: Reason, detail: str) -> None:
        """Note the first cause for which the link is not cached."""
        self.refusal = self.refusal or Refusal(reason, detail)


class _WindowsLinker(Tool):
    """What the two have in common."""

    _program: re.Pattern[str]
    _is_microsofts: bool

    @property
    def identity(self) -> Identity:
        """Return that it is the program with what lies beside it; its @files are read as on Windows."""
        return Identity.MSVC

    def recognizes(self, program: str) -> bool:
        """Tell whether a program is this linker, by the last part of its path."""
        return self._program.fullmatch(re.split(r"[/\\]", program)[-1]) is not None

    def plan(self, invocation: Invocation, *, dialect: Dialect) -> Plan | Refusal:
        """Return what the command comes to, or why it is passed on."""
        variable = next((name for name in _VARIABLES if invocation.env.get(name)), None)
        if variable is not None:
            return Refusal(Reason.ENVIRONMENT_OUTPUT, variable)
        words = _read(invocation.args)
        refusal = words.refusal or _doubt(words, is_microsofts=self._is_microsofts)
        if refusal is not None:
            return refusal
        outputs = tuple(_outputs(words))
        named = [*words.inputs, *words.read_files]
        if {*named, *words.libraries} & {output.path for output in outputs}:
            return Refusal(Reason.BAD_COMMAND_LINE, "two files of one name")
        folders = ("", *words.folders, *filter(None, invocation.env.get("LIB", "").split(";")))
        return Plan(
            tool="link",
            dialect=dialect,
            words=invocation.args,
            run_words=invocation.args,
            unit=Unit(words.inputs[0], "", outputs, NamedFiles()),
            read_files=tuple(dict.fromkeys(named[1:])),
            probes=tuple(_places(words.libraries, folders)),
            env_names=environment.NAMES,
        )


class LldLink(_WindowsLinker):
    """lld with the command line of link."""

    _program = _LLD_LINK
    _is_microsofts = False

    @property
    def name(self) -> str:
        """Return the family's name, for people."""
        return "lld-link"


class MsLink(_WindowsLinker):
    """Microsoft's own linker."""

    _program = _LINK
    _is_microsofts = True

    @property
    def name(self) -> str:
        """Return the family's name, for people."""
        return "link"


def _read(args: Iterable[str]) -> _Words:
    """Return the words sorted; options are blind to case, and their values stand behind a colon."""
    words = _Words()
    for word in args:
        name, colon, value = word[1:].partition(":")
        name = name.lower()
        if word[:1] not in {"-", "/"} or (word[:1] == "/" and "/" in name):
            is_plain = word.lower().endswith(_PLAIN_INPUTS)
            (words.inputs if is_plain else words.libraries).append(word)
            continue
        match name:
            case "libpath":
                words.folders.append(value)
            case "def" | "natvis" | "order":
                words.read_files.append(value.removeprefix("@"))
            case "wholearchive" if value:
                words.libraries.append(value)
            case _ if name in _VALUES:
                words.values[name] = value.strip('"') if colon else words.values.get(name, "")
            case _ if name in _WRITING:
                words.refuse(Reason.UNMODELLED_OUTPUT, word)
            case _ if name not in _KEPT:
                words.refuse(Reason.NOT_A_COMPILE if name in _QUERIES else Reason.UNKNOWN_OPTION, word)
    return words


def _doubt(words: _Words, *, is_microsofts: bool) -> Refusal | None:
    """Return the first thing that the words leave open."""
    if not words.inputs:
        return Refusal(Reason.NO_SOURCE)
    if words.values.get("nodefaultlib") != "":
        return Refusal(Reason.UNSEEN_INPUT, "objects name libraries; without /NODEFAULTLIB")
    if not all(words.values.get(name, "no").lower() in _NO for name in ("incremental", "manifest")):
        return Refusal(Reason.UNMODELLED_OUTPUT, "/INCREMENTAL or /MANIFEST")
    if is_microsofts and not {"incremental", "manifest"} <= words.values.keys():
        # Both are what it does when nothing is said.
        return Refusal(Reason.UNMODELLED_OUTPUT, "without /INCREMENTAL:NO and /MANIFEST:NO")
    if is_microsofts and words.values.get("debug", "none").lower() not in _NO:
        return Refusal(Reason.UNMODELLED_OUTPUT, "/DEBUG")
    return None


def _outputs(words: _Words) -> Iterator[Output]:
    """Yield the image, and what may be left beside it."""
    stem = posixpath.splitext(posixpath.basename(words.inputs[0]))[0]
    image = words.values.get("out") or stem + (".dll" if "dll" in words.values else ".exe")
    yield Output(image, OutputKind.LINKED)
    stem = posixpath.splitext(image)[0]
    library = words.values.get("implib") or f"{stem}.lib"
    beside = [words.values.get("pdb") or f"{stem}.pdb", library, posixpath.splitext(library)[0] + ".exp"]
    beside += [words.values[name] or f"{stem}.map" for name in ("map", "lldmap") if name in words.values]
    yield from (
        Output(path, OutputKind.OTHER, required=False) for path in dict.fromkeys(beside) if path != image
    )


def _places(libraries: Iterable[str], folders: Iterable[str]) -> Iterator[str]:
    """Yield where a library of the command may lie; one without an ending has .lib."""
    tried = tuple(folders)
    for library in dict.fromkeys(libraries):
        names = (library,) if posixpath.splitext(library)[1] else (library, f"{library}.lib")
        for name in names:
            yield from (posixpath.join(folder, name) for folder in tried)
