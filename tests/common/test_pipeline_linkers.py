"""Links by linkers that are called by themselves."""

import pytest

from link_project import LINKERS, put_archive, put_objects, run
from tools import require_tool
from walk import TO_AND_FRO, Walk


@pytest.fixture
def project(walk: Walk) -> Walk:
    """Hand out a walk with objects, an archive, and a folder for libraries that is searched first."""
    put_objects(walk, f__o="f", g__o="g", fg__o="f_of_g")
    for name in ("first", "lib"):
        (walk.folder / name).mkdir()
    put_archive(walk, "lib/libg.a", "g.o")
    return walk


FORMS = {
    "bfd": "ld.bfd -r f.o g.o -o fg.out",
    "gold": "ld.gold -shared f.o g.o -soname libx.so --build-id=sha1 -Map=x.map -o libx.so",
    "lld": "ld.lld -shared f.o -Llib -lg -soname=libx.so -o libx.so",
    "mold": "mold -shared f.o -L lib -l g -o libx.so -Bsymbolic",
}


@pytest.mark.parametrize("name", FORMS)
def test_a_linker_hits(name: str, project: Walk) -> None:
    require_tool(f"ld.{name}", LINKERS[name])

    assert project.twice(*FORMS[name].split()) == ["stored", "hit"]


def test_the_plain_linker_hits_without_a_name_for_its_output(project: Walk) -> None:
    assert project.twice("ld", "f.o", "-e", "f") == ["stored", "hit"]


def test_a_library_that_comes_before_is_seen(project: Walk) -> None:
    hows = project.to_and_fro(
        ["ld", "-e", "f", "fg.o", "-Lfirst", "-Llib", "-lg", "-o", "out"],
        lambda: put_archive(project, "first/libg.a", "f.o", "g.o"),
        (project.folder / "first/libg.a").unlink,
    )

    assert hows == TO_AND_FRO


def test_mold_tells_nothing_of_a_relocatable_link(project: Walk) -> None:
    require_tool("mold", "mold")

    assert project.twice("mold", "-r", "f.o", "g.o", "-o", "fg.out") == ["no_report", "no_report"]


@pytest.fixture
def wasm(project: Walk) -> Walk:
    """Hand out a walk with objects and an archive for WebAssembly."""
    require_tool("wasm-ld", "lld")
    require_tool("clang", "clang")
    project.put("w.c", "int g(void); int f(void) { return g(); }\n")
    project.put("wg.c", "int g(void) { return 1; }\n")
    project.put("wg2.c", "int g(void) { return 2; }\n")
    run(project, "clang", "--target=wasm32", "-c", "w.c", "wg.c", "wg2.c")
    project.put("g.o", (project.folder / "wg.o").read_bytes())
    (project.folder / "lib/libg.a").unlink()
    run(project, "llvm-ar", "rcs", "lib/libg.a", "g.o")
    return project


WASM = ["wasm-ld", "--no-entry", "--export=f", "w.o", "-Lfirst", "-Llib", "-lg", "-o", "f.wasm"]


def test_webassembly_is_linked_anew_for_another_library(wasm: Walk) -> None:
    def change() -> None:
        wasm.put("g.o", (wasm.folder / "wg2.o").read_bytes())
        run(wasm, "llvm-ar", "rcs", "first/libg.a", "g.o")

    hows = wasm.to_and_fro(WASM, change, (wasm.folder / "first/libg.a").unlink)

    assert hows == TO_AND_FRO


def test_a_list_of_allowed_names_is_an_input(wasm: Walk) -> None:
    wasm.put("allowed", "g\n")
    command = [
        "wasm-ld",
        "--no-entry",
        "--export-all",
        "--export-if-defined=no",
        "w.o",
        "--allow-undefined-file=allowed",
        "-o",
        "f.wasm",
    ]

    hows = wasm.to_and_fro(command, lambda: wasm.put("allowed", "g\nh\n"), lambda: wasm.put("allowed", "g\n"))

    assert hows == TO_AND_FRO
