"""Folders of -B with the real tools: what a driver takes from them, and what appears in them."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tools import require_tool
from walk import TO_AND_FRO, Walk
from zccache.common.reasons import Reason

_ASSEMBLER = '#!/bin/sh\nexec as --defsym {}=1 "$@"\n'


@pytest.fixture(params=["gcc", "clang", "clang-19"])
def driver(request: pytest.FixtureRequest, walk: Walk) -> str:
    """Name a driver, and make a folder of tools and an object."""
    require_tool(request.param, request.param)
    walk.put("tools/x", "")
    walk.put("a.c", "int main(void) { return 0; }\n")
    walk.bare("gcc", "-c", "a.c")
    walk.settle()
    return str(request.param)


@pytest.fixture
def made(walk: Walk) -> Callable[[str, str], Path]:
    """Hand out what makes an executable file."""

    def make(name: str, text: str) -> Path:
        path = walk.put(name, text)
        path.chmod(0o755)
        walk.settle()
        return path

    return make


@pytest.mark.parametrize("spelling", ["-Btools", "-B tools", "-B./tools/", "-B{}"])
def test_a_folder_of_tools_is_no_hindrance(walk: Walk, driver: str, spelling: str) -> None:
    words = spelling.format(walk.folder / "tools").split()

    assert walk.twice(driver, *words, "-c", "-g", "a.c", "-o", "b.o") == ["stored", "hit"]
    assert walk.twice(driver, *words, "a.o", "-o", "app") == ["stored", "hit"]
    assert walk.twice(driver, *words, "a.c", "-o", "app") == ["stored stored", "hit"]


@pytest.mark.parametrize("place", ["tools/as", "tools/x86_64-linux-gnu/12/as", "tools/x86_64-linux-gnu-as"])
def test_an_assembler_that_appears_is_taken(walk: Walk, made: Callable[[str, str], Path], place: str) -> None:
    require_tool("gcc", "gcc")
    walk.put("tools/x86_64-linux-gnu/12/x", "")

    hows = walk.to_and_fro(
        ["gcc", "-Btools", "-c", "a.c"],
        lambda: made(place, _ASSEMBLER.format("one")),
        (walk.folder / place).unlink,
    )
    assert hows == TO_AND_FRO

    made(place, _ASSEMBLER.format("two"))
    assert walk.twice("gcc", "-Btools", "-c", "a.c") == ["stored", "hit"]


@pytest.mark.parametrize("place", ["tools/include", "tools/x86_64-linux-gnu/12/include"])
def test_headers_that_appear_there_are_seen(walk: Walk, place: str) -> None:
    require_tool("gcc", "gcc")
    walk.put("a.c", "#include <stddef.h>\nsize_t x = sizeof NULL;\n")
    walk.put("tools/x", "")
    command = ["gcc", "-Btools", "-c", "a.c"]

    assert walk.twice(*command) == ["stored", "hit"]

    walk.put(f"{place}/stddef.h", "#define NULL ' '\n#define size_t int\n")
    assert walk.twice(*command) == ["stored", "hit"]

    walk.put(f"{place}/stddef.h", "#define NULL 1L\n#define size_t int\n")
    assert walk.twice(*command) == ["stored", "hit"]


def test_specs_that_appear_there_are_seen(walk: Walk) -> None:
    require_tool("gcc", "gcc")
    walk.put("tools/x", "")
    walk.put("a.c", "int x = 1;\n#ifdef H\nint y;\n#endif\n")

    hows = walk.to_and_fro(
        ["gcc", "-Btools", "-c", "a.c"],
        lambda: walk.put("tools/specs", "*cpp_unique_options:\n+ -DH=1\n"),
        (walk.folder / "tools/specs").unlink,
    )

    assert hows == TO_AND_FRO


def test_a_start_file_that_appears_is_seen(walk: Walk, driver: str) -> None:
    walk.put("own.c", "int own;\n")
    walk.bare("gcc", "-c", "own.c")
    text = (walk.folder / "own.o").read_bytes()

    hows = walk.to_and_fro(
        [driver, "-Btools", "-shared", "a.o", "-o", "app"],
        lambda: walk.put("tools/crtn.o", text),
        (walk.folder / "tools/crtn.o").unlink,
    )

    assert hows == TO_AND_FRO


def test_a_linker_that_appears_is_taken(walk: Walk, driver: str) -> None:
    gold = require_tool("ld.gold", "binutils")
    linker = walk.folder / "tools/ld"

    def come() -> None:
        linker.symlink_to(gold)
        walk.settle()

    command = [driver, "-Btools", "a.o", "-o", "app"]
    assert walk.to_and_fro(command, come, linker.unlink) == TO_AND_FRO


def test_the_linker_of_a_folder_is_what_links(walk: Walk, driver: str) -> None:
    mold = Path(require_tool("mold", "mold")).resolve()
    folder = mold.parents[1] / "libexec/mold"
    assert os.path.samefile(folder / "ld", mold)

    assert walk.twice(driver, f"-B{folder}", "a.o", "-o", "app") == ["stored", "hit"]
    assert walk.twice(driver, "a.o", "-o", "app") == ["stored", "hit"]


def test_a_prefix_of_names_is_left_to_the_compiler(walk: Walk, driver: str) -> None:
    assert walk.twice(driver, "-Btools/x86-", "-c", "a.c") == [Reason.UNSEEN_INPUT.word] * 2


@pytest.mark.parametrize("clang", ["clang", "clang-19"])
def test_the_linker_that_clang_takes_for_a_machine_without_a_system_counts(walk: Walk, clang: str) -> None:
    require_tool(clang, clang)
    lld = Path(require_tool("ld.lld", "lld")).read_bytes()
    target = "--target=armv7m-none-eabi"
    walk.put("a.c", "void _start(void) { }\n")
    walk.bare(clang, target, "-c", "a.c")
    own = walk.put("tools/ld.lld", lld)
    own.chmod(0o755)
    walk.settle()
    command = (clang, target, "-Btools", "-nostdlib", "a.o", "-o", "app")

    assert walk.twice(*command) == ["stored", "hit"]

    walk.put("tools/ld.lld", lld + b"another")
    assert walk.twice(*command) == ["stored", "hit"]


def test_a_linker_with_the_name_of_the_machine_is_taken_when_it_appears(walk: Walk) -> None:
    require_tool("clang", "clang")
    gold = require_tool("ld.gold", "binutils")
    machine = walk.bare("clang", "-dumpmachine").stdout.decode().strip()
    walk.bare("gcc", "-c", "a.c")
    (walk.folder / "first").mkdir()
    walk.env["PATH"] = f"{walk.folder / 'first'}:{walk.env['PATH']}"
    linker = walk.folder / f"first/{machine}-ld"

    def come() -> None:
        linker.symlink_to(gold)
        walk.settle()

    command = ["clang", "-shared", "a.o", "-o", "app"]
    assert walk.to_and_fro(command, come, linker.unlink) == TO_AND_FRO
