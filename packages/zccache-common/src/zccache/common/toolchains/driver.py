"""Knows what a gcc-like driver really is: it asks the driver for its helpers, specs and configuration."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from zccache.common.command.plan import Dialect
from zccache.common.errors import ToolchainUnknown
from zccache.common.includes.installed import newer_installations
from zccache.common.paths import is_front
from zccache.common.toolchains.files import libraries_of, path_folders, tried_before
from zccache.common.toolchains.model import Findings, Run

_PROGRAMS: Final = {
    Dialect.GCC: ("cc1", "cc1plus", "cc1obj", "cc1objplus", "as", "objcopy"),
    Dialect.CLANG: ("clang", "as"),
}
_PROGRAMS_MARK: Final = "programs: ="
_LIBRARIES_MARK: Final = "libraries: ="
_CONFIGURED: Final = "Configuration file: "
_INSTALLED: Final = "InstalledDir: "
_TARGET: Final = "Target: "
_STABLE: Final = (
    "gcc version",
    "Target:",
    "Thread model:",
    "Configured with:",
    "InstalledDir:",
    "Selected GCC installation:",
)
_SPECS_READ: Final = "Reading specs from "


def ask_driver(program: str, cwd: str, env: Mapping[str, str], run: Run) -> Findings:
    """Return what a driver says it is, and the files that it is made of; raise ToolchainUnknown."""
    banner = run([program, "-v"], cwd, env)
    text = banner.stderr.decode(errors="replace")
    dialect = dialect_of(text)
    if dialect is None:
        raise ToolchainUnknown(f"{program}: `-v` names neither gcc nor clang")
    programs = programs_of(program, (), dialect, cwd, env, run)
    files, absent = dict.fromkeys(programs.files), dict.fromkeys(programs.absent)
    absent.update(dict.fromkeys(newer_installations(text)))
    if dialect is Dialect.CLANG:
        absent.update(dict.fromkeys(_configurations(program, text)))
    specs = os.fsdecode(run([program, "-print-file-name=specs"], cwd, env).stdout.strip())
    marks = (_CONFIGURED, _SPECS_READ)
    read = [line.removeprefix(mark) for line in text.splitlines() for mark in marks if line.startswith(mark)]
    files.update(dict.fromkeys(path for path in (specs, *read) if os.path.isabs(path)))
    return Findings(dialect, _stable_banner(text), tuple(files), tuple(absent))


def programs_of(
    program: str, words: Sequence[str], dialect: Dialect, cwd: str, env: Mapping[str, str], run: Run
) -> Findings:
    """Return the driver and the programs that it runs to compile under these words, with their libraries."""
    brains = [program]
    absent: dict[str, None] = {}
    own_folders = program_folders(run([program, *words, "-print-search-dirs"], cwd, env).stdout)
    for name in _PROGRAMS[dialect]:
        said = run([program, *words, f"-print-prog-name={name}"], cwd, env).stdout
        found = on_path(os.fsdecode(said.strip()), cwd, env)
        if found is not None:
            brains.append(found)
            absent.update(dict.fromkeys(tried_before(found, (*own_folders, *path_folders(cwd, env)))))
    # Debian's gcc takes an assembler by the machine's name first where it seeks by itself, clang everywhere.
    folders = own_folders if dialect is Dialect.GCC else (*own_folders, *path_folders(cwd, env))
    absent.update(dict.fromkeys(named_by_machine(program, words, "as", folders, cwd, env, run)))
    # Links too: they may be made to lead elsewhere.
    files = dict.fromkeys((*brains, *map(os.path.realpath, brains)))
    for brain in list(files):
        files.update(dict.fromkeys(libraries_of(brain, cwd, env, run)))
    return Findings(dialect, "", tuple(files), tuple(absent))


def named_by_machine(
    program: str,
    words: Sequence[str],
    name: str,
    folders: Iterable[str],
    cwd: str,
    env: Mapping[str, str],
    run: Run,
) -> Iterator[str]:
    """Yield where a helper is not that has the name of the machine before its own."""
    said = os.fsdecode(run([program, *words, "-dumpmachine"], cwd, env).stdout.strip())
    typed = (word.partition("=")[2] for word in words if word.startswith("--target="))
    machines = dict.fromkeys((said, *typed))
    places = (os.path.join(folder, f"{machine}-{name}") for folder in folders for machine in machines)
    yield from (place for place in places if not os.path.lexists(place))


def _configurations(program: str, text: str) -> Iterator[str]:
    """Yield the configuration files beside clang that it reads where they are there (clang 16 and later)."""
    lines = text.splitlines()
    triple = next((line.removeprefix(_TARGET) for line in lines if line.startswith(_TARGET)), "")
    installed = (line.removeprefix(_INSTALLED) for line in lines if line.startswith(_INSTALLED))
    folders = dict.fromkeys((os.path.dirname(os.path.realpath(program)), *installed))
    own = os.path.basename(program).removesuffix(".exe")
    modes = dict.fromkeys((own, "clang", "clang++"))
    names = (*(f"{mode}.cfg" for mode in modes), *(f"{triple}-{mode}.cfg" for mode in modes), f"{triple}.cfg")
    places = (os.path.join(folder, name) for folder in folders for name in names)
    yield from (path for path in places if not os.path.lexists(path))


def dialect_of(banner: str) -> Dialect | None:
    """Return the dialect that a driver's `-v` text claims, or None."""
    for line in banner.splitlines():
        if "clang version" in line:
            return Dialect.CLANG
        if line.startswith("gcc version"):
            return Dialect.GCC
    return None


def _stable_banner(text: str) -> str:
    return "\n".join(
        line for line in text.splitlines() if line.startswith(_STABLE) or "clang version" in line
    )


def on_path(said: str, cwd: str, env: Mapping[str, str]) -> str | None:
    """Return where the program is that a driver names: as it says, or along PATH; behind fronts of ours."""
    if not said:
        return None
    if os.path.isabs(said) and not is_front(said):
        return said if os.path.isfile(said) else None
    for folder in path_folders(cwd, env):
        candidate = os.path.join(folder, os.path.basename(said))
        if os.access(candidate, os.X_OK) and os.path.isfile(candidate) and not is_front(candidate):
            return candidate
    return None


def program_folders(said: bytes) -> list[str]:
    """Return the folders in which a driver seeks programs before PATH; theirs come with many a `..`."""
    return [os.path.realpath(folder) for folder in _listed(said, _PROGRAMS_MARK)]


def library_folders(said: bytes) -> list[str]:
    """Return the folders in which a driver seeks libraries, start files and specs, as it spells them."""
    return _listed(said, _LIBRARIES_MARK)


def _listed(said: bytes, mark: str) -> list[str]:
    """Return the folders of one line of `-print-search-dirs`."""
    lines = [line for line in os.fsdecode(said).splitlines() if line.startswith(mark)]
    folders = "".join(lines[:1]).removeprefix(mark).split(os.pathsep)
    return [folder for folder in folders if os.path.isabs(folder)]
