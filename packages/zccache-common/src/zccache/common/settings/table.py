"""The table of settings: the one place that says which there are, what they mean and what they may be."""

import os
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

Value = bool | int | float | str

_UNITS: Final = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_YES: Final = frozenset({"1", "true", "yes", "on"})
_NO: Final = frozenset({"0", "false", "no", "off"})
_MODES: Final = ("auto", "reflink", "copy", "hardlink")
_REMAPS: Final = ("off", "auto")
_CRATES: Final = ("bin", "cdylib", "dylib", "incremental", "lib", "proc-macro", "rlib", "staticlib", "test")
_LEVELS: Final = ("debug", "info", "warning", "error")
_LOOPBACK: Final = ("tcp://127.0.0.1", "tcp://[::1]")
_HIGHEST_PORT: Final = 65535
_ENDPOINTS: Final = "unix:PATH, an absolute path, tcp://127.0.0.1:PORT or tcp://[::1]:PORT"


class Setting(NamedTuple):
    """One row; parse turns text into the value and raises ValueError, show turns it back.

    environment_only: no file can give it, since the front reads none, or needs it to find the files' folder.
    """

    key: str
    meaning: str
    allowed: str
    default: Value
    parse: Callable[[str], Value]
    show: Callable[[Value], str] = str
    environment_only: bool = True

    @property
    def name(self) -> str:
        """Return the environment variable of this setting."""
        return f"ZCCACHE_{self.key.upper()}"


def _text(text: str) -> str:
    return text


def _endpoint(text: str) -> str:
    is_path = text.startswith("/") or (text.startswith("unix:") and text != "unix:")
    host, _, port = text.rpartition(":")
    is_port = host in _LOOPBACK and port.isascii() and port.isdigit() and 0 < int(port) <= _HIGHEST_PORT
    if not is_path and not is_port:
        raise ValueError(text)
    return text


def _yes_or_no(text: str) -> bool:
    word = text.strip().lower()
    if word not in _YES | _NO:
        raise ValueError(text)
    return word in _YES


def _size_bytes(text: str) -> int:
    number = text.strip().upper().removesuffix("B").removesuffix("I")
    unit = number[-1:] if number[-1:] in _UNITS else ""
    size = float(number.removesuffix(unit)) * _UNITS[unit]
    if not 0 <= size < 1 << 63:
        raise ValueError(text)
    return int(size)


def _show_size(value: Value) -> str:
    size_bytes = int(value)
    for letter in "TGMK":
        if size_bytes and size_bytes % _UNITS[letter] == 0:
            return f"{size_bytes // _UNITS[letter]}{letter}"
    return str(size_bytes)


def _show_seconds(value: Value) -> str:
    return f"{float(value):g}"


def _show_flag(value: Value) -> str:
    return "1" if value else "0"


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < float("inf"):
        raise ValueError(text)
    return seconds


def _mode(text: str) -> str:
    word = text.strip().lower()
    if word not in _MODES:
        raise ValueError(text)
    return word


def _remap(text: str) -> str:
    word = text.strip().lower()
    if word not in _REMAPS:
        raise ValueError(text)
    return word


def _word(text: str) -> str:
    return text.strip().lower()


def _level(text: str) -> str:
    word = text.strip().lower()
    if word not in _LEVELS:
        raise ValueError(text)
    return word


def _crates(text: str) -> str:
    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    if not set(words) <= set(_CRATES):
        raise ValueError(text)
    return ",".join(words)


_ANY_FOLDER: Final = "a folder; relative to the current one"
_FLAG: Final = "1 or 0 (also true, false, yes, no, on, off)"

TABLE: Final[tuple[Setting, ...]] = (
    Setting("cache_dir", "Folder of everything that zccache keeps", _ANY_FOLDER, "", _text),
    Setting("endpoint", "Where the daemon listens", _ENDPOINTS, "", _endpoint),
    Setting("disable", "Run every compiler directly", _FLAG, False, _yes_or_no, _show_flag),
    Setting(
        "no_spawn", "Start no daemon; without one, work without it", _FLAG, False, _yes_or_no, _show_flag
    ),
    Setting("debug", "Print timed steps of the front to stderr", _FLAG, False, _yes_or_no, _show_flag),
    Setting("log", "Append timed steps of the front to this file", "a file name", "", _text),
    Setting(
        "max_size",
        "Size that the cache may reach",
        "a size such as 500M, 5G or 1.5T (bytes without a letter); 0 for no limit",
        10 << 30,
        _size_bytes,
        _show_size,
        environment_only=False,
    ),
    Setting(
        "mode",
        "How outputs come to their places",
        ", ".join(_MODES),
        "auto",
        _mode,
        environment_only=False,
    ),
    Setting(
        "recache",
        "Look nothing up; store every result anew",
        _FLAG,
        False,
        _yes_or_no,
        _show_flag,
        environment_only=False,
    ),
    Setting(
        "readonly",
        "Serve hits; store and count nothing",
        _FLAG,
        False,
        _yes_or_no,
        _show_flag,
        environment_only=False,
    ),
    Setting(
        "namespace",
        "A word that keeps results apart from those of other words",
        "any text",
        "",
        _text,
        environment_only=False,
    ),
    Setting(
        "extra_inputs",
        "Files that every result depends on, there or not",
        f"file names, `{os.pathsep}` between them",
        "",
        _text,
        environment_only=False,
    ),
    Setting(
        "path_remap",
        "Have compilers write paths below the checkout so that sibling checkouts share results",
        ", ".join(_REMAPS),
        "off",
        _remap,
        environment_only=False,
    ),
    Setting(
        "worktree_root",
        "Root of the checkout, where no .git tells it",
        _ANY_FOLDER,
        "",
        _text,
        environment_only=False,
    ),
    Setting(
        "rust_uncached",
        "Kinds of Rust crates that are compiled without the cache",
        f"words with commas between them: {', '.join(_CRATES)}",
        "",
        _crates,
        environment_only=False,
    ),
    Setting(
        "compile_priority",
        "Priority of compilers and linkers: auto is low while all processors are busy, else normal",
        "auto, low, normal, idle, high; anything else means low",
        "auto",
        _word,
        environment_only=False,
    ),
    Setting(
        "strict_paths",
        "Refuse to compile where paths of headers are spelled in ways that compilers may take for two",
        "off, consistent, absolute (or 1)",
        "",
        _word,
        environment_only=False,
    ),
    Setting(
        "link_deploy_cmd", "Run on each linked file; what it puts beside is kept too", "a command", "", _text
    ),
    Setting(
        "idle_timeout",
        "Seconds without work after which the daemon ends",
        "seconds; 0 for never",
        3600.0,
        _seconds,
        _show_seconds,
        environment_only=False,
    ),
    Setting(
        "log_level", "How much the daemon logs", ", ".join(_LEVELS), "info", _level, environment_only=False
    ),
)

BY_KEY: Final[Mapping[str, Setting]] = {setting.key: setting for setting in TABLE}


class Settings(NamedTuple):
    """The value of every setting; empty text means that zccache chooses."""

    cache_dir: str
    endpoint: str
    disable: bool
    no_spawn: bool
    debug: bool
    log: str
    max_size_bytes: int
    mode: str
    recache: bool
    readonly: bool
    namespace: str
    extra_inputs: str
    path_remap: str
    worktree_root: str
    rust_uncached: str
    compile_priority: str
    strict_paths: str
    link_deploy_cmd: str
    idle_timeout_s: float
    log_level: str

    @staticmethod
    def of(values: Mapping[str, Value]) -> "Settings":
        """Return the settings with the given values by key; what is missing has its default."""
        value = {setting.key: setting.default for setting in TABLE} | dict(values)
        return Settings(
            cache_dir=str(value["cache_dir"]),
            endpoint=str(value["endpoint"]),
            disable=bool(value["disable"]),
            no_spawn=bool(value["no_spawn"]),
            debug=bool(value["debug"]),
            log=str(value["log"]),
            max_size_bytes=int(value["max_size"]),
            mode=str(value["mode"]),
            recache=bool(value["recache"]),
            readonly=bool(value["readonly"]),
            namespace=str(value["namespace"]),
            extra_inputs=str(value["extra_inputs"]),
            path_remap=str(value["path_remap"]),
            worktree_root=str(value["worktree_root"]),
            rust_uncached=str(value["rust_uncached"]),
            compile_priority=str(value["compile_priority"]),
            strict_paths=str(value["strict_paths"]),
            link_deploy_cmd=str(value["link_deploy_cmd"]),
            idle_timeout_s=float(value["idle_timeout"]),
            log_level=str(value["log_level"]),
        )
