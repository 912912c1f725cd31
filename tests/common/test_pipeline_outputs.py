"""Outputs on a hit: the files, modes and ways of writing that the bare compiler has."""

import os
import stat
import time
from functools import partial
from pathlib import Path

import pytest

from tools import require_tool
from walk import Walk

SIDES = {
    "gcc": [
        "-g",
        "-gsplit-dwarf",
        "--coverage",
        "-fstack-usage",
        "-fcallgraph-info",
        "-frandom-seed=x",
        "-MD",
    ],
    "clang": [
        "-g",
        "-gsplit-dwarf",
        "--coverage",
        "-fstack-usage",
        "--serialize-diagnostics",
        "a.dia",
        "-MD",
    ],
}
SIDE_NAMES = ["a.o", "a.dwo", "a.gcno", "a.su", "a.ci", "a.d", "a.dia"]


@pytest.mark.parametrize("umask", [0o000, 0o002, 0o022, 0o077])
def test_the_modes_are_those_of_the_clients_umask(walk: Walk, cc: str, umask: int) -> None:
    """hazard 82"""
    assert walk.same(cc, "-c", *SIDES[cc], "a.c") == "stored"

    assert walk.same(cc, "-c", *SIDES[cc], "a.c", umask=umask) == "hit"


@pytest.mark.parametrize("words", [["-c"], ["-S"]])
@pytest.mark.parametrize("mode", [0o444, 0o600, 0o755, 0o4711])
def test_a_file_that_is_there_ends_as_with_the_compiler(
    walk: Walk, cc: str, mode: int, words: list[str]
) -> None:
    """hazard 88, hazard 86: with the mode, inode and other names that the compiler leaves it."""

    def old_files() -> None:
        for name in (*SIDE_NAMES, "a.s"):
            path = walk.folder / name
            path.write_text("old and longer than what comes " * 900)
            os.link(path, f"{path}.other")
            path.chmod(mode)

    sides = [word for word in SIDES[cc] if "split" not in word]
    argv = [cc, *words, *(SIDES[cc] if words == ["-c"] else sides), "a.c"]

    assert [walk.same(*argv, given=old_files) for _ in range(2)] == ["stored", "hit"]
    assert walk.same(*argv) == "hit"


def test_an_old_mode_is_not_kept_for_new_files(walk: Walk, cc: str) -> None:
    assert walk.same(cc, "-S", "-MD", "a.c", given=lambda: _old(walk, "a.s", 0o755)) == "stored"

    assert walk.same(cc, "-S", "-MD", "a.c") == "hit"


def _old(walk: Walk, name: str, mode: int) -> None:
    (walk.folder / name).write_text("old")
    (walk.folder / name).chmod(mode)


@pytest.mark.parametrize("name", ["a.o", "a.d", "a.dwo"])
@pytest.mark.parametrize("kind", ["link", "dangling link", "folder", "device"])
def test_an_output_that_is_no_file_is_the_compilers_affair(walk: Walk, cc: str, name: str, kind: str) -> None:
    """hazard 70, hazard 71, hazard 88"""
    path = walk.folder / name
    walk.put("target", "old target\n")

    def put_it() -> None:
        match kind:
            case "link":
                (walk.folder / "target").write_text("old target\n")
                path.symlink_to("target")
            case "dangling link":
                path.symlink_to("nowhere")
            case "folder":
                path.mkdir()
            case _:
                _make_null_device(path)

    argv = [cc, "-c", "-g", "-gsplit-dwarf", "-MD", "a.c"]
    assert walk.same(*argv) == "stored"

    assert walk.same(*argv, given=put_it) == "output_not_a_file"
    assert walk.same(*argv) == "hit"


def _make_null_device(path: Path) -> None:
    """Make a private one: a test that could replace the real one would break the machine."""
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("only root makes devices")


@pytest.mark.parametrize("target", ["none/a.o", "a.c/a.o", "", "."])
def test_an_output_nowhere_fails_as_with_the_compiler(walk: Walk, cc: str, target: str) -> None:
    """hazard 71, hazard 90"""
    assert walk.same(cc, "-c", "a.c", "-o", target) in {
        "compile_failed",
        "output_not_a_file",
        "bad_command_line",
    }


def test_an_output_folder_that_went_fails_as_with_the_compiler(walk: Walk, cc: str) -> None:
    """hazard 71"""
    out = walk.folder / "out"
    out.mkdir()
    assert walk.twice(cc, "-c", "a.c", "-o", "out/a.o") == ["stored", "hit"]

    out.rmdir()

    assert walk.same(cc, "-c", "a.c", "-o", "out/a.o") == "compile_failed"


def test_a_closed_folder_fails_as_with_the_compiler(plain_walk: Walk, cc: str) -> None:
    """hazard 88"""
    walk = plain_walk
    out = walk.folder / "out"
    out.mkdir()
    assert walk.same(cc, "-c", "a.c", "-o", "out/a.o") == "stored"

    out.chmod(0o555)

    assert walk.same(cc, "-c", "a.c", "-o", "out/a.o") == "compile_failed"


@pytest.mark.parametrize("words", ["-c -MD", "-S -MD"])
def test_a_read_only_file_ends_as_with_the_compiler(plain_walk: Walk, cc: str, words: str) -> None:
    """hazard 87"""
    walk = plain_walk
    argv = [cc, *words.split(), "a.c"]
    assert walk.same(*argv) == "stored"

    for name in ("a.o", "a.s", "a.d"):
        walk.same(*argv, given=partial(_old, walk, name, 0o444))

    assert walk.same(*argv) == "hit"


def test_the_times_of_a_hit_are_of_now(walk: Walk, cc: str) -> None:
    """hazard 83: the depfile is not newer than the object, make and ninja see both as new."""
    assert walk.same(cc, "-c", "-MD", "a.c") == "stored"
    walk.settle()
    before_ns = time.time_ns() - 20_000_000

    assert walk.walk(cc, "-c", "-MD", "a.c").how == "hit"

    object_ns, depfile_ns = ((walk.folder / name).stat().st_mtime_ns for name in ("a.o", "a.d"))
    assert before_ns <= object_ns
    assert before_ns <= depfile_ns


def test_a_hit_shares_nothing_with_another(walk: Walk, cc: str) -> None:
    """hazard 84, hazard 85: a poisoned output is neither another output nor the cache."""
    assert walk.same(cc, "-c", "a.c") == "stored"
    walk.walk(cc, "-c", "a.c")
    good = (walk.folder / "a.o").read_bytes()
    (walk.folder / "a.o").write_bytes(b"\0" * len(good))

    assert walk.walk(cc, "-c", "a.c").how == "hit"

    assert (walk.folder / "a.o").read_bytes() == good


@pytest.mark.parametrize("source", ["int x;\n", "int f(void) { return 1; }\n"])
@pytest.mark.parametrize("is_old_there", [False, True])
def test_a_stale_side_output_is_neither_kept_nor_touched(
    walk: Walk, cc: str, source: str, is_old_there: bool
) -> None:
    """hazard 45: clang writes no .su where there is no function."""
    walk.put("a.c", source)

    def old() -> None:
        if is_old_there:
            (walk.folder / "a.su").write_text("stale")

    argv = [cc, "-c", "-fstack-usage", "a.c"]
    assert [walk.same(*argv, given=old) for _ in range(2)] == ["stored", "hit"]
    assert walk.same(*argv) == "hit"


def test_a_side_output_from_just_before_is_none_of_the_compile(walk: Walk) -> None:
    """hazard 45: with a few tries, for it must have been written in the very tick of the start."""
    require_tool("clang", "clang")
    for number in range(12):
        walk.put(f"{number}.c", f"int x{number};\n")
        argv = ["clang", "-c", "-fstack-usage", f"{number}.c"]
        side = walk.folder / f"{number}.su"
        side.write_text("stale")
        stored = walk.walk(*argv).how
        side.unlink()

        hit = walk.walk(*argv).how

        assert (stored, hit) == ("stored", "hit")
        assert not side.exists()


def test_a_deleted_output_comes_back(walk: Walk, cc: str) -> None:
    """hazard 95, hazard 96"""
    argv = [cc, "-c", *SIDES[cc], "a.c"]
    assert walk.walk(*argv).how == "stored"
    names = [path.name for path in walk.folder.iterdir() if path.name != "a.c"]
    assert len(names) > 4

    for name in names:
        (walk.folder / name).unlink()
        assert walk.walk(*argv).how == "hit"
        assert (walk.folder / name).is_file()


def test_coverage_and_its_notes_come_from_one_run(walk: Walk, cc: str) -> None:
    """hazard 46: without a seed gcc stamps every run, so the pair must not be mixed."""
    walk.walk(cc, "-c", "--coverage", "a.c")
    names = ("a.o", "a.gcno")
    first = [(walk.folder / name).read_bytes() for name in names]
    for name in names:
        (walk.folder / name).unlink()

    assert walk.walk(cc, "-c", "--coverage", "a.c").how == "hit"

    assert [(walk.folder / name).read_bytes() for name in names] == first


def test_names_of_any_length_are_delivered(walk: Walk, cc: str) -> None:
    """hazard 118"""
    name = "n" * 253 + ".o"

    assert walk.twice(cc, "-c", "a.c", "-o", name) == ["stored", "hit"]
