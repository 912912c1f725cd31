"""Knows the variables that bear on what rustc writes, and those for which it is not cached.

What a crate asks for by env! stands in dep-info and is none of these. Cargo sets a crowd of
variables of which only macros can take notice: those stand here while cargo gives them the
same value for the same package, and are left out where they say how or where cargo was run.
"""

from collections.abc import Mapping
from typing import Final

from zccache.common.tools.flags import spelled

_PREFIXES: Final = ("CARGO_PKG_", "RUSTC_", "RUST_", "__RUST")
_OF_CLIPPY: Final = ("CLIPPY_", "__CLIPPY")
_NAMES: Final = frozenset(
    spelled(
        """CARGO CARGO_CRATE_NAME CARGO_BIN_NAME CARGO_PRIMARY_PACKAGE SYSROOT SDKROOT
        MACOSX_DEPLOYMENT_TARGET IPHONEOS_DEPLOYMENT_TARGET TVOS_DEPLOYMENT_TARGET WATCHOS_DEPLOYMENT_TARGET
        XROS_DEPLOYMENT_TARGET"""
    )
)
_OF_LINKERS: Final = frozenset(
    spelled(
        """COMPILER_PATH LIBRARY_PATH GCC_EXEC_PREFIX LD_LIBRARY_PATH LD_RUN_PATH LD_PRELOAD LDEMULATION
        SOURCE_DATE_EPOCH LANG LANGUAGE LC_ALL LC_MESSAGES LC_CTYPE"""
    )
)
_UNHEARD: Final = frozenset(
    spelled(
        """RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER RUSTC_ICE RUST_BACKTRACE RUST_LIB_BACKTRACE RUST_MIN_STACK
        RUST_TEST_THREADS RUST_RECURSION_COUNT"""
    )
)
_REFUSED: Final = ("RUSTC_LOG", "RUST_TARGET_PATH")


def env_names(env: Mapping[str, str], *, links: bool) -> tuple[str, ...]:
    """Return the names of the variables that count for rustc and clippy alike, of those that are set."""
    wanted = _NAMES | _OF_LINKERS if links else _NAMES
    return tuple(
        sorted(
            name for name in env if name in wanted or (name.startswith(_PREFIXES) and name not in _UNHEARD)
        )
    )


def clippy_names(env: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the variables that clippy alone reads, of those that are set."""
    return tuple(sorted(name for name in env if name.startswith(_OF_CLIPPY)))


def refused_variable(env: Mapping[str, str]) -> str | None:
    """Return the name of a variable that is set and makes rustc print or read something else."""
    return next((name for name in sorted(env) if name.startswith(_REFUSED)), None)
