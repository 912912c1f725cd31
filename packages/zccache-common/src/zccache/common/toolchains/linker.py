"""Knows which linker a driver runs, and what a linker called by itself really is.

A linker must be able to tell what it reads; one that cannot, or that is a script, is unknown.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Final

from zccache.common.command.plan import Dialect
from zccache.common.errors import ToolchainUnknown
from zccache.common.links.driver_line import link_command
from zccache.common.toolchains.driver import named_by_machine, on_path, program_folders
from zccache.common.toolchains.files import is_script, libraries_of, path_folders, tried_before
from zccache.common.toolchains.model import Findings, Run

_GCC_HELPERS: Final = ("collect2", "real-ld", "collect-ld", "lto-wrapper", "lto1")
_GCC_FILES: Final = ("liblto_plugin.so", "libgomp.spec", "libsanitizer.spec", "libitm.spec")
_TELLS: Final = b"--dependency-file"


def ask_linker(program: str, cwd: str, env: Mapping[str, str], run: Run) -> Findings:
    """Return the files that a linker is made of; raise ToolchainUnknown."""
    # wasm-ld cannot tell, and need not: its words name what it reads.
    if "wasm-ld" not in os.path.basename(program):
        _require_telling([program, "--help"], program, cwd, env, run)
    files = dict.fromkeys((program, os.path.realpath(program), *libraries_of(program, cwd, env, run)))
    return Findings(Dialect.OTHER, "", tuple(files), ())


def ask_linker_of_driver(
    driver: str, dialect: Dialect, words: Sequence[str], cwd: str, env: Mapping[str, str], run: Run
) -> Findings:
    """Return the files of the linker that a driver runs under these words; raise ToolchainUnknown."""
    _require_telling([driver, *words, "-Wl,--help"], driver, cwd, env, run)
    folders = program_folders(run([driver, *words, "-print-search-dirs"], cwd, env).stdout)
    told = _linker_of_clang(driver, words, cwd, env, run) if dialect is Dialect.CLANG else ""
    names = [told] if told else [_linker_name(words), *_GCC_HELPERS]
    found: dict[str, str] = {}
    absent: dict[str, None] = {}
    for name in names:
        said = run([driver, *words, f"-print-prog-name={name}"], cwd, env).stdout if not told else b""
        path = on_path(told or os.fsdecode(said.strip()), cwd, env)
        tried = (*folders, *path_folders(cwd, env))
        if path is not None:
            found[name] = path
            absent.update(dict.fromkeys(tried_before(path, tried)))
        elif name in {"real-ld", "collect-ld"}:
            absent.update(dict.fromkeys(os.path.join(folder, name) for folder in tried))
    linker = found.get(names[0])
    if told and linker is not None:
        name, tried = os.path.basename(linker), (*folders, *path_folders(cwd, env))
        absent.update(dict.fromkeys(named_by_machine(driver, words, name, tried, cwd, env, run)))
    if linker is None or is_script(linker):
        raise ToolchainUnknown(f"{driver}: its linker is not found, or a script")
    programs = (*found.values(), *_read_by_driver(driver, dialect, words, cwd, env, run))
    # Links too: they may be made to lead elsewhere.
    files = dict.fromkeys((*programs, *map(os.path.realpath, programs)))
    for path in list(files):
        files.update(dict.fromkeys(libraries_of(path, cwd, env, run)))
    return Findings(dialect, "", tuple(files), tuple(absent))


def _require_telling(argv: list[str], program: str, cwd: str, env: Mapping[str, str], run: Run) -> None:
    if _TELLS not in run(argv, cwd, env).stdout:
        raise ToolchainUnknown(f"{program}: the linker cannot tell what it reads (--dependency-file)")


def _linker_of_clang(driver: str, words: Sequence[str], cwd: str, env: Mapping[str, str], run: Run) -> str:
    """Return the linker that clang would run: for a machine without a system that is lld, unasked."""
    command = link_command(run([driver, *words, "-###", os.devnull], cwd, env).stderr)
    if command is None:
        raise ToolchainUnknown(f"{driver}: it does not tell its linker")
    return command[0]


def _linker_name(words: Sequence[str]) -> str:
    chosen = [word.partition("=")[2] for word in words if word.startswith("-fuse-ld=")]
    if not chosen or chosen[-1] in {"", "ld"}:
        return "ld"
    return chosen[-1] if os.path.isabs(chosen[-1]) else f"ld.{chosen[-1]}"


def _read_by_driver(
    driver: str, dialect: Dialect, words: Sequence[str], cwd: str, env: Mapping[str, str], run: Run
) -> list[str]:
    if dialect is Dialect.GCC:
        asked = (run([driver, *words, f"-print-file-name={name}"], cwd, env) for name in _GCC_FILES)
        paths = [os.fsdecode(said.stdout.strip()) for said in asked]
    else:
        paths = [f"{os.path.dirname(os.path.realpath(driver))}/../lib/LLVMgold.so"]
    return [path for path in paths if os.path.isabs(path) and os.path.isfile(path)]
