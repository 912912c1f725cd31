"""Another compiler, or another part of it, is a miss; the old one back is a hit."""

from pathlib import Path

from tools import require_tool
from walk import TO_AND_FRO, Walk


def test_another_compiler_of_the_same_name_is_another_compiler(walk: Walk, tmp_path: Path) -> None:
    """hazard 62, hazard 63"""
    gcc, clang = require_tool("gcc", "gcc"), require_tool("clang", "clang")
    compiler = tmp_path / "bin" / "cc"
    compiler.parent.mkdir()
    compiler.symlink_to(gcc)
    walk.env["PATH"] = f"{compiler.parent}:{walk.env['PATH']}"

    def point_to(target: str) -> None:
        compiler.unlink()
        compiler.symlink_to(target)

    hows = walk.to_and_fro(["cc", "-c", "a.c"], lambda: point_to(clang), lambda: point_to(gcc))

    assert hows == TO_AND_FRO


def test_a_compiler_that_comes_before_another_on_the_path_is_used(walk: Walk, tmp_path: Path) -> None:
    """hazard 67"""
    gcc, clang = require_tool("gcc", "gcc"), require_tool("clang", "clang")
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    (second / "cc").symlink_to(gcc)
    walk.env["PATH"] = f"{first}:{second}:{walk.env['PATH']}"

    hows = walk.to_and_fro(
        ["cc", "-c", "a.c"],
        lambda: (first / "cc").symlink_to(clang),
        (first / "cc").unlink,
    )

    assert hows == TO_AND_FRO


def test_an_assembler_that_comes_before_another_on_the_path_is_seen(walk: Walk, tmp_path: Path) -> None:
    """hazard 64"""
    require_tool("gcc", "gcc")
    real = require_tool("as", "binutils")
    first = tmp_path / "first"
    first.mkdir()
    walk.env["PATH"] = f"{first}:{walk.env['PATH']}"
    fake = first / "as"

    def put_fake() -> None:
        fake.write_text(f'#!/bin/sh\nexec {real} --defsym fake=1 "$@"\n')
        fake.chmod(0o755)

    assert walk.to_and_fro(["gcc", "-c", "a.c"], put_fake, fake.unlink) == TO_AND_FRO


def test_a_wrapper_script_is_keyed_by_all_it_can_read(walk: Walk, tmp_path: Path) -> None:
    """hazard 61"""
    script = tmp_path / "bin" / "gcc"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec {require_tool("gcc", "gcc")} $MORE "$@"\n')
    script.chmod(0o755)

    hows = walk.to_and_fro(
        [str(script), "-c", "a.c"],
        lambda: walk.env.update(MORE="-DX -g"),
        lambda: walk.env.pop("MORE"),
    )

    assert hows == TO_AND_FRO
