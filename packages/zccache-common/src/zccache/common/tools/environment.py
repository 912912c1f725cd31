"""Knows the variables that change what a gcc-like compiler writes, and those for which it is not cached.

TERM, NO_COLOR, CLICOLOR and COLUMNS matter only where stderr is a terminal; the compilers of a
miss write into a pipe, so they are not here. PWD is the pipeline's affair, which
can ask whether it names the working folder. TMPDIR does not show in the outputs (gcc 12,
clang 14 with an outside assembler).
"""

from collections.abc import Mapping
from typing import Final

from zccache.common.tools.flags import spelled

NAMES: Final[tuple[str, ...]] = spelled(
    """CPATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH OBJC_INCLUDE_PATH OBJCPLUS_INCLUDE_PATH LIBRARY_PATH
    INCLUDE LIB EXTERNAL_INCLUDE VCToolsInstallDir VCINSTALLDIR WindowsSdkDir WindowsSDKVersion UCRTVersion
    UniversalCRTSdkDir
    COMPILER_PATH GCC_EXEC_PREFIX GCC_ROOT G++_ROOT BINUTILS_ROOT LPATH COLLECT_AS_OPTIONS REALGCC
    LD_LIBRARY_PATH LD_PRELOAD LD_AUDIT DYLD_LIBRARY_PATH
    DYLD_INSERT_LIBRARIES
    CLANG_CONFIG_FILE_SYSTEM_DIR CLANG_CONFIG_FILE_USER_DIR CLANG_NO_DEFAULT_CONFIG RC_DEBUG_OPTIONS
    RC_DEBUG_PREFIX_MAP LLVM_OVERRIDE_PRODUCER ROCM_PATH
    SDKROOT DEVELOPER_DIR TOOLCHAINS MACOSX_DEPLOYMENT_TARGET IPHONEOS_DEPLOYMENT_TARGET
    TVOS_DEPLOYMENT_TARGET WATCHOS_DEPLOYMENT_TARGET XROS_DEPLOYMENT_TARGET DRIVERKIT_DEPLOYMENT_TARGET
    SOURCE_DATE_EPOCH BUILD_PATH_PREFIX_MAP
    LANG LANGUAGE LC_ALL LC_CTYPE LC_MESSAGES LOCPATH NLSPATH OUTPUT_CHARSET GCONV_PATH
    GCC_COLORS GCC_URLS TERM_URLS GCC_EXTRA_DIAGNOSTIC_OUTPUT"""
)

_OF_PROCESS: Final = ("/proc/self/", "/proc/thread-self/", "/dev/fd/")
_SEARCHED: Final = spelled(
    "CPATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH OBJC_INCLUDE_PATH OBJCPLUS_INCLUDE_PATH COMPILER_PATH"
)

_REFUSED: Final[tuple[str, ...]] = spelled(
    """DEPENDENCIES_OUTPUT SUNPRO_DEPENDENCIES CC_PRINT_OPTIONS CC_PRINT_OPTIONS_FILE CC_PRINT_HEADERS
    CC_PRINT_HEADERS_FILE CC_PRINT_HEADERS_FORMAT CC_PRINT_HEADERS_FILTERING CC_LOG_DIAGNOSTICS
    CC_LOG_DIAGNOSTICS_FILE CC_PRINT_PROC_STAT CC_PRINT_PROC_STAT_FILE CC_PRINT_INTERNAL_STAT
    CC_PRINT_INTERNAL_STAT_FILE CCC_OVERRIDE_OPTIONS QA_OVERRIDE_GCC3_OPTIONS CCC_ADD_ARGS GCC_COMPARE_DEBUG
    LD_DEBUG LD_DEBUG_OUTPUT LD_PROFILE LD_SHOW_AUXV LD_TRACE_LOADED_OBJECTS LD_VERBOSE MALLOC_TRACE
    FAKECHROOT_BASE AS_SECURE_LOG_FILE EXPERIMENTAL_SARIF_SOCKET GCC_DIAGNOSTICS_LOG
    FORCE_CLANG_DIAGNOSTICS_CRASH"""
)

LINKER_NAMES: Final[tuple[str, ...]] = (
    *NAMES,
    *spelled("LD_RUN_PATH GNUTARGET LDEMULATION COLLECT_NO_DEMANGLE LTO_PLUGIN_OPTIONS LLD_VERSION"),
)
"""The variables that change what a linker, or a driver that links, writes."""

ARCHIVER_NAMES: Final[tuple[str, ...]] = (*NAMES, *spelled("GNUTARGET ZERO_AR_DATE"))
"""The variables that change what an archiver writes."""

_REFUSED_BY_LINKERS: Final[tuple[str, ...]] = (*_REFUSED, *spelled("MOLD_REPRO MOLD_DEBUG LLD_REPRODUCE"))


def refused_linker_variable(env: Mapping[str, str]) -> str | None:
    """Return the name of a variable that is set and makes a linker write something else."""
    return next((name for name in _REFUSED_BY_LINKERS if name in env), None)


def refused_variable(env: Mapping[str, str]) -> str | None:
    """Return the name of a variable that is set and makes the compiler write, or read, something else."""
    refused = next((name for name in _REFUSED if name in env), None)
    return refused or next((name for name in _SEARCHED if is_of_process(env.get(name, ""))), None)


def is_of_process(word: str) -> bool:
    """Tell whether a word names a file that is another one for every process, such as `<(...)` of a shell.

    What is only written into the object, as bazel has it written, is no such file.
    """
    if "/proc/" not in word and "/dev/fd/" not in word:
        return False
    is_only_text = word.startswith("-f") and ("-prefix-map=" in word or "-compilation-dir=" in word)
    return not is_only_text and any(folder in word for folder in _OF_PROCESS)


def records_words(env: Mapping[str, str]) -> bool:
    """Tell whether the environment makes clang keep the words of the command in the object."""
    return "RC_DEBUG_OPTIONS" in env
