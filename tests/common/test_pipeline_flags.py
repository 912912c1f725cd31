"""Every family of flags: a miss and a hit leave what the bare compiler leaves."""

import pytest

from tools import require_tool
from walk import Walk

STORED_THEN_HIT = ["stored", "hit"]

PLAIN = """
    -c
    -S
    -c -o b.o
    -S -o b.s
    -c -o out/b.o
    -oglued.o -c
    -c -O2 -g
    -c -O2 -g3 -Wall -Wextra -fPIC
    -c -Os -m32 -mno-sse
    -c -march=native -mtune=native
    -c -DNDEBUG -DX=1 -D Y=2 -UX -U Y
    -c -Iinc -I inc2 -isystem sys -iquote q -idirafter after
    -c -include inc/forced.h
    -c -imacros inc/forced.h
    -c -std=gnu11 -pedantic
    -c -fsanitize=undefined
    -c -ffunction-sections -fdata-sections -fvisibility=hidden
    -c -fstack-protector-strong -D_FORTIFY_SOURCE=2 -O1
    -c -pipe
    -c -w
    -c -Wa,--noexecstack
    -c -Wl,-z,now -lm
    -c -fdebug-prefix-map=/=x -ffile-prefix-map=/=y -g
    -c -frecord-gcc-switches
    -c -grecord-gcc-switches -g
    -c -pthread
    clang: -S -emit-llvm
    clang: -c -emit-llvm -o b.bc
    gcc: -c -Wa,--compress-debug-sections -g
    clang: -c -Xclang -disable-O0-optnone -mllvm -inline-threshold=9 -ferror-limit=3
    -c -x c -DX
    -c -Xpreprocessor -DX -Wp,-DY
    -c -fno-exceptions -fno-asynchronous-unwind-tables
"""

DEPFILES = """
    -c -MD
    -c -MMD
    -S -MD
    -c -MD -MF deps.d
    -c -MMD -MF out/deps.d -o out/b.o
    -c -MMD -MFglued.d -MT target
    -c -MD -MTone -MT two -MQ $(three)
    -c -MD -MP
    -c -MMD -MP -MF x.d -MQ a$b.o
    -c -Wp,-MD,x.d
    -c -Wp,-MMD,x.d
    -c -Wp,-MD,out/x.d -MT t
    -c -MD -o out/.hidden
    -c -MMD -MF x.d -include inc/forced.h -Iinc
    clang: -c -MF x.d
    clang: -c -MP -MT target
"""

SIDE_OUTPUTS = """
    -c -g -gsplit-dwarf
    -c -g -gsplit-dwarf -o out/b.o
    -c -gsplit-dwarf -g1
    -c --coverage -frandom-seed=x
    -c --coverage -frandom-seed=x -o out/b.o -MMD
    gcc: -c -ftest-coverage -fprofile-arcs -frandom-seed=x -fprofile-abs-path
    -c -fstack-usage
    -S -fstack-usage -o out/b.s
    gcc: -c -fcallgraph-info
    gcc: -c -fcallgraph-info=su,da
    clang: -c --serialize-diagnostics a.dia -Wall
"""

CXX = """
    -c -std=c++17 -O1
    -S -std=gnu++20 -fno-rtti
    -c -x c++ -MD -MP
    -c -g -gsplit-dwarf -MMD -MF out/d.d
    -c -fno-exceptions -fvisibility-inlines-hidden -nostdinc++
"""


def for_each(table: str, *compilers: str) -> list[tuple[str, str]]:
    """Return compilers and lines; a line that begins with a compiler's name is its alone."""
    pairs = []
    for line in filter(None, map(str.strip, table.splitlines())):
        alone, colon, words = line.partition(": ")
        pairs += [(name, words or line) for name in ((alone,) if colon else compilers)]
    return pairs


@pytest.fixture
def flagged(walk: Walk) -> Walk:
    """Hand out a walk with the folders and headers that the flags above name."""
    for name in ("inc2", "sys", "q", "after", "out"):
        (walk.folder / name).mkdir()
    walk.put("inc/forced.h", "struct forced { int a; };\n#define FORCED 1\n")
    walk.put("inc/own.h", "int own(void);\n")
    walk.put("a.c", '#include "inc/own.h"\nint f(int x) { int unused; return x + own(); }\n')
    return walk


@pytest.mark.parametrize(("name", "line"), for_each(PLAIN, "gcc", "clang"))
def test_a_plain_compile_hits_as_it_was_stored(flagged: Walk, name: str, line: str) -> None:
    require_tool(name, name)

    assert flagged.twice(name, *line.split(), "a.c") == STORED_THEN_HIT


@pytest.mark.parametrize(("name", "line"), for_each(DEPFILES, "gcc", "clang"))
def test_a_depfile_comes_back_as_it_was(flagged: Walk, name: str, line: str) -> None:
    """hazard 96, hazard 74"""
    require_tool(name, name)

    assert flagged.twice(name, *line.split(), "a.c") == STORED_THEN_HIT


@pytest.mark.parametrize(("name", "line"), for_each(SIDE_OUTPUTS, "gcc", "clang"))
def test_a_side_output_comes_back_as_it_was(flagged: Walk, name: str, line: str) -> None:
    """hazard 44, hazard 45, hazard 46"""
    require_tool(name, name)

    assert flagged.twice(name, *line.split(), "a.c") == STORED_THEN_HIT


@pytest.mark.parametrize(("name", "line"), for_each(CXX, "g++", "clang++"))
def test_a_cxx_compile_hits_as_it_was_stored(flagged: Walk, name: str, line: str) -> None:
    require_tool(name, name.replace("+", ""))
    flagged.put(
        "a.cpp", '#include "inc/own.h"\ntemplate <class T> T g(T x) { return x; }\nint f() { return g(1); }\n'
    )

    assert flagged.twice(name, *line.split(), "a.cpp") == STORED_THEN_HIT


def test_heavy_headers_hit_as_they_were_stored(walk: Walk, cxx: str) -> None:
    walk.put("a.cpp", "#include <map>\n#include <string>\nstd::map<std::string, int> m;\n")

    assert walk.twice(cxx, "-c", "-MD", "a.cpp") == STORED_THEN_HIT
    walk.restart(is_warm=False)
    assert walk.same(cxx, "-c", "-MD", "a.cpp") == "hit"


@pytest.mark.parametrize(
    "name",
    ["a b.c", "a$b.c", "a#b.c", "a\\b.c", "ä.c", "\udcff.c", "a.c.c", "a'b\".c", "-a.c", "a:b.c", "a%b.c"],
)
def test_a_source_of_any_name_hits(walk: Walk, cc: str, name: str) -> None:
    """hazard 78, hazard 72"""
    walk.put(name, '#include "h h.h"\nint f(void) { return H; }\n')
    walk.put("h h.h", "#define H 1\n")

    # clang 14 turns the backslash into a slash in its depfile, which then names a file that is not there.
    expected = ["input_missing"] * 2 if cc == "clang" and "\\" in name else STORED_THEN_HIT

    assert walk.twice(cc, "-c", f"./{name}", "-o", "out put.o") == expected
    assert walk.twice(cc, "-c", "-MD", f"./{name}") == expected


@pytest.mark.parametrize(
    ("given", "language"), [("foo", "c"), ("foo.", "c"), ("foo.txt", "c++"), ("foo.h", "c")]
)
def test_a_source_of_a_named_language_hits(walk: Walk, cc: str, given: str, language: str) -> None:
    """hazard 72"""
    walk.put(given, "int f(void) { return 1; }\n")

    assert walk.twice(cc, "-c", "-x", language, given) == STORED_THEN_HIT


def test_the_language_is_part_of_the_key(walk: Walk, cc: str) -> None:
    """hazard 51, hazard 52"""
    assert walk.same(cc, "-c", "a.c") == "stored"
    assert walk.same(cc, "-c", "-x", "c++", "a.c") == "stored"
    assert walk.same(cc.replace("gcc", "g++") + "++" * (cc == "clang"), "-c", "a.c") == "stored"


@pytest.mark.parametrize(("suffix", "program"), [(".i", ""), (".ii", "++")])
def test_a_preprocessed_source_hits(walk: Walk, cc: str, suffix: str, program: str) -> None:
    walk.put("a" + suffix, '# 1 "gone.c"\nint f(int x) { return x; }\n')

    assert walk.twice(
        cc.replace("gcc", "g++") if program and cc == "gcc" else cc + program, "-c", "a" + suffix
    ) == (STORED_THEN_HIT)
    assert walk.twice(cc, "-S", "-g", "a" + suffix) == STORED_THEN_HIT


def test_an_include_in_a_preprocessed_source_is_seen_to_change(walk: Walk) -> None:
    """clang 14 honours it; gcc 12 does not."""
    require_tool("clang", "clang")
    walk.put("a.i", '#include "h.h"\nint f(void) { return H; }\n')
    walk.put("h.h", "#define H 1\n")
    assert walk.twice("clang", "-c", "a.i") == STORED_THEN_HIT

    walk.put("h.h", "#define H 2\n")

    assert walk.same("clang", "-c", "a.i") == "stored"


def test_the_order_of_words_counts(walk: Walk, cc: str) -> None:
    """hazard 75"""
    walk.put("a.c", "int f(int x) { int y; return x; }\n")

    assert walk.same(cc, "-c", "-Wunused-variable", "-Wno-unused-variable", "a.c") == "stored"
    assert walk.same(cc, "-c", "-Wno-unused-variable", "-Wunused-variable", "a.c") == "stored"
    assert walk.same(cc, "-c", "-Wunused-variable", "-Wno-unused-variable", "a.c") == "hit"
