"""Cross compilers and Objective-C with the real tools: what each leaves, and each kind of change."""

from dataclasses import dataclass

import pytest

from tools import require_tool
from walk import TO_AND_FRO, Walk


@dataclass(frozen=True)
class Cross:
    """A compiler for another machine: its Debian package, and the words that it is called with."""

    program: str
    package: str
    words: tuple[str, ...]


MINGW = Cross("x86_64-w64-mingw32-gcc", "gcc-mingw-w64-x86-64-win32", ("-O2", "-g", "-mwindows"))
ARM = Cross(
    "arm-none-eabi-gcc",
    "gcc-arm-none-eabi",
    ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16", "-ffunction-sections", "-Os"),
)
# As the Arduino builder calls it.
AVR = Cross(
    "avr-gcc",
    "gcc-avr",
    (
        *("-g", "-Os", "-w", "-std=gnu11", "-ffunction-sections", "-fdata-sections", "-flto"),
        *("-fno-fat-lto-objects", "-mmcu=atmega328p", "-DF_CPU=16000000L", "-DARDUINO=10819"),
        # Without a seed of its own the names of sections are never the same twice.
        "-frandom-seed=a",
    ),
)


@pytest.fixture(params=[MINGW, ARM, AVR], ids=lambda cross: str(cross.program))
def cross(request: pytest.FixtureRequest, walk: Walk) -> Cross:
    """Hand out a cross compiler, and write what it compiles."""
    found: Cross = request.param
    require_tool(found.program, found.package)
    walk.write(a__c='#include "h.h"\nint f(int x) { return x + H; }\n', h__h="#define H 1\n")
    return found


def test_a_changed_header_is_a_miss_and_the_old_one_a_hit(walk: Walk, cross: Cross) -> None:
    hows = walk.to_and_fro(
        [cross.program, "-c", *cross.words, "-MMD", "a.c", "-o", "a.o"],
        lambda: walk.write(h__h="#define H 2\n"),
        lambda: walk.write(h__h="#define H 1\n"),
    )

    assert hows == TO_AND_FRO


def test_another_machine_of_the_family_is_another_result(walk: Walk, cross: Cross) -> None:
    others = {AVR: "-mmcu=atmega2560", ARM: "-mcpu=cortex-m7", MINGW: "-march=haswell"}
    other = others[cross]
    words = [word for word in cross.words if word.partition("=")[0] != other.partition("=")[0]]

    assert walk.twice(cross.program, "-c", *cross.words, "a.c") == ["stored", "hit"]
    assert walk.twice(cross.program, "-c", *words, other, "a.c") == ["stored", "hit"]


def test_a_header_that_comes_before_another_is_seen(walk: Walk, cross: Cross) -> None:
    walk.put("first/x", "")
    walk.put("second/x.h", "#define X 1\n")
    walk.put("a.c", "#include <x.h>\nint x = X;\n")
    shadow = walk.folder / "first/x.h"

    hows = walk.to_and_fro(
        [cross.program, "-c", *cross.words, "-Ifirst", "-Isecond", "a.c"],
        lambda: walk.put("first/x.h", "#define X 2\n"),
        shadow.unlink,
    )

    assert hows == TO_AND_FRO


def test_avr_sources_with_its_own_headers_are_cached(walk: Walk) -> None:
    require_tool("avr-gcc", "gcc-avr")
    if walk.bare("avr-gcc", "-E", "-mmcu=atmega328p", "-include", "avr/io.h", "a.c").status:
        pytest.fail("needs avr/io.h: apt-get install avr-libc")
    walk.put("a.c", "#include <avr/io.h>\nint main(void) { DDRB |= 1 << 5; return 0; }\n")

    assert walk.twice("avr-gcc", "-c", "-Os", "-mmcu=atmega328p", "a.c") == ["stored", "hit"]


@pytest.mark.parametrize("name", ["gcc", "clang"])
@pytest.mark.parametrize("words", [["a.m"], ["-x", "objective-c", "a.txt"]])
def test_objective_c_is_cached(walk: Walk, name: str, words: list[str]) -> None:
    require_tool(name, "gobjc" if name == "gcc" else name)
    source = '#import "h.h"\n@interface A\n{ int x; }\n+ (int)f;\n@end\n@implementation A\n'
    source += "+ (int)f { return H; }\n@end\n"
    walk.put(words[-1], source)
    walk.write(h__h="#define H 1\n")

    hows = walk.to_and_fro(
        [name, "-c", "-g", *words, "-o", "a.o"],
        lambda: walk.write(h__h="#define H 2\n"),
        lambda: walk.write(h__h="#define H 1\n"),
    )

    assert hows == TO_AND_FRO
