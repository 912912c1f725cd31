"""Knows what emcc really is: a tree of scripts, the programs that its settings name, its libraries."""

import os
from collections.abc import Iterator, Mapping
from typing import Final

from zccache.common.command.plan import Dialect
from zccache.common.errors import ToolchainUnknown
from zccache.common.toolchains.files import libraries_of
from zccache.common.toolchains.model import Findings, Run

_VARIABLES: Final = ("EM", "_EM", "PYTHON", "NODE_", "BINARYEN")
_SCRIPTS: Final = (".py", ".js", ".mjs", ".json", ".txt", ".html")
_LEFT_OUT: Final = frozenset(
    ("tests", "test", "docs", "cache", "system", "site", "media", "__pycache__", "cmake")
)
_BINARYEN: Final = (
    "wasm-opt",
    "wasm-emscripten-finalize",
    "wasm-metadce",
    "wasm-as",
    "wasm2js",
    "wasm-ctor-eval",
)
_LLVM: Final = ("clang", "wasm-ld", "llvm-nm", "llvm-ar", "llvm-objcopy", "llvm-dwarfdump", "llvm-ranlib")
_MODULES: Final = ("acorn", "terser", "html-minifier-terser", "google-closure-compiler")
_SETTINGS: Final = ("EM_CONFIG", "LLVM_ROOT", "BINARYEN_ROOT", "NODE_JS", "CACHE", "LLVM_ADD_VERSION")
_ASK: Final = """
import sys
from tools import config
for name in sys.argv[1:]:
    print(repr(getattr(config, name, "")))
"""


def emscripten_words(env: Mapping[str, str]) -> list[str]:
    """Return the variables that decide which tree and which programs are used, as words of a key."""
    return [f"{name}={env[name]}" for name in sorted(env) if name.startswith(_VARIABLES)]


def ask_emscripten(program: str, cwd: str, env: Mapping[str, str], run: Run) -> Findings:
    """Return what emcc says it is, and the files that it is made of; raise ToolchainUnknown."""
    root = os.path.dirname(os.path.realpath(program))
    said = run([program, "-v"], cwd, env)
    banner = said.stderr.decode(errors="replace")
    if said.status or not os.path.isfile(os.path.join(root, "emcc.py")):
        raise ToolchainUnknown(f"{program}: it does not say what it is, or has no emcc.py beside it")
    python = _on_path(env.get("EMSDK_PYTHON") or "python3", env)
    settings = _settings(python, root, env, run)
    programs = {program, os.path.realpath(program), python, *_programs(settings)}
    files = dict.fromkeys(sorted(programs | set(map(os.path.realpath, programs))))
    for path in list(files):
        files.update(dict.fromkeys(libraries_of(path, cwd, env, run)))
    files.update(dict.fromkeys(_scripts(root)))
    files.update(dict.fromkeys(_modules(settings["NODE_JS"], root, env, run)))
    files.update(dict.fromkeys(_system_libraries(settings["CACHE"][0])))
    files[settings["EM_CONFIG"][0]] = None
    stable = [
        line for line in banner.splitlines() if "clang version" in line or line.startswith(("emcc", "Target"))
    ]
    words = [*stable, *(f"{name}={value}" for name, value in settings.items())]
    return Findings(Dialect.CLANG, "\n".join(words), tuple(filter(os.path.isfile, files)), ())


def _settings(python: str, root: str, env: Mapping[str, str], run: Run) -> dict[str, list[str]]:
    """Return what the configuration says, each as a list of words."""
    import ast

    told = run(
        [python, "-c", _ASK, *_SETTINGS], root, {**env, "PYTHONPATH": root, "PYTHONDONTWRITEBYTECODE": "1"}
    )
    lines = told.stdout.decode(errors="surrogateescape").splitlines()
    if told.status or len(lines) != len(_SETTINGS):
        raise ToolchainUnknown(f"{root}: its configuration cannot be read")
    values = [ast.literal_eval(line) for line in lines]
    settings = {
        name: list(map(str, value)) if isinstance(value, list) else [str(value)]
        for name, value in zip(_SETTINGS, values, strict=True)
    }
    if not all(settings[name][0] for name in _SETTINGS[:-1]):
        raise ToolchainUnknown(f"{root}: its configuration leaves something open")
    return settings


def _programs(settings: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield the programs that are there; Debian's have the version of LLVM behind their names."""
    version = settings["LLVM_ADD_VERSION"][0]
    endings = ("", f"-{version}") if version not in {"", "None"} else ("",)
    llvm = (name + ending for name in _LLVM for ending in endings)
    candidates = [os.path.join(settings["LLVM_ROOT"][0], name) for name in llvm]
    candidates += [os.path.join(settings["BINARYEN_ROOT"][0], "bin", name) for name in _BINARYEN]
    yield from filter(os.path.isfile, (*candidates, settings["NODE_JS"][0]))


def _scripts(root: str) -> Iterator[str]:
    """Yield the scripts of the tree, and what they read of it; its libraries were made from system/."""
    for folder, below, names in os.walk(root):
        below[:] = sorted(name for name in below if name not in _LEFT_OUT)
        yield from (os.path.join(folder, name) for name in sorted(names) if name.endswith(_SCRIPTS))


def _modules(node: list[str], root: str, env: Mapping[str, str], run: Run) -> Iterator[str]:
    """Yield the main files of the packages that the scripts take from node's own folders."""
    for name in _MODULES:
        asked = run([*node, "-p", f"require.resolve({name!r})"], os.path.join(root, "tools"), env)
        path = os.fsdecode(asked.stdout.strip())
        if asked.status == 0 and os.path.isfile(path):
            yield path


def _system_libraries(cache: str) -> Iterator[str]:
    for folder, below, names in os.walk(os.path.join(cache, "sysroot", "lib")):
        below.sort()
        yield from (os.path.join(folder, name) for name in sorted(names))


def _on_path(name: str, env: Mapping[str, str]) -> str:
    if os.path.isabs(name):
        return name
    for folder in env.get("PATH", "").split(os.pathsep):
        path = os.path.join(folder, name)
        if os.path.isabs(path) and os.access(path, os.X_OK):
            return path
    raise ToolchainUnknown(f"emcc: there is no {name} on PATH")
