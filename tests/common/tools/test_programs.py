"""Which programs are gcc or clang, by name alone."""

import pytest

from zccache.common.tools.registry import tool_for

DRIVERS = """
    gcc g++ cc c++ clang clang++ c89 c99 gcc-12 g++-12 g++-13.2 clang-14 clang++-14 clang14 gcc.exe
    /usr/bin/gcc ./cc x86_64-linux-gnu-gcc x86_64-linux-gnu-gcc-12 arm-none-eabi-g++
    aarch64-linux-android33-clang++ riscv64-unknown-elf-gcc-13.2.0 x86_64-w64-mingw32-g++-posix
    x86_64-pc-linux-gnu-c++ musl-gcc c99-gcc c89-gcc
"""
OTHERS = """
    clang-format clang-scan-deps clang-cpp clang-cpp-14 clangd
    gcc-nm objdump strip gcov gcov-12 cpp nvcc hipcc mpicc icc icx tcc gfortran
    gnat gdc gccgo rustdoc llvm-as make afl-gcc afl-clang ccache-gcc distcc distcc-gcc xgcc gccx /gcc/
    gcc-wrapper clang-offload-bundler
"""
LINKERS = """
    ld ld.bfd ld.gold ld.lld ld.lld-14 lld mold wasm-ld wasm-ld-14 /usr/bin/x86_64-w64-mingw32-ld
"""
ARCHIVERS = """
    ar gcc-ar gcc-ar-12 llvm-ar llvm-ar-14 ranlib gcc-ranlib-12 x86_64-w64-mingw32-ar
"""


@pytest.mark.parametrize("program", DRIVERS.split())
def test_a_driver_is_recognized(program: str) -> None:
    tool = tool_for(program)

    assert tool is not None
    assert tool.name == "gcc"


@pytest.mark.parametrize("program", [*OTHERS.split(), ""])
def test_another_program_is_not(program: str) -> None:
    assert tool_for(program) is None


@pytest.mark.parametrize(
    "program",
    LINKERS.split(),
)
def test_a_linker_is_recognized(program: str) -> None:
    tool = tool_for(program)

    assert tool is not None
    assert tool.name == "linker"


@pytest.mark.parametrize("program", ARCHIVERS.split())
def test_an_archiver_is_recognized(program: str) -> None:
    tool = tool_for(program)

    assert tool is not None
    assert tool.name == "archiver"
