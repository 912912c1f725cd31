"""Knows how to read the words of a linker, typed or made by a driver: what it reads, writes, searches."""

from collections.abc import Iterator, Sequence
from typing import Final

from zccache.common.command.plan import Output, OutputKind, Refusal
from zccache.common.reasons import Reason
from zccache.common.tools.link_options import GLUED, LETTERS, LONG, LinkOption, Meaning, Value
from zccache.common.values import dataclass, field

RANDOM_WORDS: Final = frozenset(("--build-id=uuid", "-build-id=uuid", "--random_uuid", "-random_uuid"))
"""Words that ask for a result which is never the same twice."""
_LEVELS: Final = frozenset(f"-O{level}" for level in ("", *"0123"))
_ALWAYS_LETTERS: Final = frozenset("lLo")


def so_confs(*roots: str) -> tuple[str, ...]:
    """Return the configuration files by which GNU ld seeks what libraries need, in these sysroots too."""
    named = dict.fromkeys(("", *roots))
    return tuple(f"{root}{place}" for root in named for place in ("/usr/etc/ld.so.conf", "/etc/ld.so.conf"))


@dataclass(slots=True)
class LinkWords:
    """What the words of one link say; names are as typed, in order.

    libraries are the names behind -l (`:name` is a file's own); folders those of -L;
    run_folders where libraries that libraries need are sought; scripts are sought along
    the folders too, read_files are not. refusal is the first cause not to cache it.
    """

    inputs: list[str] = field(default_factory=list)
    libraries: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    run_folders: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    read_files: list[str] = field(default_factory=list)
    written: list[Output] = field(default_factory=list)
    depfiles: list[str] = field(default_factory=list)
    plugins: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    sysroot: str = ""
    emulation: str = ""
    is_shared: bool = False
    is_relocatable: bool = False
    wants_static: bool = False
    wants_dynamic: bool = False
    refusal: Refusal | None = None

    @property
    def is_portable_executable(self) -> bool:
        """Tell whether the output is for Windows."""
        return "pe" in self.emulation.partition("386")[2] or self.emulation.startswith(("arm64pe", "thumb"))

    def refuse(self, reason: Reason, detail: str) -> None:
        """Note the first cause for which the link is not cached."""
        if self.refusal is None:
            self.refusal = Refusal(reason, detail)


def read_link_words(args: Sequence[str]) -> LinkWords:
    """Return what the words come to; response files are expanded already."""
    found = LinkWords()
    words = iter(args)
    for word in words:
        if word in RANDOM_WORDS:
            found.refuse(Reason.RANDOM_OUTPUT, word)
        elif word in _LEVELS:
            continue
        elif word[:1] == "-" and len(word) > 1:
            _take(found, word, words)
        elif word[:1] == "@":
            # `-Wl,@file`: the driver hands it on, and the linker reads it.
            found.refuse(Reason.UNSEEN_INPUT, word)
        else:
            found.inputs.append(word)
    return found


def _take(found: LinkWords, word: str, rest: Iterator[str]) -> None:
    option, value = option_of(word)
    if option is None:
        found.refuse(Reason.UNKNOWN_OPTION, word)
        return
    if value is None:
        value = next(rest, None) if option.value is Value.NEEDED else ""
    if value is None:
        found.refuse(Reason.BAD_COMMAND_LINE, word)
        return
    _apply(found, option, value, word)


def option_of(word: str) -> tuple[LinkOption | None, str | None]:
    """Return the option of a word with a dash, and the value glued to it; None for one that is not known."""
    has_two = word.startswith("--")
    name, equals, value = word[2 if has_two else 1 :].partition("=")
    is_name = len(name) > 1 and (name in LONG or name in GLUED)
    # To GNU ld -lfoo and -output are a library and a file, whatever long names begin so.
    if not has_two and word[1] in LETTERS and (word[1] in _ALWAYS_LETTERS or not is_name):
        return LONG[word[1]], word[2:] or None
    if equals:
        known = GLUED.get(name) or LONG.get(name)
        is_known = known is not None and known.value is not Value.NOTHING
        return (known, value) if is_known else (None, None)
    return (None if has_two and len(name) == 1 else LONG.get(name)), None


def _apply(found: LinkWords, option: LinkOption, value: str, word: str) -> None:  # noqa: C901, PLR0912 (a table)
    match option.meaning:
        case Meaning.LIBRARY:
            found.libraries.append(value)
        case Meaning.FOLDER:
            found.folders.append(value)
        case Meaning.RUN_FOLDERS:
            found.run_folders += [part for part in value.split(":") if part]
        case Meaning.SCRIPT:
            found.scripts.append(value)
        case Meaning.READ_FILE:
            found.read_files.append(value)
        case Meaning.OUTPUT:
            found.outputs.append(value)
        case Meaning.WRITTEN:
            # A map can go to standard output.
            is_file = value != "-"
            kind = option.kind or OutputKind.OTHER
            found.written.append(Output(value, kind, required=is_file, in_place=True))
        case Meaning.DEPFILE:
            found.depfiles.append(value)
        case Meaning.PLUGIN:
            found.plugins.append(value)
        case Meaning.STATIC:
            found.wants_static = True
        case Meaning.DYNAMIC:
            found.wants_dynamic = True
        case Meaning.SHARED:
            found.is_shared = True
        case Meaning.RELOCATABLE:
            found.is_relocatable = True
        case Meaning.EMULATION:
            found.emulation = value
        case Meaning.SYSROOT:
            found.sysroot = value
        case Meaning.REFUSED:
            found.refuse(option.reason or Reason.UNKNOWN_OPTION, word)
        case Meaning.KEPT:
            pass
