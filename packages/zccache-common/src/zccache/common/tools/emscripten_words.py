"""Knows the words that emcc has beside those of clang: settings, options with two dashes, what they read."""

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Final

from zccache.common.command.plan import Refusal
from zccache.common.reasons import Reason
from zccache.common.tools.flags import spelled
from zccache.common.values import dataclass, field

APPENDED: Final = "EMCC_CFLAGS"
"""The variable whose words emcc takes as if they stood behind its own."""
_READS: Final = frozenset(
    spelled("--js-library --pre-js --post-js --extern-pre-js --extern-post-js --shell-file")
)
_PACKS: Final = frozenset(("--preload-file", "--embed-file"))
_VALUES: Final = frozenset(
    spelled("--closure --minify --memory-init-file --source-map-base --llvm-lto --output-eol --output_eol")
)
_FLAGS: Final = frozenset(
    spelled(
        """--bind --emrun --cpuprofiler --memoryprofiler --threadprofiler --profiling --profiling-funcs
        --tracing --emit-symbol-map --no-heap-copy --no-entry --ignore-dynamic-linking --use-preload-plugins
        --use-preload-cache -lembind"""
    )
)
# For clang these are nothing but -g.
_DEBUGS: Final = frozenset(("-gsource-map", "-g4"))
_SETTING: Final = re.compile(r"[A-Z][A-Z0-9_]*(?:=[^@]*)?")
_LIKE_SETTING: Final = re.compile(r"[A-Z][A-Z0-9_]*=")
# What these write is named by nothing here, or they read what no word names.
_STRANGE_SETTINGS: Final = ("SPLIT_MODULE", "WASM2C", "RUNTIME_LINKED_LIBS", "AUTODEBUG", "PROXY_TO_WORKER")
_CLANGS: Final = ("--sysroot", "--target", "--param", "--std=")
_PREFIXES: Final = ("EM", "_EM", "PYTHON", "NODE_", "BINARYEN", "CLOSURE")
_REFUSED_VARIABLES: Final = spelled(
    """EMCC_DEBUG EMCC_DEBUG_SAVE EMCC_SAVE_OPT_TEMP EMCC_STDERR_FILE EMCC_AUTODEBUG EMCC_LOCAL_PORTS
    EMMAKEN_JUST_CONFIGURE EMPROFILE EM_PROFILE EMMAKEN_CFLAGS EMMAKEN_COMPILER"""
)


@dataclass(slots=True)
class EmscriptenWords:
    """The words of a command, sorted: those for clang, the settings, and what the rest names.

    packs: a file system image is made.
    """

    for_clang: list[str] = field(default_factory=list)
    settings: list[str] = field(default_factory=list)
    read_files: list[str] = field(default_factory=list)
    packs: bool = False


def sort_words(args: Sequence[str]) -> EmscriptenWords | Refusal:
    """Return the words of an emcc command sorted, or why they cannot be read."""
    words = EmscriptenWords()
    position = 0
    while position < len(args):
        taken = _take(args, position, words)
        if isinstance(taken, Refusal):
            return taken
        position += taken
    return words


def env_names(env: Mapping[str, str]) -> tuple[str, ...]:
    """Return the variables that are set and that emcc and its helpers may read, beside those of clang."""
    return tuple(sorted(name for name in env if name.startswith(_PREFIXES)))


def appended_words(env: Mapping[str, str]) -> tuple[str, ...] | Refusal:
    """Return the words that emcc takes from its variable, behind its own, or why they cannot be read."""
    try:
        words = tuple(shlex.split(env.get(APPENDED, "")))
    except ValueError as error:
        return Refusal(Reason.BAD_COMMAND_LINE, f"{APPENDED}: {error}")
    if any(word.startswith("@") for word in words):
        return Refusal(Reason.BAD_RESPONSE_FILE, APPENDED)
    return words


def refused_variable(env: Mapping[str, str]) -> str | None:
    """Return a variable that is set and makes emcc write or read something else."""
    return next((name for name in _REFUSED_VARIABLES if env.get(name, "0") not in {"", "0"}), None)


def _take(args: Sequence[str], position: int, words: EmscriptenWords) -> int | Refusal:
    """Sort the word at a position, with its value, and return how many words these are."""
    word = args[position]
    following = args[position + 1] if position + 1 < len(args) else ""
    is_glued = word != "-s"
    setting = word.removeprefix("-s") if is_glued else following
    if word.startswith("-s") and (_SETTING.fullmatch(setting) or _LIKE_SETTING.match(setting)):
        if not _SETTING.fullmatch(setting) or setting.startswith(_STRANGE_SETTINGS):
            return Refusal(Reason.UNMODELLED_OUTPUT, f"-s {setting}")
        words.settings += (word,) if is_glued else (word, following)
        return 1 if is_glued else 2
    name, equals, value = word.partition("=")
    if word in _FLAGS or name in _VALUES:
        return 1 if equals or word in _FLAGS else 2
    if word in _DEBUGS:
        words.for_clang.append("-g")
        return 1
    if name not in _READS | _PACKS:
        if word.startswith("--") and not word.startswith(_CLANGS):
            return Refusal(Reason.UNKNOWN_OPTION, word)
        words.for_clang.append(word)
        return 1
    path = value if equals else following
    if not path:
        return Refusal(Reason.BAD_COMMAND_LINE, word)
    words.packs = words.packs or name in _PACKS
    # What stands behind @ is the name in the image; "@@" is a plain one.
    words.read_files.append(re.split("(?<!@)@(?!@)", path)[0].replace("@@", "@"))
    return 1 if equals else 2
