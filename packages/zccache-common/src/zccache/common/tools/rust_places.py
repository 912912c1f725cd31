"""Knows where paths stand in rustc's words, and which words bind what is written to its place."""

from collections.abc import Iterator, Sequence
from typing import Final

from zccache.common.command.plan import Refusal
from zccache.common.tools.rust_words import RustWords, Setting, walk

_WITH_PATHS: Final = frozenset(("extern", "out-dir", "output", "remap-path-prefix", "search"))
_LINKERS_FOLDER: Final = "link-arg=-L"
# Coverage and profiles hold names of files packed, or name what is written later; a .dwp is joined with its
# program by an id; of unstable words it is not known.
_BINDING_CODEGEN: Final = frozenset(("instrument-coverage", "profile-generate", "profile-use"))
_ALL: Final = "all"


def remap_words(args: Sequence[str], *, root: str) -> tuple[str, ...]:
    """Return the map for the root, unless the user gives one for it; of those that fit the last counts."""
    words = walk(args)
    if isinstance(words, Refusal):
        return ()
    mapped = {value.rpartition("=")[0] for value in words.values("remap-path-prefix")}
    return () if root in mapped else ("--remap-path-prefix", f"{root}=.")


def path_prefixes(words: RustWords) -> tuple[str, ...]:
    """Return what stands before the paths in the words of a command, as typed."""
    return tuple(dict.fromkeys(("", *_prefixes(words))))


def binding_word(words: RustWords) -> str:
    """Return a word by which the folder gets into what is written, whatever is remapped; or nothing."""
    scope = words.last("remap-path-scope")
    if scope is not None and scope != _ALL:
        return f"--remap-path-scope={scope}"
    if words.has("unstable"):
        return f"-Z{words.values('unstable')[0]}"
    codegen = words.codegen()
    bound = next((f"-C{name}" for name in codegen if name in _BINDING_CODEGEN), "")
    return bound or ("-Csplit-debuginfo" if "packed" in codegen.get("split-debuginfo", ()) else "")


def _prefixes(words: RustWords) -> Iterator[str]:
    for setting in words.settings:
        if _has_path(setting):
            before, slash, _ = setting.words[-1].partition("/")
            if slash:
                yield before


def _has_path(setting: Setting) -> bool:
    is_folder = setting.name == "codegen" and setting.value.startswith(_LINKERS_FOLDER)
    return is_folder or setting.name in _WITH_PATHS
