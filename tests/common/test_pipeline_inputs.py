"""A change of any kind of input is a miss, and its undoing a hit on the older record."""

import os
import shutil
import time
from pathlib import Path

import pytest

from tools import require_tool
from walk import TO_AND_FRO, Walk
from zccache.common import contexts

FILES = {
    "a.c": ('#include "own.h"\n#include <sys.h>\nint f(void) { return OWN + SYS; }\n', "int f;\n"),
    "own.h": ("#define OWN 1\n", "#define OWN 2\n"),
    "sys/sys.h": ("#define SYS 1\n", "#define SYS 2\n"),
    "forced.h": ("#define FORCED 1\nint forced = FORCED;\n", "int forced = 7;\n"),
    "imacros.h": ("#define OWN_TOO 1\n", "#define OWN_TOO 2\n#define SYS_TOO 1\n"),
    "args": ("-DX=1\n@more", "-DX=2\n@more"),
    "more": ("-g", "-g2"),
}


@pytest.fixture
def project(walk: Walk) -> Walk:
    """Hand out a walk with a file of each kind that FILES names."""
    for name, (text, _) in FILES.items():
        walk.put(name, text)
    return walk


@pytest.mark.parametrize("words", ["-c", "-c -MMD -MP", "-c -frecord-gcc-switches"])
@pytest.mark.parametrize("name", list(FILES))
def test_a_changed_file_is_seen(project: Walk, cc: str, name: str, words: str) -> None:
    """hazard 37, hazard 20, hazard 73"""
    text, other = FILES[name]
    argv = [
        cc,
        *words.split(),
        "@args",
        "-isystem",
        "sys",
        "-include",
        "forced.h",
        "-imacros",
        "imacros.h",
        "a.c",
    ]

    hows = project.to_and_fro(argv, lambda: project.put(name, other), lambda: project.put(name, text))

    assert hows == TO_AND_FRO


def test_a_touched_file_is_no_change(project: Walk, compiler: str) -> None:
    project.put("b.cc", '#include "own.h"\n')
    assert project.same(compiler, "-c", "b.cc") == "stored"

    for name in ("b.cc", "own.h"):
        os.utime(project.folder / name, (1_000_000_000, 1_000_000_000))
    project.settle()

    assert project.same(compiler, "-c", "b.cc") == "hit"


@pytest.mark.parametrize("words", ["-c", "-c -MMD"])
def test_a_file_from_the_future_is_followed_like_any_other(walk: Walk, cc: str, words: str) -> None:
    """hazard 16"""
    ahead_ns = time.time_ns() + 10**15

    def put(text: str) -> None:
        os.utime(walk.put("own.h", text), ns=(ahead_ns, ahead_ns))
        os.utime(walk.folder / "a.c", ns=(ahead_ns, ahead_ns))
        walk.settle()

    walk.put("a.c", '#include "own.h"\nint f(void) { return OWN; }\n')
    put("#define OWN 1\n")

    hows = walk.to_and_fro(
        [cc, *words.split(), "a.c"], lambda: put("#define OWN 2\n"), lambda: put("#define OWN 1\n")
    )

    assert hows == TO_AND_FRO


def test_another_processor_is_seen_where_code_is_made_for_it(
    walk: Walk, cc: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """hazard 48"""
    for words, how in (("-march=native", "stored"), ("-march=x86-64", "hit")):
        argv = [cc, "-c", words, "a.c"]
        assert walk.same(*argv) == "stored"

        with monkeypatch.context() as patch:
            patch.setattr(contexts, "cpu_identity", lambda: b"another one")
            assert walk.same(*argv) == how

        assert walk.same(*argv) == "hit"


WORD_CHANGES = [
    ("-DX=1", "-DX=2"),
    ("-Ione -Itwo", "-Itwo -Ione"),
    ("-Ione -Itwo", "-isystem one -Itwo"),
    ("-Itwo", "-iquote one -Itwo"),
    ("-O0", "-O1"),
    ("-o a.o", "-o b.o"),
    ("-g -o a.o", "-g -o ./a.o"),
    ("-g -gsplit-dwarf -o a.o", "-g -gsplit-dwarf -o b.o"),
    ("--coverage -frandom-seed=x -o a.o", "--coverage -frandom-seed=x -o b.o"),
    ("-frandom-seed=x -g", "-frandom-seed=y -g"),
    ("-Wall", "-Wextra"),
    ("-g -fdebug-prefix-map=/=x", "-g -fdebug-prefix-map=/=y"),
    ("-g -ffile-prefix-map=/=x", "-g"),
    ("-fmacro-prefix-map=a.=x.", "-fmacro-prefix-map=a.=y."),
    ("-flto -frandom-seed=x -o a.o", "-flto -frandom-seed=x -o b.o"),
    ("a.c", "./a.c"),
]


@pytest.mark.parametrize(("words", "others"), WORD_CHANGES)
def test_changed_words_are_seen(walk: Walk, cc: str, words: str, others: str) -> None:
    """hazard 38: __FILE__ tells how the source was spelled; hazard 43, hazard 44, hazard 46, hazard 47."""
    walk.put("one/h.h", "#define H 1\n")
    walk.put("two/h.h", "#define H 2\n")
    walk.put(
        "a.c", '#if __has_include("h.h")\n#include "h.h"\n#endif\nint f(char x) { return __FILE__[0]; }\n'
    )
    first = [cc, "-c", "-MD", "a.c", *words.split()]
    second = [cc, "-c", "-MD", "a.c", *others.split()]
    if words == "a.c":
        first.remove("a.c")
        second.remove("a.c")

    assert walk.twice(*first) == ["stored", "hit"]
    assert walk.twice(*second) == ["stored", "hit"]
    assert walk.same(*first) == "hit"


@pytest.mark.parametrize("words", ["-g", "-flto -frandom-seed=x", "--coverage -frandom-seed=x"])
def test_names_made_from_the_output_are_those_of_this_output(walk: Walk, cxx: str, words: str) -> None:
    """hazard 49"""
    walk.put(
        "a.cc",
        "namespace { int hidden; }\nnamespace { struct S { S(); } s; }\nint *f() { return &hidden; }\n",
    )
    (walk.folder / "out").mkdir()

    for name in ("a.o", "out/a.o", "b.o"):
        assert walk.twice(cxx, "-c", *words.split(), "a.cc", "-o", name) == ["stored", "hit"]


@pytest.mark.parametrize(
    "words", ["-finput-charset=latin1", "-fexec-charset=UTF-16LE", "-fwide-exec-charset=UTF-16BE"]
)
def test_a_text_of_another_character_set_is_an_input_like_any_other(walk: Walk, words: str) -> None:
    """hazard 79"""
    require_tool("gcc", "gcc")
    text = (
        b'#include "h.h"\nconst char s[] = S "\xe4";\n'
        if "input" in words
        else '#include "h.h"\nconst char s[] = S "ä";\n'
    )
    walk.put("a.c", text)
    walk.put("h.h", '#define S "x"\n')

    hows = walk.to_and_fro(
        ["gcc", "-c", words, "a.c"],
        lambda: walk.put("h.h", '#define S "y"\n'),
        lambda: walk.put("h.h", '#define S "x"\n'),
    )

    assert hows == TO_AND_FRO


VARIABLES = [
    ("CPATH", "one", "two"),
    ("C_INCLUDE_PATH", "one", "two"),
    ("CPATH", "one", None),
    ("LANG", "C", "C.UTF-8"),
    ("LC_ALL", "C", "C.UTF-8"),
    ("SOURCE_DATE_EPOCH", "1", "2"),
    ("GCC_COLORS", "error=01;31", "error=01;32"),
]


@pytest.mark.parametrize(("name", "value", "other"), VARIABLES)
def test_a_changed_variable_is_seen(walk: Walk, cc: str, name: str, value: str, other: str | None) -> None:
    """hazard 4, hazard 34, hazard 54, hazard 55, hazard 56"""
    walk.put("one/h.h", "#define H 1\n")
    walk.put("two/h.h", "#define H 2\n")
    walk.put(
        "a.c",
        "#if __has_include(<h.h>)\n#include <h.h>\nint h = H;\n#endif\nint f(int x) { int ä; return x; }\n",
    )
    original = walk.env.get(name)

    def set_to(new: str | None) -> None:
        walk.env.pop(name, None)
        if new is not None:
            walk.env[name] = new

    set_to(value)
    hows = walk.to_and_fro([cc, "-c", "-Wall", "a.c"], lambda: set_to(other), lambda: set_to(value))

    assert hows == TO_AND_FRO
    set_to(original)


def test_a_producer_that_clang_is_told_is_seen(walk: Walk) -> None:
    """hazard 59: it stands in debug information and in bitcode."""
    require_tool("clang", "clang")

    hows = walk.to_and_fro(
        ["clang", "-c", "-emit-llvm", "a.c", "-o", "a.bc"],
        lambda: walk.env.update(LLVM_OVERRIDE_PRODUCER="somebody"),
        lambda: walk.env.pop("LLVM_OVERRIDE_PRODUCER"),
    )

    assert hows == TO_AND_FRO


def test_a_forced_header_is_sought_in_the_working_folder_first(walk: Walk, cc: str) -> None:
    """hazard 20"""
    walk.put("inc/forced.h", "int from_inc;\n")
    walk.put("sub/a.c", "int f;\n")
    argv = [cc, "-c", "-MMD", "-Iinc", "-include", "forced.h", "sub/a.c"]
    assert walk.same(*argv) == "stored"

    walk.put("sub/forced.h", "int beside;\n")
    assert walk.same(*argv) == "hit"
    walk.put("forced.h", "int here;\n")

    assert walk.twice(*argv) == ["stored", "hit"]


def test_a_changed_cplus_include_path_is_seen(walk: Walk, cxx: str) -> None:
    walk.put("one/h.h", "#define H 1\n")
    walk.put("two/h.h", "#define H 2\n")
    walk.put("a.cpp", "#include <h.h>\nint h = H;\n")
    walk.env["CPLUS_INCLUDE_PATH"] = "one"

    hows = walk.to_and_fro(
        [cxx, "-c", "-MMD", "a.cpp"],
        lambda: walk.env.update(CPLUS_INCLUDE_PATH="two"),
        lambda: walk.env.update(CPLUS_INCLUDE_PATH="one"),
    )

    assert hows == TO_AND_FRO


def test_dates_are_kept_where_the_environment_fixes_them(walk: Walk) -> None:
    """hazard 33, hazard 34"""
    require_tool("gcc", "gcc")
    walk.put("a.c", "const char *when = __DATE__ __TIME__;\n")
    walk.env["SOURCE_DATE_EPOCH"] = "1000000000"

    hows = walk.to_and_fro(
        ["gcc", "-c", "a.c"],
        lambda: walk.env.update(SOURCE_DATE_EPOCH="1100000000"),
        lambda: walk.env.update(SOURCE_DATE_EPOCH="1000000000"),
    )

    assert hows == TO_AND_FRO


def test_the_working_folder_is_part_of_debug_information(walk: Walk, cc: str) -> None:
    """hazard 10, hazard 39: the same text in two folders, each with a header of its own."""
    for folder, number in (("one", 1), ("two", 2)):
        walk.put(f"{folder}/a.c", '#include "h.h"\nint f(void) { return H; }\n')
        walk.put(f"{folder}/h.h", f"#define H {number}\n")
    argv = [cc, "-c", "-g", "-MD", "a.c"]

    assert walk.twice(*argv, cwd="one") == ["stored", "hit"]
    assert walk.twice(*argv, cwd="two") == ["stored", "hit"]
    assert walk.same(*argv, cwd="one") == "hit"


def test_a_logical_working_folder_is_written_down_as_it_is_called(walk: Walk, cc: str) -> None:
    """hazard 42"""
    (walk.folder / "link").symlink_to(".")
    argv = [cc, "-c", "-g", "a.c"]
    assert walk.twice(*argv) == ["stored", "hit"]

    for pwd, how in ((walk.folder / "link", "stored"), (walk.folder, "hit"), (Path("/"), "hit")):
        walk.env["PWD"] = str(pwd)
        assert walk.same(*argv, cwd="link") == how


def test_a_list_that_the_words_name_is_an_input(walk: Walk) -> None:
    """hazard 27"""
    require_tool("clang", "clang")
    argv = ["clang", "-c", "-fsanitize=address", "-fsanitize-ignorelist=skip.txt", "a.c"]
    walk.put("a.c", "int f(int *x) { return *x; }\n")
    walk.put("skip.txt", "fun:f\n")

    hows = walk.to_and_fro(
        argv, lambda: walk.put("skip.txt", "fun:g\n"), lambda: walk.put("skip.txt", "fun:f\n")
    )

    assert hows == TO_AND_FRO


def test_a_copied_tree_hits_nothing_of_another(walk: Walk, cc: str) -> None:
    """hazard 10, hazard 50"""
    walk.put("one/a.c", '#include "h.h"\nint h = H;\n')
    walk.put("one/h.h", "#define H 1\n")
    shutil.copytree(walk.folder / "one", walk.folder / "two")
    walk.settle()
    assert walk.same(cc, "-c", "one/a.c") == "stored"

    walk.put("two/h.h", "#define H 2\n")

    assert walk.same(cc, "-c", "two/a.c") == "stored"


def test_words_by_response_files_are_those_words(walk: Walk, cc: str) -> None:
    """hazard 73: gcc and clang quote alike here; the same words by other files are the same compile."""
    walk.put("one", '-DA=\'x y\' "-DB=\\"q\\"" -c\n@nested/two\n')
    walk.put("nested/two", "-O1\n\t-g")
    walk.put("other", "'-DA=x y' -DB=\\\"q\\\" -c -O1 -g")
    walk.put("a.c", "#define S2(x) #x\n#define S(x) S2(x)\nconst char *a = S(A); const char *b = B;\n")

    assert walk.twice(cc, "@one", "a.c") == ["stored", "hit"]
    assert walk.same(cc, "@other", "a.c") == "hit"


@pytest.mark.parametrize("words", ["-g", "-g -grecord-gcc-switches", "-frecord-gcc-switches", "-Wall"])
def test_a_compiler_by_another_path_leaves_what_it_leaves(walk: Walk, cc: str, words: str) -> None:
    """hazard 65: some words write the compiler's own path into the object."""
    path = require_tool(cc, cc)
    walk.put("a.c", "int f(int x) { int unused; return x; }\n")

    for spelling in (cc, path, os.path.relpath(path, walk.folder)):
        assert walk.same(spelling, "-c", *words.split(), "a.c") in {"stored", "hit"}
        assert walk.same(spelling, "-c", "-no-canonical-prefixes", *words.split(), "a.c") in {"stored", "hit"}
