"""Knows which variables decide what a tool really is."""

import os
from collections.abc import Mapping
from typing import Final

BRAIN_ENV: Final = (
    "PATH",
    "COMPILER_PATH",
    "GCC_EXEC_PREFIX",
    "GCC_ROOT",
    "G++_ROOT",
    "BINUTILS_ROOT",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "LD_AUDIT",
    "CLANG_NO_DEFAULT_CONFIG",
    "CLANG_CONFIG_FILE_SYSTEM_DIR",
    "CLANG_CONFIG_FILE_USER_DIR",
)
"""The variables that decide which programs and libraries a driver takes its brain from."""

VOLATILE_ENV: Final = frozenset(
    (
        "_",
        "SHLVL",
        "PWD",
        "OLDPWD",
        "MAKEFLAGS",
        "MAKELEVEL",
        "MFLAGS",
        "MAKE_TERMOUT",
        "MAKE_TERMERR",
        "NINJA_STATUS",
    )
)
"""Variables that change from call to call and that no sane wrapper script reads."""


def script_env(env: Mapping[str, str]) -> dict[str, str]:
    """Return all that a wrapper script could read and that is not volatile by nature."""
    return {
        name: value
        for name, value in env.items()
        if name not in VOLATILE_ENV and not name.startswith("ZCCACHE_")
    }


def brain_words(env: Mapping[str, str], cwd: str, *, whole: bool) -> list[str]:
    """Return the variables that decide, as words of a key; all that a script may read where whole is set."""
    chosen = script_env(env) if whole else {name: env[name] for name in BRAIN_ENV if name in env}
    words = [f"{name}={chosen[name]}" for name in sorted(chosen)]
    is_relative = any(not folder.startswith("/") for folder in env.get("PATH", "/").split(os.pathsep))
    return [*words, cwd] if is_relative else words
