"""ld.so.conf with the real linkers: GNU ld seeks by it what libraries need, and nobody else does."""

from collections.abc import Callable

import pytest

from link_project import linker, run
from tools import require_tool
from walk import Walk
from zccache.common.reasons import Reason

_NEEDED = "int z(void) { return 1; }\n"


@pytest.fixture
def command(walk: Walk) -> list[str]:
    """Hand out a link that needs a library of a folder which only a configuration file names."""
    require_tool("gcc", "gcc")
    walk.put("z.c", _NEEDED)
    walk.put("none.c", "int none;\n")
    walk.put("y.c", "int z(void); int y(void) { return z(); }\n")
    walk.put("m.c", "int y(void); void _start(void) { y(); }\n")
    for folder, source in (("root/own", "z.c"), ("root/other", "none.c")):
        walk.put(f"{folder}/x", "")
        run(walk, "gcc", "-shared", "-fPIC", "-nostdlib", source, "-o", f"{folder}/libz9.so")
    run(walk, "gcc", "-shared", "-fPIC", "-nostdlib", "y.c", "-o", "liby9.so", "-Lroot/own", "-lz9")
    run(walk, "gcc", "-c", "m.c")
    walk.put("root/etc/ld.so.conf", "include ld.so.conf.d/*.conf\n")
    walk.put("root/etc/ld.so.conf.d/own.conf", "/own\n")
    root = f"--sysroot={walk.folder / 'root'}"
    return ["gcc", linker("bfd"), "-nostdlib", root, "m.o", "-L.", "-ly9", "-o", "app"]


_CHANGES: dict[str, Callable[[Walk], object]] = {
    "a file that appears before it": lambda walk: walk.put("root/etc/ld.so.conf.d/a.conf", "/other\n"),
    "a file with another folder": lambda walk: walk.put("root/etc/ld.so.conf.d/own.conf", "/other\n"),
    "a file that goes": lambda walk: (walk.folder / "root/etc/ld.so.conf.d/own.conf").unlink(),
    "the one that is read first": lambda walk: walk.put("root/usr/etc/ld.so.conf", "/other\n"),
    "another main file": lambda walk: walk.put("root/etc/ld.so.conf", ""),
}


@pytest.mark.parametrize("change", _CHANGES.values(), ids=_CHANGES)
def test_a_change_of_the_configuration_is_a_miss(
    walk: Walk, command: list[str], change: Callable[[Walk], object]
) -> None:
    assert walk.twice(*command) == ["stored", "hit"]

    change(walk)
    walk.settle()

    assert walk.same(*command) == Reason.COMPILE_FAILED.word


def test_a_file_that_appears_breaks_what_a_hit_rested_on(walk: Walk, command: list[str]) -> None:
    walk.twice(*command)
    walk.settle()
    walk.same(*command)
    assert walk.facts is not None
    guarded = {guard.folder for guard in walk.facts.guards if guard.names is None}

    assert str(walk.folder / "root/etc/ld.so.conf.d") in guarded


def test_a_linker_by_itself_reads_it_too(walk: Walk, command: list[str]) -> None:
    words = ["ld.bfd", command[3], "m.o", "-L.", "-ly9", "-o", "app"]
    assert walk.twice(*words) == ["stored", "hit"]

    walk.put("root/etc/ld.so.conf.d/a.conf", "/other\n")

    assert walk.same(*words) == Reason.COMPILE_FAILED.word


@pytest.mark.parametrize("name", ["gold", "lld", "mold"])
def test_other_linkers_do_as_bare(walk: Walk, command: list[str], name: str) -> None:
    words = [linker(name) if word.startswith("-fuse-ld=") else word for word in command]
    first = walk.twice(*words)

    walk.put("root/etc/ld.so.conf.d/a.conf", "/other\n")

    assert walk.same(*words) == first[0]
