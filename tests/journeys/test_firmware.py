"""Firmware is built through the cache as without it, and a second build runs no compiler."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bench.shim import Compilers, Runs, make_compilers
from firmware import ARM, AVR, Firmware
from fronts import Front
from tools import require_tool

_OUTPUTS = frozenset((".o", ".obj", ".a", ".d", ".su", ".lst", ".map", ".elf", ".bin", ".hex"))


@dataclass
class Bench:
    """A firmware in a folder, with tools that count their runs; a build is bare or through a front."""

    firmware: Firmware
    folder: Path
    compiler: Compilers
    archiver: Compilers
    env: dict[str, str] = field(default_factory=dict)

    def make(self, launcher: str = "") -> bytes:
        """Build by make from nothing, and return what it printed."""
        variables = {**self.firmware.variables, "PREFIX": self.firmware.prefix, "LAUNCHER": launcher}
        return self._build([["make", *(f"{name}={value}" for name, value in variables.items())]])

    def cmake(self, launcher: str = "") -> bytes:
        """Build by CMake and ninja from nothing, and return what it printed."""
        names = ("C_COMPILER", "ASM_COMPILER", "C_LINKER")
        launchers = [f"-DCMAKE_{name}_LAUNCHER={launcher}" for name in names]
        configure = ["cmake", "-S", ".", "-B", "out", "-G", "Ninja", "-DCMAKE_TOOLCHAIN_FILE=arm.cmake"]
        return self._build([[*configure, *(launchers if launcher else ())], ["cmake", "--build", "out"]])

    def settle(self) -> None:
        """Wait until what has been built is recorded: a linker may be asked for its folders until then."""
        subprocess.run(["zccache", "status"], env=self.env, capture_output=True, check=True)

    def runs(self) -> int:
        """Return how often a compiler compiled or linked, or the archiver ran, since it was last asked."""
        compiled, archived = self.compiler.count(), self.archiver.count()
        self.compiler.reset()
        self.archiver.reset()
        return compiled.compiles + compiled.links + archived.links + archived.probes

    def outputs(self) -> Mapping[str, tuple[int, bytes]]:
        """Return mode and bytes of all that a build leaves, temporary names in listings taken out."""
        found = (path for path in sorted((self.folder / "out").rglob("*")) if path.suffix in _OUTPUTS)
        kept = (path for path in found if "CMakeFiles/3" not in str(path) and path.is_file())
        return {str(path): (path.stat().st_mode, _steady(path)) for path in kept}

    def _build(self, commands: Iterable[list[str]]) -> bytes:
        shutil.rmtree(self.folder / "out", ignore_errors=True)
        said = b""
        for command in commands:
            done = subprocess.run(
                command,
                cwd=self.folder,
                env=self.env,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
            )
            assert done.returncode == 0, done.stdout.decode()
            said += done.stdout
        return said


def _steady(path: Path) -> bytes:
    return re.sub(rb"/tmp/cc\w{6}\.s", b"TEMPORARY", path.read_bytes())


def _words(said: bytes) -> list[bytes]:
    """Return what a build printed, but for the launcher."""
    return [word for word in said.split() if word != b"zccache"]


@pytest.fixture
def bench_of(tmp_path: Path, front: Front) -> Callable[[Firmware], Bench]:
    """Hand out what lays a firmware out and makes its tools count."""

    def lay_out(firmware: Firmware) -> Bench:
        for name in ("make", "cmake"):
            require_tool(name, name)
        require_tool("ninja", "ninja-build")
        require_tool(f"{firmware.prefix}gcc", firmware.package)
        folder = tmp_path / "firmware"
        firmware.write(folder)
        compiler, archiver = (
            make_compilers(tmp_path / name, cc=f"{firmware.prefix}{name}", cxx="none", builder="gcc")
            for name in ("gcc", "ar")
        )
        path = (str(front.program.parent), str(tmp_path / "gcc"), str(tmp_path / "ar"), os.environ["PATH"])
        env = {**os.environ, "PATH": ":".join(path), "LC_ALL": "C", **front.env}
        return Bench(firmware, folder, compiler, archiver, env)

    return lay_out


@pytest.mark.parametrize(
    ("firmware", "left"),
    # avr-ld 2.26 cannot tell what it reads: its links are passed on.
    [(ARM, 0), (AVR, 1)],
    ids=["arm", "avr"],
)
def test_a_second_build_by_make_runs_no_compiler(
    bench_of: Callable[[Firmware], Bench], firmware: Firmware, left: int
) -> None:
    bench = bench_of(firmware)
    said = bench.make()
    bare, bare_runs = bench.outputs(), bench.runs()

    bench.make("zccache")
    bench.settle()
    first, first_runs = bench.outputs(), bench.runs()
    said_again = bench.make("zccache")

    # An assembler is asked once whether it tells what it reads.
    assert bare_runs <= first_runs <= bare_runs + 1
    assert bench.runs() == left
    assert first == bare
    assert bench.outputs() == bare
    assert _words(said_again) == _words(said)


def test_an_edit_compiles_one_file_and_links(bench_of: Callable[[Firmware], Bench]) -> None:
    bench = bench_of(ARM)
    bench.make("zccache")
    bench.settle()
    vectors = bench.folder / "src/vectors.h"
    vectors.write_text("#define VECTORS 15\n")
    bench.runs()

    bench.make("zccache")
    runs, through = bench.runs(), bench.outputs()
    bench.make()

    assert runs == 2, "the start file, and the link"
    assert through == bench.outputs()


def test_a_second_build_by_cmake_runs_no_compiler(bench_of: Callable[[Firmware], Bench]) -> None:
    bench = bench_of(ARM)
    bench.cmake()
    bare = bench.outputs()
    bench.cmake("zccache")
    first = bench.outputs()
    configured = bench.folder / "out"
    (configured / "firmware.elf").unlink()
    # CMake 3.25 has no launcher for the assembler.
    for path in configured.rglob("*.c.obj"):
        path.unlink()
    bench.settle()
    bench.runs()

    done = subprocess.run(
        ["cmake", "--build", "out"], cwd=bench.folder, env=bench.env, capture_output=True, check=False
    )

    assert done.returncode == 0, done.stdout.decode()
    # CMake runs the archiver by itself.
    assert bench.compiler.count() == Runs(0, 0, 0)
    assert first == bare
    assert bench.outputs() == bare
