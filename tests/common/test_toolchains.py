"""What a compiler says it is, and when that has to be asked again."""

import os
import shutil
from pathlib import Path

import pytest

from asking import CountingRun, KeptMemo
from tools import require_tool
from zccache.common.command.plan import Dialect
from zccache.common.errors import ToolchainUnknown
from zccache.common.freshness import FileDigests
from zccache.common.toolchains.cpu import cpu_identity
from zccache.common.toolchains.driver import dialect_of
from zccache.common.toolchains.identifying import Toolchains


def write_script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_gcc_is_known_with_its_brain(tmp_path: Path) -> None:
    gcc = require_tool("gcc", "gcc")

    found = Toolchains(FileDigests(), KeptMemo()).identify(gcc, str(tmp_path), os.environ)

    names = {os.path.basename(file.path) for file in found.files}
    assert found.dialect is Dialect.GCC
    assert "cc1" in names
    assert any(name.endswith("as") for name in names)
    assert any(name.startswith("libc.so") for name in names)
    assert not found.is_script


def test_clang_is_known_with_its_libraries(tmp_path: Path) -> None:
    clang = require_tool("clang", "clang")

    found = Toolchains(FileDigests(), KeptMemo()).identify(clang, str(tmp_path), os.environ)

    assert found.dialect is Dialect.CLANG
    assert any("libLLVM" in file.path or "libclang" in file.path for file in found.files)


def test_clang_is_another_once_a_newer_gcc_is_there_to_take_headers_from(tmp_path: Path) -> None:
    clang = tmp_path / "prefix" / "bin" / "clang"
    clang.parent.mkdir(parents=True)
    shutil.copy2(os.path.realpath(require_tool("clang", "clang")), clang)
    toolchains = Toolchains(FileDigests(), KeptMemo())
    before = toolchains.identify(str(clang), str(tmp_path), os.environ)
    assert before.is_unchanged()

    installed = tmp_path / "prefix" / "lib" / "gcc" / "x86_64-linux-gnu" / "99"
    installed.mkdir(parents=True)
    (installed / "crtbegin.o").write_bytes(b"")

    assert not before.is_unchanged()
    assert toolchains.identify(str(clang), str(tmp_path), os.environ).identity != before.identity


@pytest.mark.parametrize("name", ["clang.cfg", "clang++.cfg"])
def test_clang_is_asked_again_once_a_configuration_file_is_beside_it(name: str, tmp_path: Path) -> None:
    clang = tmp_path / "bin" / "clang"
    clang.parent.mkdir()
    shutil.copy2(os.path.realpath(require_tool("clang", "clang")), clang)
    toolchains = Toolchains(FileDigests(), KeptMemo())
    before = toolchains.identify(str(clang), str(tmp_path), os.environ)
    assert before.is_unchanged()

    (clang.parent / name).write_text("-DCONFIGURED\n")

    assert not before.is_unchanged()
    assert toolchains.identify(str(clang), str(tmp_path), os.environ).is_unchanged()


def test_a_newer_gcc_beside_the_one_that_clang_found_would_be_seen(tmp_path: Path) -> None:
    clang = require_tool("clang", "clang")

    found = Toolchains(FileDigests(), KeptMemo()).identify(clang, str(tmp_path), os.environ)

    assert any(Path(path).parent.parent.name == "gcc" and Path(path).name.isdigit() for path in found.absent)


def test_a_second_question_asks_no_compiler(tmp_path: Path) -> None:
    gcc = require_tool("gcc", "gcc")
    run = CountingRun()
    memo = KeptMemo()
    first = Toolchains(FileDigests(), memo, run).identify(gcc, str(tmp_path), os.environ)
    asked = len(run.asked)

    second = Toolchains(FileDigests(), memo, run).identify(gcc, str(tmp_path), os.environ)

    assert second == first
    assert len(run.asked) == asked


def test_a_compiler_replaced_with_equal_size_and_mtime_is_another(tmp_path: Path) -> None:
    """hazard 62"""
    gcc = require_tool("gcc", "gcc")
    program = tmp_path / "my-gcc"
    write_script(program, f'exec {gcc} "$@" #1')
    toolchains = Toolchains(FileDigests(), KeptMemo())
    times = program.stat()
    before = toolchains.identify(str(program), str(tmp_path), os.environ)

    write_script(program, f'exec {gcc} "$@" #2')
    os.utime(program, ns=(times.st_atime_ns, times.st_mtime_ns))
    after = toolchains.identify(str(program), str(tmp_path), os.environ)

    assert before.identity != after.identity


def test_a_wrapper_script_is_told_apart_by_every_variable(tmp_path: Path) -> None:
    """hazard 61"""
    gcc = require_tool("gcc", "gcc")
    program = write_script(tmp_path / "my-gcc", f'exec {gcc} "$@"')
    run = CountingRun()
    toolchains = Toolchains(FileDigests(), KeptMemo(), run)
    found = toolchains.identify(program, str(tmp_path), {**os.environ, "MY_MODE": "1"})
    asked = len(run.asked)

    toolchains.identify(program, str(tmp_path), {**os.environ, "MY_MODE": "2"})

    assert found.is_script
    assert len(run.asked) > asked


def test_another_name_is_another_compiler(tmp_path: Path) -> None:
    gcc = require_tool("gcc", "gcc")
    copy = tmp_path / "gcc"
    shutil.copy2(os.path.realpath(gcc), copy)
    toolchains = Toolchains(FileDigests(), KeptMemo())

    one = toolchains.identify(gcc, str(tmp_path), os.environ)
    other = toolchains.identify(str(copy), str(tmp_path), os.environ)

    assert one.identity != other.identity


def test_a_program_that_says_nothing_is_no_compiler(tmp_path: Path) -> None:
    program = write_script(tmp_path / "gcc", "echo hello")

    with pytest.raises(ToolchainUnknown, match="neither gcc nor clang"):
        Toolchains(FileDigests(), KeptMemo()).identify(program, str(tmp_path), os.environ)


def test_damaged_memory_is_asked_again(tmp_path: Path) -> None:
    gcc = require_tool("gcc", "gcc")
    memo = KeptMemo()
    before = Toolchains(FileDigests(), memo).identify(gcc, str(tmp_path), os.environ)
    memo.kept = dict.fromkeys(memo.kept, b'{"dialect": "gcc"')

    after = Toolchains(FileDigests(), memo).identify(gcc, str(tmp_path), os.environ)

    assert after == before


@pytest.mark.parametrize(
    ("banner", "dialect"),
    [
        ("Using built-in specs.\ngcc version 12.2.0 (Debian 12.2.0-14)\n", Dialect.GCC),
        ("Debian clang version 14.0.6\nTarget: x86_64-pc-linux-gnu\n", Dialect.CLANG),
        ("Apple clang version 15.0.0 (clang-1500.3.9.4)\n", Dialect.CLANG),
        ("icc version 2021.10\n", None),
        ("", None),
    ],
)
def test_the_banner_tells_the_dialect(banner: str, dialect: Dialect | None) -> None:
    assert dialect_of(banner) is dialect


def test_the_processor_has_one_identity() -> None:
    """hazard 48"""
    assert cpu_identity() == cpu_identity()
    assert len(cpu_identity()) == 32
