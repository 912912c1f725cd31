"""Real projects and how each of them is built: by a Makefile, by CMake, Meson, or a configure script."""

import os
import shutil
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from sdists import Sdist

BUILT_WITHIN_S: Final = 300
# Whatever the times of unpacked files say, the script and its Makefile.in are up to date.
_MAKE_CONFIGURED: Final = ("make", "--silent", "ACLOCAL=:", "AUTOCONF=:", "AUTOMAKE=:", "AUTOHEADER=:")


@dataclass(frozen=True)
class Tree:
    """The sources of a project, and the folder that all outputs go to."""

    source: Path
    out: Path


@dataclass(frozen=True)
class Calls:
    """How a build calls its compilers: the words of CC and CXX, what goes before them, the environment.

    archiver is the word for AR; where it is a path, ranlib lies beside it.
    """

    cc: str
    cxx: str
    env: Mapping[str, str]
    launcher: str = ""
    archiver: str = "ar"


class Build(Protocol):
    """A way to build a tree."""

    def prepare(self, tree: Tree, calls: Calls) -> None:
        """Do what comes once, before all builds."""

    def empty(self, tree: Tree) -> None:
        """Bring the output folder back to what prepare has left."""

    def run(self, tree: Tree, calls: Calls) -> None:
        """Build what is not up to date, in parallel."""

    def has_nothing_to_do(self, tree: Tree, calls: Calls) -> bool:
        """Tell whether the build tool finds all up to date."""

    def outputs(self, tree: Tree) -> set[str]:
        """Return the files that the build wrote, relative to the output folder."""

    def folder(self, tree: Tree) -> Path:
        """Return the folder that compilers run in."""


@dataclass(frozen=True)
class Make:
    """A Makefile that builds in its own folder; `{out}` in a word is the output folder."""

    words: tuple[str, ...]
    jobs: int
    env: Mapping[str, str] = field(default_factory=dict)

    def prepare(self, tree: Tree, calls: Calls) -> None:
        tree.out.mkdir(parents=True, exist_ok=True)

    def empty(self, tree: Tree) -> None:
        shutil.rmtree(tree.out)
        tree.out.mkdir()

    def run(self, tree: Tree, calls: Calls) -> None:
        _succeed(self._argv(tree, calls), tree.source, {**calls.env, **self.env})

    def has_nothing_to_do(self, tree: Tree, calls: Calls) -> bool:
        argv = [*self._argv(tree, calls), "--question"]
        return subprocess.run(argv, cwd=tree.source, env={**calls.env, **self.env}).returncode == 0

    def outputs(self, tree: Tree) -> set[str]:
        return _files(tree.out)

    def folder(self, tree: Tree) -> Path:
        return tree.source

    def _argv(self, tree: Tree, calls: Calls) -> list[str]:
        words = [word.format(out=tree.out) for word in self.words]
        return [
            "make",
            "--silent",
            f"-j{self.jobs}",
            f"CC={calls.cc}",
            f"CXX={calls.cxx}",
            f"AR={calls.archiver}",
            *words,
        ]


class _Configured(ABC):
    """Configured once for each way to call the compilers: an empty output folder is a copy of that."""

    @abstractmethod
    def configure(self, tree: Tree, calls: Calls) -> None:
        """Fill the output folder with all that a build needs."""

    def prepare(self, tree: Tree, calls: Calls) -> None:
        shutil.rmtree(tree.out, ignore_errors=True)
        shutil.rmtree(self._configured(tree), ignore_errors=True)
        self.configure(tree, calls)
        shutil.copytree(tree.out, self._configured(tree), symlinks=True)

    def empty(self, tree: Tree) -> None:
        shutil.rmtree(tree.out)
        shutil.copytree(self._configured(tree), tree.out, symlinks=True)

    def outputs(self, tree: Tree) -> set[str]:
        ours = {name for name in _files(tree.out) if not name.startswith(".ninja_")}
        return ours - _files(self._configured(tree))

    def folder(self, tree: Tree) -> Path:
        return tree.out

    def _configured(self, tree: Tree) -> Path:
        return tree.out.with_name(f"{tree.out.name}.configured")


class _Ninja(_Configured):
    """What Ninja builds."""

    jobs: int
    targets: tuple[str, ...]

    def run(self, tree: Tree, calls: Calls) -> None:
        # Ninja deletes depfiles when it has read them, unless told to keep them.
        _succeed(["ninja", "-d", "keepdepfile", f"-j{self.jobs}", *self.targets], tree.out, calls.env)

    def has_nothing_to_do(self, tree: Tree, calls: Calls) -> bool:
        return "no work to do" in _succeed(["ninja", "-n", *self.targets], tree.out, calls.env)


@dataclass(frozen=True)
class CMake(_Ninja):
    """A CMakeLists.txt built with Ninja; without targets everything is built."""

    options: tuple[str, ...]
    jobs: int
    targets: tuple[str, ...] = ()

    def configure(self, tree: Tree, calls: Calls) -> None:
        options = [f"-DCMAKE_C_COMPILER={calls.cc}", f"-DCMAKE_CXX_COMPILER={calls.cxx}", *self.options]
        options += [f"-DCMAKE_AR={calls.archiver}", f"-DCMAKE_RANLIB={Path(calls.archiver).parent}/ranlib"]
        if calls.launcher:
            kinds = (f"{language}_{step}" for language in ("C", "CXX") for step in ("COMPILER", "LINKER"))
            options += [f"-DCMAKE_{kind}_LAUNCHER={calls.launcher}" for kind in kinds]
        argv = ["cmake", "-G", "Ninja", "-S", str(tree.source), "-B", str(tree.out), *options]
        _succeed(argv, tree.source, calls.env)


@dataclass(frozen=True)
class Meson(_Ninja):
    """A meson.build built with Ninja."""

    jobs: int
    targets: tuple[str, ...] = ()

    def configure(self, tree: Tree, calls: Calls) -> None:
        named = {"CC": calls.cc, "CXX": calls.cxx, "AR": calls.archiver}
        _succeed(["meson", "setup", str(tree.out), str(tree.source)], tree.source, {**calls.env, **named})


@dataclass(frozen=True)
class Configure(_Configured):
    """A configure script of autoconf, run in the output folder, and the Makefile that it writes."""

    options: tuple[str, ...]
    jobs: int

    def configure(self, tree: Tree, calls: Calls) -> None:
        tree.out.mkdir(parents=True)
        named = [f"CC={calls.cc}", f"CXX={calls.cxx}", f"AR={calls.archiver}"]
        _succeed([str(tree.source / "configure"), *self.options, *named], tree.out, calls.env)

    def run(self, tree: Tree, calls: Calls) -> None:
        _succeed([*_MAKE_CONFIGURED, f"-j{self.jobs}"], tree.out, calls.env)

    def has_nothing_to_do(self, tree: Tree, calls: Calls) -> bool:
        argv = [*_MAKE_CONFIGURED, "--question"]
        return (
            subprocess.run(argv, cwd=tree.out, env=dict(calls.env), stdout=subprocess.DEVNULL).returncode == 0
        )


@dataclass(frozen=True)
class Project:
    """A project: its sources, its build, the least it compiles, and a header that some units read.

    header is relative to the sources; a line may be put before its last #endif. linked are
    endings of files that it links: programs, libraries, archives.
    """

    name: str
    fetch: Callable[[Path, Path], Path]
    build: Build
    units_at_least: int
    header: str
    linked: tuple[str, ...] = ()


def _from_sdist(sdist: Sdist, folder: str) -> Callable[[Path, Path], Path]:
    return lambda kept, into: sdist.unpack(kept, into) / folder


def _write_atlas(kept: Path, into: Path) -> Path:
    from bench.project import write_project

    return write_project(into / "atlas").root


def _write_atlas_for_meson(kept: Path, into: Path) -> Path:
    root = _write_atlas(kept, into)
    units = sorted(
        path.relative_to(root) for part in ("codec", "graph") for path in root.glob(f"lib/{part}/*.c")
    )
    (root / "meson.build").write_text(
        "project('atlas', 'c', default_options: ['buildtype=debugoptimized', 'c_std=c11'])\n"
        f"units = files({', '.join(repr(str(unit)) for unit in units)})\n"
        "static_library('atlas', units, include_directories: 'include', install: true)\n"
    )
    return root


_CAPSTONE: Final = Sdist(
    "capstone", "5.0.9", "0429af292ddc604d3c9344696807e281d5e728db029f00e6a4ea9e3bff1aac9e"
)
_UVLOOP: Final = Sdist("uvloop", "0.23.0", "28d160f51ab4da3b187063652e643dea6831072add4adc1e6d62afbe73b6be27")
_OPENTIMELINEIO: Final = Sdist(
    "opentimelineio", "0.18.1", "a4e5086e2accd4ca9853ab48bf531e0c148eff47889363a6da3a03f662fbf5e8"
)

ATLAS: Final = Project(
    "atlas",
    _write_atlas,
    Make(("OBJDIR={out}", "PARTS=lib/codec lib/graph src/index", "objects"), jobs=2),
    units_at_least=30,
    header="include/atlas/codec.h",
)
CAPSTONE: Final = Project(
    "capstone",
    _from_sdist(_CAPSTONE, "src"),
    # Its Makefile reads depfiles and leaves it to the user to ask the compiler for them.
    Make(
        (
            "BUILDDIR={out}",
            "CAPSTONE_BUILD_CORE_ONLY=yes",
            "CAPSTONE_ARCHS=sparc xcore m680x evm mos65xx wasm bpf sh tms320c64x riscv",
        ),
        jobs=8,
        env={"CFLAGS": "-O1 -g -MMD"},
    ),
    units_at_least=35,
    header="arch/WASM/WASMMapping.h",
)
LIBUV: Final = Project(
    "libuv",
    _from_sdist(_UVLOOP, "vendor/libuv"),
    CMake(("-DLIBUV_BUILD_SHARED=OFF", "-DLIBUV_BUILD_TESTS=OFF", "-DLIBUV_BUILD_BENCH=OFF"), jobs=2),
    units_at_least=30,
    header="src/heap-inl.h",
)
# A program, a shared library and an archive: most units are compiled twice.
LIBUV_LINKED: Final = Project(
    "libuv-linked",
    _from_sdist(_UVLOOP, "vendor/libuv"),
    CMake(("-DLIBUV_BUILD_SHARED=ON",), jobs=2, targets=("uv", "uv_a", "uv_run_benchmarks_a")),
    units_at_least=80,
    header="src/heap-inl.h",
    linked=("libuv.a", "libuv.so.1.0.0", "uv_run_benchmarks_a"),
)
ATLAS_MESON: Final = Project(
    "atlas-meson",
    _write_atlas_for_meson,
    Meson(jobs=2),
    units_at_least=20,
    header="include/atlas/codec.h",
)
LIBUV_CONFIGURE: Final = Project(
    "libuv-configure",
    _from_sdist(_UVLOOP, "vendor/libuv"),
    Configure(("--disable-shared",), jobs=2),
    units_at_least=30,
    header="src/heap-inl.h",
)
# The lightest half of its units: each instantiates the library's templates anew, some for ten seconds.
_IMATH_UNITS: Final = (
    "main testFun testRoots testShear testRandom testQuat testQuatSetRotation testQuatSlerp testInvert "
    "testArithmetic testLineAlgo testInterval testColor testMiscMatrixAlgo testVec testFrustumTest "
    "testNoInterop testProcrustes testFrustum"
)
IMATH: Final = Project(
    "imath",
    _from_sdist(_OPENTIMELINEIO, "src/deps/Imath"),
    CMake(
        ("-DBUILD_SHARED_LIBS=OFF", "-DBUILD_TESTING=ON", "-DCMAKE_CXX_FLAGS=-O0"),
        jobs=8,
        targets=(
            "src/Imath/CMakeFiles/Imath.dir/ImathRandom.cpp.o",
            *(f"src/ImathTest/CMakeFiles/ImathTest.dir/{unit}.cpp.o" for unit in _IMATH_UNITS.split()),
        ),
    ),
    units_at_least=20,
    header="src/Imath/ImathPlane.h",
)


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def _succeed(argv: list[str], cwd: Path, env: Mapping[str, str]) -> str:
    done = subprocess.run(argv, cwd=cwd, env=env, capture_output=True, timeout=BUILT_WITHIN_S, encoding=None)
    said = os.fsdecode(done.stdout + done.stderr)
    assert done.returncode == 0, f"{' '.join(argv)} in {cwd}: {said[-4000:]}"
    return said
