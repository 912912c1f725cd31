"""clang-tidy and include-what-you-use: what each says is what it would say, whatever has changed."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools import require_tool
from walk import TO_AND_FRO, Walk
from zccache.common.reasons import Reason

SOURCE = '#include "h.h"\nint *f() { return 0; }\n'
TIDY = "Checks: '-*,modernize-use-nullptr,google-readability-todo'\nHeaderFilterRegex: '.*'\n"
CHECK = ["clang-tidy", "sub/a.cpp", "--", "-Ilate", "-Iinc"]
IWYU = ["include-what-you-use", "-Xiwyu", "--mapping_file=maps/m.imp", "-Ilate", "-Iinc", "-c", "sub/a.cpp"]


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Walk]:
    """Hand out a walk whose folder has a source with findings, a header, and a configuration above both."""
    walk = Walk(tmp_path / "src", tmp_path / "cache")
    for name, text in {
        "sub/a.cpp": SOURCE,
        "inc/h.h": "inline int *g() { return 0; }\n",
        ".clang-tidy": TIDY,
        "maps/m.imp": '[{ ref: "n.imp" }]\n',
        "maps/n.imp": "[]\n",
        "late/.keep": "",
    }.items():
        path = walk.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    walk.settle()
    yield walk
    walk.close()


@pytest.fixture
def tidy(tree: Walk) -> Walk:
    """Hand out the tree where clang-tidy is there."""
    require_tool("clang-tidy", "clang-tidy")
    return tree


@pytest.fixture
def iwyu(tree: Walk) -> Walk:
    """Hand out the tree where include-what-you-use is there."""
    require_tool("include-what-you-use", "iwyu")
    return tree


def database(walk: Walk, *entries: tuple[str, str]) -> None:
    """Write a compilation database: pairs of source and words."""
    rows = [
        {
            "directory": str(walk.folder),
            "command": f"/usr/bin/c++ {words} -o {source}.o -c {walk.folder / source}",
            "file": str(walk.folder / source),
        }
        for source, words in entries
    ]
    walk.put("build/compile_commands.json", json.dumps(rows))


CHANGES: list[tuple[str, str, str | None]] = [
    ("the source", "sub/a.cpp", '#include "h.h"\nint *other() { return 0; }\n'),
    ("a header", "inc/h.h", "inline int *other() { return 0; }\n"),
    ("a header before another", "late/h.h", "inline int *late() { return 0; }\n"),
    ("a header beside the source", "sub/h.h", "inline int *beside() { return 0; }\n"),
]
CONFIGURATIONS: list[tuple[str, str, str | None]] = [
    ("the configuration", ".clang-tidy", TIDY.replace("modernize-use-nullptr,", "")),
    ("no configuration", ".clang-tidy", None),
    ("a nested configuration", "sub/.clang-tidy", "Checks: '-*,readability-identifier-length'\n"),
    ("a configuration of headers", "inc/.clang-tidy", "Checks: '-*,readability-identifier-length'\n"),
]


@pytest.mark.parametrize(("name", "text"), [row[1:] for row in CHANGES + CONFIGURATIONS])
def test_clang_tidy_says_what_it_would_say_after_each_kind_of_change(
    tidy: Walk, name: str, text: str | None
) -> None:
    hows = tidy.to_and_fro(CHECK, *change_and_undo(tidy, name, text))

    assert hows == TO_AND_FRO


MAPPINGS: list[tuple[str, str, str | None]] = [
    ("a mapping file", "maps/m.imp", '[{ include: ["<x.h>", "private", "<y.h>", "public"] }]\n'),
    (
        "a file that a mapping file names",
        "maps/n.imp",
        '[{ include: ["<x.h>", "private", "<y.h>", "public"] }]\n',
    ),
    ("no such file", "maps/n.imp", None),
    ("a mapping file found first", "n.imp", "[]\n"),
]


@pytest.mark.parametrize(("name", "text"), [row[1:] for row in CHANGES + MAPPINGS])
def test_iwyu_says_what_it_would_say_after_each_kind_of_change(
    iwyu: Walk, name: str, text: str | None
) -> None:
    hows = iwyu.to_and_fro(IWYU, *change_and_undo(iwyu, name, text))

    assert hows == TO_AND_FRO


def change_and_undo(
    walk: Walk, name: str, text: str | None
) -> tuple[Callable[[], object], Callable[[], object]]:
    """Return how to write (or remove) a file, and how to bring back what was there."""
    path = walk.folder / name
    before = path.read_text() if path.exists() else None

    def leave(content: str | None) -> None:
        if content is None:
            path.unlink()
            walk.settle()
        else:
            walk.put(name, content)

    return lambda: leave(text), lambda: leave(before)


@pytest.mark.parametrize(
    "words",
    [
        "-quiet sub/a.cpp -- -Iinc",
        "--warnings-as-errors=* sub/a.cpp -- -Iinc",
        "-checks -*,modernize-* -header-filter=.* sub/a.cpp -- -Iinc -std=c++17",
        '--config={"Checks":"-*,modernize-use-nullptr"} sub/a.cpp -- -Iinc',
        "--config-file=.clang-tidy sub/a.cpp -- -Iinc",
        "sub/a.cpp --extra-arg=-Iinc --extra-arg-before=-DX=1 --",
        "--extra-arg-before=--driver-mode=g++ sub/a.cpp -- /usr/bin/c++ -Iinc -o x.o -c sub/a.cpp",
        "./sub/a.cpp sub/../sub/b.cpp -- -Iinc",
        "--export-fixes=fixes.yaml sub/a.cpp -- -Iinc",
        "--format-style=file sub/a.cpp -- -Iinc",
        "--use-color sub/a.cpp -- -Iinc",
        "sub/b.cpp",
        "-p build sub/a.cpp sub/b.cpp",
        "-p=build sub/a.cpp",
        "inc/h.h -- -x c++",
        "--header-filter=.* --system-headers --checks=-*,modernize-use-nullptr sub/c.cpp -- -Iinc",
    ],
)
def test_clang_tidy_is_given_again_in_every_form(tidy: Walk, words: str) -> None:
    tidy.put("sub/b.cpp", "int *b() { return 0; }\n")
    tidy.put("sub/c.cpp", "#include <cstddef>\nint *b() { return 0; }\n")
    database(tidy, ("sub/a.cpp", "-Iinc"), ("sub/b.cpp", "-std=c++11"))

    assert tidy.twice("clang-tidy", *words.split()) == ["stored", "hit"]


@pytest.mark.parametrize(
    "words",
    [
        "-Iinc sub/a.cpp",
        "-Iinc -std=c++17 -Xiwyu --verbose=3 -c sub/a.cpp -o a.o",
        "-Iinc -Xiwyu --error=7 -Xiwyu --no_fwd_decls sub/a.cpp",
        "-Iinc -Xiwyu --mapping_file -Xiwyu nowhere.imp sub/a.cpp",
        "--driver-mode=g++ -Iinc -MD -MT a.o -MF a.d -c sub/a.cpp",
        "sub/a.cpp",
    ],
)
def test_iwyu_is_given_again_in_every_form(iwyu: Walk, words: str) -> None:
    assert iwyu.twice("include-what-you-use", *words.split()) == ["stored", "hit"]


@pytest.mark.parametrize(("name", "text"), [row[1:] for row in CHANGES])
def test_sources_of_the_newest_cxx_are_looked_at_anew_after_each_kind_of_change(
    tidy: Walk, name: str, text: str | None
) -> None:
    """clang-tidy then reads each header twice, and prints its search path twice."""
    argv = [*CHECK, "-std=c++20"]

    assert tidy.to_and_fro(argv, *change_and_undo(tidy, name, text)) == TO_AND_FRO


def test_an_error_is_given_again_until_the_header_comes(tidy: Walk) -> None:
    argv = ["clang-tidy", "sub/a.cpp", "--", "-Ilate"]
    (tidy.folder / "inc/h.h").rename(tidy.folder / "late/other.h")

    hows = tidy.to_and_fro(argv, *change_and_undo(tidy, "late/h.h", "inline int *g() { return 0; }\n"))

    assert hows == TO_AND_FRO
    assert tidy.bare(*argv).status == 1


COMPUTED = '#define H "computed.h"\n#include H\nint *b() { return 0; }\n'


def test_a_computed_header_is_an_input_like_others(tidy: Walk) -> None:
    tidy.put("sub/b.cpp", COMPUTED)
    tidy.put("inc/computed.h", "inline int *g() { return 0; }\n")
    argv = ["clang-tidy", "sub/b.cpp", "--", "-Ilate", "-Iinc"]
    hows = []
    for name in ("inc/computed.h", "late/computed.h"):
        hows += tidy.to_and_fro(argv, *change_and_undo(tidy, name, "inline int *other() { return 0; }\n"))

    assert hows == [*TO_AND_FRO, "hit", *TO_AND_FRO[1:]]


def test_a_computed_header_that_is_not_there_leaves_nothing_to_keep(tidy: Walk) -> None:
    tidy.put("sub/b.cpp", COMPUTED)

    assert tidy.twice("clang-tidy", "sub/b.cpp", "--") == [Reason.COMPUTED_INCLUDE.word] * 2


def test_only_the_entry_of_the_source_matters(tidy: Walk) -> None:
    tidy.put("sub/b.cpp", "int *b() { return 0; }\n")
    argv = ["clang-tidy", "-p", "build", "sub/a.cpp"]
    database(tidy, ("sub/a.cpp", "-Iinc"), ("sub/b.cpp", ""))
    assert tidy.twice(*argv) == ["stored", "hit"]

    database(tidy, ("sub/b.cpp", "-DANOTHER"), ("sub/a.cpp", "-Iinc"))
    assert tidy.same(*argv) == "hit"

    database(tidy, ("sub/a.cpp", "-Iinc -DX"), ("sub/b.cpp", ""))
    assert tidy.twice(*argv) == ["stored", "hit"]


def test_a_database_that_comes_nearer_is_seen(tidy: Walk) -> None:
    tidy.put("sub/b.cpp", "#ifdef NEAR\nint *b() { return 0; }\n#endif\n")
    tidy.put("compile_flags.txt", "-DFAR\n")
    flags = change_and_undo(tidy, "sub/compile_flags.txt", "-DNEAR\n")

    assert tidy.to_and_fro(["clang-tidy", "sub/b.cpp"], *flags) == TO_AND_FRO


def test_the_folder_counts_by_the_name_that_its_user_gave_it(tidy: Walk) -> None:
    tidy.put("real/p/b.cpp", "int *b() { return 0; }\n")
    link = tidy.folder / "logical/p"
    link.parent.mkdir()
    link.symlink_to("../real/p")
    tidy.env["PWD"] = str(link)
    hows = tidy.twice("clang-tidy", "b.cpp", "--", cwd="logical/p")

    tidy.put("logical/.clang-tidy", "Checks: '-*,readability-identifier-length'\n")
    hows += tidy.twice("clang-tidy", "b.cpp", "--", cwd="logical/p")

    assert hows == ["stored", "hit"] * 2


def test_another_clang_tidy_is_another_tool(tidy: Walk, tmp_path: Path) -> None:
    real = os.path.realpath(require_tool("clang-tidy", "clang-tidy"))
    own = tmp_path / "bin/clang-tidy"
    own.parent.mkdir()
    shutil.copy2(real, own)
    argv = [str(own), "--checks=-*,modernize-use-nullptr", "sub/b.cpp", "--"]
    tidy.put("sub/b.cpp", "int *b() { return 0; }\n")
    assert tidy.twice(*argv) == ["stored", "hit"]

    with own.open("ab") as file:
        file.write(b"\0")
    tidy.settle()

    assert tidy.twice(*argv) == ["stored", "hit"]


def test_the_users_name_stands_in_a_finding(tidy: Walk) -> None:
    tidy.put("sub/b.cpp", "// TODO: x\n")
    argv = ["clang-tidy", "sub/b.cpp", "--"]
    hows = []
    for user in ("ann", "bob", "ann"):
        tidy.env["USER"] = user
        hows.append(tidy.same(*argv))

    assert hows == ["stored", "stored", "hit"]


def test_two_streams_in_one_place_come_back_in_their_order(tidy: Walk) -> None:
    apart = tidy.walk(*CHECK)
    tidy.streams_are_one = True

    first, again = tidy.walk(*CHECK), tidy.walk(*CHECK)

    assert [apart.how, first.how, again.how] == ["stored", "stored", "hit"]
    assert again.left == first.left
    assert (first.left.stdout, first.left.stderr) == (together(tidy), b"")
    assert sorted(first.left.stdout) == sorted(apart.left.stdout + apart.left.stderr)


def together(walk: Walk) -> bytes:
    """Return what the bare clang-tidy writes where both streams lead to one pipe."""
    return subprocess.run(
        CHECK,
        cwd=walk.folder,
        env=walk.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=True,
    ).stdout


def test_fixes_are_exported_again(tidy: Walk) -> None:
    argv = ["clang-tidy", "--export-fixes=fixes.yaml", "sub/a.cpp", "--", "-Iinc"]

    hows = [
        tidy.same(*argv, given=lambda: tidy.put("fixes.yaml", "old and longer than what comes\n" * 99)),
        tidy.same(*argv, given=lambda: tidy.put("fixes.yaml", "old and longer than what comes\n" * 99)),
    ]

    assert hows == ["stored", "hit"]
    assert b"fixes.yaml" in b" ".join(map(os.fsencode, tidy.walk(*argv).left.files))


def test_a_configuration_with_words_of_its_own_is_not_kept(tidy: Walk) -> None:
    tidy.put(".clang-tidy", TIDY + "ExtraArgs: ['-Ilate']\n")

    assert tidy.twice(*CHECK) == [Reason.UNSEEN_INPUT.word] * 2


def test_models_of_the_analyzer_are_not_read_behind_our_back(tidy: Walk) -> None:
    """It seeks one in the working folder for every function that it meets."""
    tidy.put("sub/b.cpp", "int there(int);\nint b(int x) { return there(x); }\n")
    argv = ["clang-tidy", "--checks=-*,clang-analyzer-core*", "sub/b.cpp", "--"]
    assert tidy.twice(*argv) == ["stored", "hit"]

    tidy.put("there.model", "int there(int x) { int *p = 0; return *p + x; }\n")

    assert tidy.twice(*argv) == [Reason.UNSEEN_INPUT.word] * 2
    assert b"NullDereference" in tidy.bare(*argv).stdout


def test_a_failure_of_the_machine_is_not_kept(tidy: Walk, tmp_path: Path) -> None:
    own = tmp_path / "bin/clang-tidy"
    own.parent.mkdir()
    own.write_text(
        f'#!/bin/sh\n{shutil.which("clang-tidy")} "$@"\necho "LLVM ERROR: out of memory" >&2\nexit 1\n'
    )
    own.chmod(0o755)

    assert tidy.twice(str(own), *CHECK[1:]) == [Reason.COMPILE_FAILED.word] * 2


def test_a_database_that_does_not_name_the_source_is_not_guessed_from(tidy: Walk) -> None:
    database(tidy, ("sub/other.cpp", "-Iinc"))

    assert tidy.twice("clang-tidy", "-p", "build", "sub/a.cpp") == [Reason.COMPILATION_DATABASE.word] * 2
