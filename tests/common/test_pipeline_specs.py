"""Specs files of gcc with the real tools: what they change is seen, wherever they lie."""

import os
import subprocess
from pathlib import Path

import pytest

from tools import require_tool
from walk import TO_AND_FRO, Walk
from zccache.common.reasons import Reason

_ARM = ("arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb")
_NANO = (*_ARM, "--specs=nano.specs", "--specs=nosys.specs")
_DEFINE = "*cpp_unique_options:\n+ -DH={}\n"


@pytest.fixture
def firmware(walk: Walk) -> Walk:
    """Hand out a walk with a program for a small machine, and the libraries of C for it."""
    require_tool(_ARM[0], "gcc-arm-none-eabi")
    said = subprocess.run([_ARM[0], "-print-file-name=nano.specs"], capture_output=True, check=True)
    if not os.path.isabs(said.stdout):
        pytest.fail("needs nano.specs: apt-get install libnewlib-arm-none-eabi")
    walk.put("a.c", '#include <stdio.h>\nint main(void) { printf("%d", 2); return 0; }\n')
    return walk


@pytest.fixture
def prefix(walk: Walk) -> Path:
    """Hand out a folder that gcc searches for specs files before its own."""
    folder = walk.folder.parent / "prefix"
    folder.mkdir()
    walk.env["LIBRARY_PATH"] = str(folder)
    return folder


@pytest.mark.parametrize(
    "words",
    [
        ("--specs=nano.specs", "--specs=nosys.specs"),
        ("-specs=nosys.specs", "-specs", "nano.specs"),
        ("--specs=rdimon.specs",),
    ],
    ids=" ".join,
)
def test_firmware_is_compiled_and_linked_once(firmware: Walk, words: tuple[str, ...]) -> None:
    """hazard 30"""
    compile_words = (*_ARM, *words, "-c", "-MMD", "a.c", "-o", "a.o")
    link_words = (*_ARM, *words, "a.o", "-o", "a.elf", "-Wl,--gc-sections", "-Wl,-Map=a.map")

    assert firmware.twice(*compile_words) == ["stored", "hit"]

    firmware.bare(*compile_words)
    firmware.settle()
    assert firmware.twice(*link_words) == ["stored", "hit"]
    assert firmware.twice(*_ARM, *words, "a.c", "-o", "a.elf") == ["stored stored", "hit"]


def test_other_specs_are_other_results(firmware: Walk) -> None:
    firmware.bare(*_NANO, "-c", "a.c")
    firmware.settle()

    assert firmware.twice(*_NANO, "a.o") == ["stored", "hit"]
    assert firmware.twice(*_ARM, "--specs=nosys.specs", "a.o") == ["stored", "hit"]


def test_a_header_of_newlib_nano_is_sought_where_the_specs_say(firmware: Walk) -> None:
    search = firmware.walk(*_NANO, "-c", "a.c")
    text = subprocess.run(
        [*_NANO, "-E", "a.c"], cwd=firmware.folder, capture_output=True, check=True
    ).stdout.decode()

    assert search.how == "stored"
    assert "/nano/" in text


@pytest.mark.parametrize("place", ["own.specs", "deep/own.specs"])
@pytest.mark.parametrize("spelling", ["-specs={}", "--specs={}", "-specs {}"])
def test_an_edited_specs_file_is_a_miss(walk: Walk, place: str, spelling: str) -> None:
    """hazard 30"""
    require_tool("gcc", "gcc")
    walk.put(place, _DEFINE.format(1))
    walk.put("a.c", "int x = H;\n")

    hows = walk.to_and_fro(
        ["gcc", "-c", *spelling.format(place).split(), "a.c"],
        lambda: walk.put(place, _DEFINE.format(2)),
        lambda: walk.put(place, _DEFINE.format(1)),
    )

    assert hows == TO_AND_FRO


def test_a_specs_file_that_comes_before_another_is_seen(walk: Walk, prefix: Path) -> None:
    require_tool("gcc", "gcc")
    walk.put("own.specs", _DEFINE.format(1))
    walk.put("a.c", "int x = H;\n")
    first = prefix / "own.specs"

    def appear() -> None:
        first.write_text(_DEFINE.format(2))
        walk.settle()

    assert walk.to_and_fro(["gcc", "-c", "-specs=own.specs", "a.c"], appear, first.unlink) == TO_AND_FRO


def test_what_a_specs_file_includes_counts_as_itself(walk: Walk, prefix: Path) -> None:
    require_tool("gcc", "gcc")
    walk.put("own.specs", "%include <inner.specs>\n%include_noerr <missing.specs>\n" + _DEFINE.format(1))
    walk.put("inner.specs", "*cc1:\n+ -fno-common\n")
    walk.put("a.c", "int x = H; int y;\n")
    argv = ["gcc", "-c", "-specs=own.specs", "a.c"]

    assert walk.twice(*argv) == ["stored", "hit"]

    walk.put("inner.specs", "*cc1:\n+ -fcommon\n")
    assert walk.twice(*argv) == ["stored", "hit"]

    (prefix / "inner.specs").write_text("*cc1:\n+ -fno-ident\n")
    walk.settle()
    assert walk.twice(*argv) == ["stored", "hit"]

    # One that may be missing is not sought here.
    (prefix / "missing.specs").write_text("*cc1:\n+ -O2\n")
    walk.settle()
    assert walk.twice(*argv) == ["stored", "hit"]


def test_a_header_in_a_folder_that_the_specs_put_first_is_seen(walk: Walk) -> None:
    require_tool("gcc", "gcc")
    walk.put("own.specs", "%rename cpp_unique_options old\n*cpp_unique_options:\n-isystem first %(old)\n")
    walk.put("first/other.h", "")
    walk.put("second/x.h", "#define X 1\n")
    walk.put("a.c", "#include <x.h>\nint x = X;\n")

    hows = walk.to_and_fro(
        ["gcc", "-c", "-specs=own.specs", "-isystem", "second", "a.c"],
        lambda: walk.put("first/x.h", "#define X 2\n"),
        (walk.folder / "first/x.h").unlink,
    )

    assert hows == TO_AND_FRO


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("name", ["no-pie", "pie"])
def test_hardening_by_specs_of_a_distribution_is_cached(walk: Walk, compiler: str, name: str) -> None:
    require_tool(compiler, compiler)
    text = (
        "*self_spec:\n+ %{!shared:%{!r:%{!fPIE:%{!fno-PIE:" + {"pie": "-fPIE -pie", "no-pie": "-no-pie"}[name]
    )
    walk.put("own.specs", f"{text}}}}}}}}}\n")
    walk.put("a.c", "int main(void) { return 0; }\n")

    assert walk.twice(compiler, "-c", "-specs=own.specs", "a.c") == ["stored", "hit"]
    assert walk.twice(compiler, "-specs=own.specs", "a.c", "-o", "app") == ["stored stored", "hit"]


@pytest.mark.parametrize("words", [("-DFAST",), ("-DFAST", "-Iinc", "--oslib=m"), ("-x", "c")], ids=" ".join)
def test_a_link_is_told_of_all_words_that_the_specs_ask_for(walk: Walk, words: tuple[str, ...]) -> None:
    require_tool("gcc", "gcc")
    walk.put(
        "own.specs",
        "*link:\n+ %{DFAST:--defsym=fast=1} %{Iinc:-s}\n\n*lib:\n%{-oslib=*:-l%*} -lc\n",
    )
    walk.put("b.c", "extern int fast __attribute__((weak)); int main(void) { return &fast == 0; }\n")

    assert walk.twice("gcc", "-specs=own.specs", *words, "b.c", "-o", "app") == ["stored stored", "hit"]


def test_a_start_file_and_a_library_that_the_specs_name_are_inputs(walk: Walk) -> None:
    require_tool("gcc", "gcc")
    walk.put("own.specs", "%rename startfile old\n*startfile:\n%(old) own.o\n\n*lib:\n-L. -lown -lc\n")
    walk.put("own.c", "int own = 1;\n")
    walk.put("b.c", "int own(void); int main(void) { return 0; }\n")
    walk.bare("gcc", "-c", "own.c")
    walk.bare("gcc", "-c", "b.c")
    walk.bare("gcc", "-shared", "-o", "libown.so", "own.o")
    walk.settle()
    argv = ["gcc", "-specs=own.specs", "b.o", "-o", "app"]

    assert walk.twice(*argv) == ["stored", "hit"]

    walk.put("own.c", "int own = 2;\n")
    walk.bare("gcc", "-c", "own.c")
    walk.settle()
    assert walk.twice(*argv) == ["stored", "hit"]

    walk.bare("gcc", "-shared", "-o", "libown.so", "-Wl,-soname,other", "own.o")
    walk.settle()
    assert walk.twice(*argv) == ["stored", "hit"]


def test_a_specs_file_that_cannot_be_followed_passes_with_its_name(walk: Walk) -> None:
    require_tool("gcc", "gcc")
    walk.put("own.specs", "*cc1:\n+ %:getenv(HOME /x)\n")

    assert walk.twice("gcc", "-c", "-specs=own.specs", "a.c") == [Reason.UNSEEN_INPUT.word] * 2


def test_a_missing_specs_file_fails_as_bare(walk: Walk) -> None:
    require_tool("gcc", "gcc")

    assert walk.same("gcc", "-c", "-specs=nowhere.specs", "a.c") == Reason.UNKNOWN_COMPILER.word


def test_the_specs_of_a_device_count(walk: Walk) -> None:
    require_tool("avr-gcc", "gcc-avr")
    walk.walk("avr-gcc", "-c", "-mmcu=atmega328p", "a.c")
    walk.settle()

    assert walk.same("avr-gcc", "-c", "-mmcu=atmega328p", "a.c") == "hit"
    assert walk.facts is not None
    assert any(known.path.endswith("device-specs/specs-atmega328p") for known in walk.facts.files)
