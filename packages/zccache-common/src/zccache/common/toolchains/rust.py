"""Knows what a rustc or clippy-driver really is: driver library, sysroot, and whom a proxy stands for.

The program itself is a few kilobytes: the compiler is librustc_driver and libLLVM, which the
loader names. All below lib/rustlib, crates of the standard library and linkers, goes into
what is built. rustup's proxy picks a toolchain by variable, by files on the way up from the
working folder and by its settings; which of these were there, and which not, is remembered.
"""

import os
from collections.abc import Iterator, Mapping
from typing import Final

from zccache.common.command.plan import Dialect
from zccache.common.errors import ToolchainUnknown
from zccache.common.toolchains.files import libraries_of
from zccache.common.toolchains.model import Findings, Run

_PROXY_ENV: Final = ("RUSTUP_TOOLCHAIN", "RUSTUP_HOME", "HOME")

_PROXY: Final = "rustup"
_CHOICES: Final = ("rust-toolchain", "rust-toolchain.toml")
_FOLDERS: Final = ("lib", "bin", "codegen-backends")


def is_proxy(program: str) -> bool:
    """Whether the program is rustup under another name: a link to it, or a second name of its file."""
    try:
        beside = os.path.join(os.path.dirname(program), _PROXY)
        return os.path.basename(os.path.realpath(program)) == _PROXY or os.path.samefile(program, beside)
    except OSError:
        return False


def proxy_words(program: str, cwd: str, env: Mapping[str, str]) -> list[str]:
    """Return what decides for whom a proxy stands, and clippy-driver's own variable, as words of a key."""
    names = ("SYSROOT", *_PROXY_ENV) if is_proxy(program) else ("SYSROOT",)
    words = [f"{name}={env[name]}" for name in names if name in env]
    return [*words, cwd] if is_proxy(program) else words


def ask_rust(program: str, cwd: str, env: Mapping[str, str], run: Run) -> Findings:
    """Return what a compiler says it is, and the files that it is made of; raise ToolchainUnknown."""
    said = run([program, "-vV"], cwd, env)
    banner = said.stdout.decode(errors="replace")
    asked = run([program, "--print", "sysroot"], cwd, env)
    sysroot = os.fsdecode(asked.stdout.strip())
    if said.status or asked.status or not banner or not os.path.isdir(os.path.join(sysroot, "lib")):
        raise ToolchainUnknown(f"{program}: it does not say what it is, or where its sysroot lies")
    files = dict.fromkeys((program, os.path.realpath(program)))
    absent: tuple[str, ...] = ()
    if is_proxy(program):
        present, absent = _choices(cwd, env)
        files.update(dict.fromkeys(present))
    # A proxy, or a program that somebody put before the compiler, has the real one behind it.
    beside = os.path.join(sysroot, "bin", os.path.basename(program))
    for brain in dict.fromkeys((program, beside) if os.path.isfile(beside) else (program,)):
        files.update(dict.fromkeys((brain, *libraries_of(brain, cwd, env, run))))
    files.update(dict.fromkeys(_sysroot_files(sysroot)))
    return Findings(Dialect.RUST, banner, tuple(files), absent)


def ask_rustfmt(program: str, cwd: str, env: Mapping[str, str], run: Run) -> Findings:
    """Return the files that rustfmt is made of; the rustc beside a proxy tells where it lies."""
    said = run([program, "--version"], cwd, env)
    files = dict.fromkeys((program, os.path.realpath(program)))
    absent: tuple[str, ...] = ()
    brain = program
    if is_proxy(program):
        rustc = os.path.join(os.path.dirname(program), "rustc")
        sysroot = os.fsdecode(run([rustc, "--print", "sysroot"], cwd, env).stdout.strip())
        brain = os.path.join(sysroot, "bin", os.path.basename(program))
        present, absent = _choices(cwd, env)
        files.update(dict.fromkeys((*present, brain)))
    if said.status or not os.path.isfile(brain):
        raise ToolchainUnknown(f"{program}: it does not say what it is, or where it lies")
    files.update(dict.fromkeys(libraries_of(brain, cwd, env, run)))
    return Findings(Dialect.RUST, said.stdout.decode(errors="replace"), tuple(files), absent)


def _choices(cwd: str, env: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the files by which a proxy chooses a toolchain: those that are there, those that are not."""
    home = env.get("RUSTUP_HOME") or os.path.join(env.get("HOME", "/"), ".rustup")
    places = [os.path.join(cwd, home, "settings.toml")]
    folder = cwd
    while True:
        places += (os.path.join(folder, name) for name in _CHOICES)
        if folder == os.path.dirname(folder):
            break
        folder = os.path.dirname(folder)
    there = {path for path in places if os.path.lexists(path)}
    return tuple(path for path in places if path in there), tuple(p for p in places if p not in there)


def _sysroot_files(sysroot: str) -> Iterator[str]:
    """Yield what is below the folders of each target: crates, objects, linkers."""
    rustlib = os.path.join(sysroot, "lib", "rustlib")
    for target in sorted(os.listdir(rustlib)) if os.path.isdir(rustlib) else ():
        for name in _FOLDERS:
            for folder, folders, files in os.walk(os.path.join(rustlib, target, name)):
                folders.sort()
                for file in sorted(files):
                    path = os.path.join(folder, file)
                    if os.path.isfile(path):
                        yield path
