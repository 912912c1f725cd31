"""Source distributions of Python packages are built the same through the cache, and compiled once."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest

from bench.shim import make_compilers
from cargo import Workspace
from fronts import Front
from real_builds import account
from rust import debian_rust
from tools import require_tool

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds a root's processes in /proc")

_BUILT_WITHIN_S: Final = 180
_CRATE: Final = """[package]
name = "half"
version = "0.1.0"
edition = "2018"
[dependencies]
serde_json = "1"
"""
_MAIN: Final = """fn main() { println!("{}", serde_json::json!({ "is": 42, "of": 84 })); }
"""
_PROJECT: Final = '\n[project]\nname = "half"\nversion = "0.1.0"\n'
_SAYS: Final = '{"is":42,"of":84}\n'

BY_MATURIN: Final[Mapping[str, str]] = {
    "Cargo.toml": _CRATE,
    "src/main.rs": _MAIN,
    "pyproject.toml": '[build-system]\nrequires = ["maturin"]\nbuild-backend = "maturin"\n'
    f'[tool.maturin]\nbindings = "bin"\n{_PROJECT}',
}
BY_SETUPTOOLS: Final[Mapping[str, str]] = {
    "Cargo.toml": _CRATE,
    "src/main.rs": _MAIN,
    "MANIFEST.in": "include Cargo.toml\nrecursive-include src *\n",
    "pyproject.toml": '[build-system]\nrequires = ["setuptools", "setuptools-rust"]\n'
    'build-backend = "setuptools.build_meta"\n[tool.setuptools]\npackages = []\n'
    f'[[tool.setuptools-rust.bins]]\ntarget = "half"\n{_PROJECT}',
}
BY_SCIKIT: Final[Mapping[str, str]] = {
    "CMakeLists.txt": """cmake_minimum_required(VERSION 3.18)
project(half C CXX)
add_library(halves STATIC src/half.c)
add_executable(half src/main.cpp)
target_link_libraries(half PRIVATE halves)
install(TARGETS half DESTINATION ${SKBUILD_SCRIPTS_DIR})
""",
    "src/half.h": '#ifdef __cplusplus\nextern "C"\n#endif\nint half(int of);\n',
    "src/half.c": '#include "half.h"\nint half(int of) { return of / 2; }\n',
    "src/main.cpp": """#include "half.h"
#include <iostream>
int main() { std::cout << "{\\"is\\":" << half(84) << ",\\"of\\":84}\\n"; }
""",
    "pyproject.toml": '[build-system]\nrequires = ["scikit-build-core"]\n'
    f'build-backend = "scikit_build_core.build"\n{_PROJECT}',
}


@dataclass(frozen=True)
class Wheel:
    """A wheel that pip built: its files by digest, what the program in it says, and the compiles it took."""

    files: Mapping[str, str]
    says: str
    compiles: int


@pytest.mark.parametrize("files", [BY_MATURIN, BY_SETUPTOOLS], ids=["maturin", "setuptools-rust"])
def test_a_package_with_rust_is_compiled_once(
    files: Mapping[str, str], front: Front, tmp_path: Path, cache_root: Path
) -> None:
    if not any(Path("/usr/share/cargo/registry").glob("serde_json-1*")):
        require_tool("serde_json", "librust-serde-json-dev")
    ws = Workspace(tmp_path, debian_rust("cargo"), files)
    ws.use_debians_crates()
    ws.env.update({"CARGO_NET_OFFLINE": "true", "CARGO_PROFILE_RELEASE_OPT_LEVEL": "0"})
    sdist = sdist_of(ws.folder, tmp_path / "sdist", _with_python(ws.environment(None)))

    def build(through: Front | None) -> Wheel:
        return wheel_of(sdist, tmp_path, _with_python(ws.environment(through)), ws.counting())

    compiled_once(build, front, cache_root, at_least=4)


def test_a_package_with_cmake_is_compiled_once(front: Front, tmp_path: Path, cache_root: Path) -> None:
    for program, package in (("g++", "g++"), ("cmake", "cmake"), ("ninja", "ninja-build")):
        require_tool(program, package)
    compilers = make_compilers(tmp_path / "compilers")
    project = tmp_path / "project"
    for name, text in BY_SCIKIT.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    own = _with_python({"PATH": os.environ["PATH"], "HOME": str(tmp_path), "SKBUILD_BUILD_DIR": "build"})
    own |= {"CC": compilers.cc, "CXX": compilers.cxx}
    sdist = sdist_of(project, tmp_path / "sdist", own)
    launchers = {f"CMAKE_{language}_COMPILER_LAUNCHER": str(front.program) for language in ("C", "CXX")}

    def build(through: Front | None) -> Wheel:
        compilers.reset()
        cache = {"ZCCACHE_CACHE_DIR": str(cache_root), **launchers, **through.env} if through else {}
        return wheel_of(sdist, tmp_path, {**own, **cache}, lambda: compilers.count().compiles)

    # CMake asks each compiler by a compile with -v, which names passing files and is never kept.
    compiled_once(build, front, cache_root, at_least=4, questions=2)


def compiled_once(
    build: Callable[[Front | None], Wheel],
    front: Front,
    cache_root: Path,
    *,
    at_least: int,
    questions: int = 0,
) -> None:
    """Build bare, then twice through the cache: the same wheel, the second time without a compile."""
    bare = build(None)
    assert (bare.says, bare.compiles >= at_least) == (_SAYS, True)
    first, second = build(front), build(front)
    assert first == bare
    assert (second.files, second.says) == (bare.files, bare.says)
    assert second.compiles == questions, account(cache_root)


def sdist_of(project: Path, into: Path, env: Mapping[str, str]) -> Path:
    """Have the project's own build back end pack its source distribution."""
    made = (
        "import importlib, os, sys, tomllib",
        "os.makedirs(sys.argv[1])",
        "back_end = tomllib.load(open('pyproject.toml', 'rb'))['build-system']['build-backend']",
        "importlib.import_module(back_end).build_sdist(sys.argv[1])",
    )
    _run([sys.executable, "-c", "\n".join(made), str(into)], env, project)
    (sdist,) = into.glob("*.tar.gz")
    return sdist


def wheel_of(sdist: Path, folder: Path, env: Mapping[str, str], compiles: Callable[[], int]) -> Wheel:
    """Unpack the source distribution, always in the same place, and have pip build a wheel from it."""
    tree = folder / "unpacked"
    shutil.rmtree(tree, ignore_errors=True)
    with tarfile.open(sdist) as packed:
        packed.extractall(tree, filter="data")
    words = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    (source,) = tree.iterdir()
    into = folder / "wheels"
    _run([sys.executable, *words, "--wheel-dir", str(into), str(source)], env, folder)
    (wheel,) = into.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        # A bill of materials has a number and a time of its own each time, and RECORD its digest.
        names = (name for name in packed.namelist() if "/sboms/" not in name and not name.endswith("/RECORD"))
        files = {name: sha256(packed.read(name)).hexdigest() for name in names}
        (program,) = (name for name in files if name.endswith("scripts/half"))
        script = Path(packed.extract(program, folder))
    wheel.unlink()
    script.chmod(0o755)
    says = subprocess.run([script], capture_output=True, text=True, check=True).stdout
    return Wheel(files, says, compiles())


def _with_python(env: Mapping[str, str]) -> dict[str, str]:
    """Return an environment whose PATH begins with the programs that came with the build back ends."""
    return {**env, "PATH": f"{Path(sys.executable).parent}:{env['PATH']}"}


def _run(argv: list[str], env: Mapping[str, str], cwd: Path) -> None:
    done = subprocess.run(
        argv, env=env, cwd=cwd, capture_output=True, text=True, timeout=_BUILT_WITHIN_S, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
