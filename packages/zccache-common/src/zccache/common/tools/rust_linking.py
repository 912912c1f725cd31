"""Knows the linker that rustc starts, and which words to it can be cached."""

import posixpath
import re
from collections.abc import Iterator, Sequence
from typing import Final

from zccache.common.command.plan import Refusal
from zccache.common.reasons import Reason
from zccache.common.tools.flags import spelled
from zccache.common.tools.rust_outputs import Emission
from zccache.common.tools.rust_words import RustWords
from zccache.common.values import dataclass

_DRIVER: Final = re.compile(r"(?:[\w.]+-)*(?:cc|gcc|clang)(?:-\d[\w.]*)?")
_DRIVER_WORD: Final = re.compile(
    r"-fuse-ld=[\w.-]+|-[lL].+|-pthread|-static(?:-pie|-libgcc|-libstdc\+\+)?|-no-?pie|-pie|-rdynamic|-s|-g"
    r"|-m\w+(?:=[\w.+-]+)?|-O\w?|-nostartfiles|-nodefaultlibs|-nostdlib|--target=[\w.-]+"
)
_CHOOSES: Final = re.compile(r"-fuse-ld=.*|-m(?:32|64)|--target=.*")
_LINKER_WORD: Final = re.compile(
    r"-O\d|-[Es]|-S|-B(?:static|dynamic|symbolic(?:-functions)?)|-z\w+|-R.+"
    r"|--?(?:as-needed|no-as-needed|gc-sections|no-gc-sections|export-dynamic|start-group|end-group"
    r"|whole-archive|no-whole-archive|no-undefined|allow-shlib-undefined|no-allow-shlib-undefined"
    r"|allow-multiple-definition|enable-new-dtags|disable-new-dtags|eh-frame-hdr|fatal-warnings"
    r"|no-fatal-warnings|strip-all|strip-debug|gdb-index|threads|no-threads|relax|no-relax|print-gc-sections)"
    r"|--?(?:rpath|rpath-link|soname|hash-style|icf|undefined|compress-debug-sections|threads|thread-count"
    r"|defsym|wrap|exclude-libs|sort-section|version-script|dynamic-list|entry|warn-[\w-]+|no-warn-[\w-]+)=.+"
    r"|--build-id(?:=(?:sha1|md5|none|fast))?"
)
_TAKES_NEXT: Final = frozenset(
    spelled("""-z -rpath --rpath -rpath-link -soname -h -u --wrap --exclude-libs""")
)
_REPORT: Final = ("-Clink-arg=-Xlinker", "-Clink-arg=--dependency-file=")


@dataclass(frozen=True, slots=True)
class Linking:
    """The driver that links with the words that choose its linker, and those before the report's path.

    folders are those of -L among the words for the driver.
    """

    drivers: tuple[tuple[str, ...], ...]
    report_words: tuple[str, ...]
    folders: tuple[str, ...] = ()


def linking_of(words: RustWords, emission: Emission) -> Linking | Refusal:
    """Return how the command links, or why that is not cached; nothing for a command that does not."""
    if not emission.links:
        return Linking((), ())
    codegen = words.codegen()
    flavor = codegen.get("linker-flavor", ("gcc",))[-1]
    linker = codegen.get("linker", ("cc",))[-1]
    if flavor not in {"gcc", "gnu-cc", "gnu-lld-cc"} or not _DRIVER.fullmatch(posixpath.basename(linker)):
        return Refusal(Reason.UNKNOWN_OPTION, f"the linker {linker} ({flavor})")
    target = words.last("target")
    if target is not None and "linker" not in codegen and target.endswith(".json"):
        return Refusal(Reason.UNSEEN_INPUT, f"the linker that {target} names")
    link_words = tuple(_link_words(words))
    bad = _first_unknown(link_words)
    if bad is not None:
        return Refusal(Reason.UNKNOWN_OPTION, f"-C link-arg={bad}")
    chosen = (word for word in link_words if _CHOOSES.fullmatch(word))
    folders = (word[2:] for word in link_words if word.startswith("-L"))
    return Linking(((linker, *chosen),), _REPORT, tuple(f"native={folder}" for folder in folders))


def _link_words(words: RustWords) -> Iterator[str]:
    """Yield the words for the linker's driver in order."""
    for value in words.values("codegen"):
        name, _, given = value.partition("=")
        match name.replace("_", "-"):
            case "link-arg":
                yield given
            case "link-args":
                yield from given.split()


def _first_unknown(link_words: Sequence[str]) -> str | None:
    """Return the first word that may read or write what the linker's report does not tell, or None."""
    inner: list[str] = []
    follows = False
    for word in link_words:
        if follows:
            inner.append(word)
            follows = False
        elif word == "-Xlinker":
            follows = True
        elif word.startswith("-Wl,"):
            inner += word[4:].split(",")
        elif word.startswith("@") or (word.startswith("-") and not _DRIVER_WORD.fullmatch(word)):
            return word
    values = iter(inner)
    for word in values:
        if word in _TAKES_NEXT:
            next(values, None)
        elif word.startswith("@") or (word.startswith("-") and not _LINKER_WORD.fullmatch(word)):
            return word
    return None
