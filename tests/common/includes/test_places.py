import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from real_compile import RealCompile, scan_file, write_tree
from tools import require_tool
from zccache.common.command.plan import Dialect
from zccache.common.includes.disk import LocalDisk
from zccache.common.includes.places import Opaque, Places, find_places, first_intruder, guards
from zccache.common.includes.search import SearchPath
from zccache.common.reasons import Reason

COMPILERS = pytest.mark.parametrize("compiler", ["g++", "clang++"])


class ClosedDisk(LocalDisk):
    """A disk whose folders cannot be listed, as one that is blind to case."""

    def listing(self, folder: str) -> frozenset[str] | None:
        """Return None for every folder."""
        return None


def places_of(unit: RealCompile) -> Places:
    """Return the places of a compile that has some."""
    found = unit.places()
    assert isinstance(found, Places), found
    return found


def intruder(places: Places) -> str | None:
    """Return what has changed, seen with fresh eyes; listed and closed folders must agree."""
    found = first_intruder(places, LocalDisk())
    assert (first_intruder(places, ClosedDisk()) is None) is (found is None)
    return found


def file_clock_ns(folder: Path) -> int:
    """Return the time that the file system stamps on a change made now."""
    marker = folder / ".marker"
    marker.write_text("")
    return marker.stat().st_ctime_ns


def project(compiler: str, root: Path, main: str, **files: str) -> RealCompile:
    """Write main.cc and files into three include folders, the first two empty as yet."""
    write_tree(
        root, {"main.cc": main, **{name.replace("__", "/") + ".h": text for name, text in files.items()}}
    )
    for name in ("first", "second", "third"):
        (root / name).mkdir(exist_ok=True)
    words = ("-Ifirst", "-Isecond", "-Ithird", "-Ilater/include")
    return RealCompile(compiler=compiler, cwd=root, source="main.cc", search_words=words)


MAIN = """\
#include "used.h"
#include <sub/deep.h>
#if __has_include(<wish.h>) || __has_include("wish/too.h")
#error granted
#endif
"""


@COMPILERS
@pytest.mark.parametrize(
    "newcomer",
    [
        "used.h",
        "first/used.h",
        "second/used.h",
        "second/sub/deep.h",
        "wish.h",
        "wish/too.h",
        "third/wish.h",
        "later/include/anything.h",
    ],
)
def test_a_file_that_appears_where_one_was_searched_is_an_intruder(
    compiler: str, newcomer: str, tmp_path: Path
) -> None:
    unit = project(compiler, tmp_path / "p", MAIN, third__used="", third__sub__deep="")
    if newcomer == "wish.h":
        unit = replace(unit, search_words=(*unit.search_words, "-I."))
    places = places_of(unit)
    assert intruder(places) is None

    write_tree(unit.cwd, {newcomer: ""})

    assert intruder(places) is not None


@COMPILERS
@pytest.mark.parametrize(
    "newcomer",
    [
        "first/unrelated.h",
        "first/sub/unrelated.h",
        "first/used.h/inside",
        "third/zzz.h",
        "later/elsewhere",
        "fourth/used.h",
    ],
)
def test_a_file_where_nothing_was_searched_is_no_intruder(
    compiler: str, newcomer: str, tmp_path: Path
) -> None:
    unit = project(compiler, tmp_path / "p", MAIN, third__used="", third__sub__deep="")
    places = places_of(unit)

    write_tree(unit.cwd, {newcomer: ""})

    assert intruder(places) is None


@COMPILERS
def test_the_end_of_a_dangling_link_is_a_place(compiler: str, tmp_path: Path) -> None:
    unit = project(compiler, tmp_path / "p", MAIN, third__used="", third__sub__deep="")
    far = write_tree(tmp_path / "far", {"unrelated": ""})
    (unit.cwd / "first/used.h").symlink_to("../one_link")
    (unit.cwd / "one_link").symlink_to(far / "away.h")
    places = places_of(unit)
    assert str(far) in guards(places, LocalDisk())

    write_tree(far, {"away.h": ""})

    assert intruder(places) in {str(far / "away.h"), str(unit.cwd / "first/used.h")}


def test_the_header_that_gcc_includes_by_itself_can_be_shadowed(tmp_path: Path) -> None:
    unit = project("g++", tmp_path / "p", "int nothing_included;\n")
    places = places_of(unit)

    write_tree(unit.cwd, {"second/stdc-predef.h": ""})

    assert intruder(places) == str(unit.cwd / "second/stdc-predef.h")


@COMPILERS
def test_a_file_that_was_only_asked_for_must_stay(compiler: str, tmp_path: Path) -> None:
    main = "#if !__has_include(<asked.h>)\n#error gone\n#endif\n"
    unit = project(compiler, tmp_path / "p", main, third__asked="#error never read\n")
    inputs = tuple(path for path in unit.inputs() if not path.endswith("asked.h"))
    places = unit.places_for(inputs, started_ns=2**62)
    assert isinstance(places, Places)
    assert places.existing == (str(unit.cwd / "third/asked.h"),)
    assert str(unit.cwd / "third") in guards(places, LocalDisk())

    (unit.cwd / "third/asked.h").unlink()

    assert intruder(places) == str(unit.cwd / "third/asked.h")


@COMPILERS
def test_a_name_given_to_has_include_through_a_macro_is_a_place(compiler: str, tmp_path: Path) -> None:
    main = "#define HAS(x) __has_include(x)\n#define NAME <hidden.h>\n#if HAS(NAME)\n#error\n#endif\n"
    unit = project(compiler, tmp_path / "p", main)
    places = places_of(unit)

    write_tree(unit.cwd, {"second/hidden.h": ""})

    assert intruder(places) == str(unit.cwd / "second/hidden.h")


@COMPILERS
def test_a_glued_name_given_to_has_include_is_opaque(compiler: str, tmp_path: Path) -> None:
    main = "#define STR(x) #x\n#define GLUE(x) STR(x)\n#if __has_include(GLUE(hidden.h))\n#error\n#endif\n"
    unit = project(compiler, tmp_path / "p", main)

    found = unit.places()

    assert isinstance(found, Opaque)
    assert found.reason is Reason.OPAQUE_HAS_INCLUDE


@COMPILERS
def test_a_computed_include_has_its_places_by_the_file_that_it_led_to(compiler: str, tmp_path: Path) -> None:
    main = "#define STR(x) #x\n#define GLUE(x) STR(x)\n#include GLUE(sub/glued.h)\n"
    unit = project(compiler, tmp_path / "p", main, third__sub__glued="")
    places = places_of(unit)

    write_tree(unit.cwd, {"first/sub/glued.h": ""})

    assert intruder(places) == str(unit.cwd / "first/sub/glued.h")


COMPUTING = """\
#define STR(x) #x
#define GLUE(x) STR(x)
#include GLUE(h.h)
"""


def test_a_computed_include_of_a_link_has_the_places_of_the_link(tmp_path: Path) -> None:
    unit = project("g++", tmp_path / "p", COMPUTING, r__h="")
    folder = write_tree(unit.cwd / "a_folder_with_a_long_name", {})
    (folder / "h.h").symlink_to("../r/h.h")
    places = places_of(replace(unit, search_words=("-Ifirst", "-isystem", str(folder))))
    assert intruder(places) is None

    write_tree(unit.cwd, {"first/h.h": ""})

    assert intruder(places) == str(unit.cwd / "first/h.h")


def test_a_computed_include_whose_typed_name_is_lost_is_opaque(tmp_path: Path) -> None:
    unit = project("g++", tmp_path / "p", COMPUTING.replace("h.h", "sub/h.h"))
    write_tree(tmp_path / "r", {"h.h": ""})
    folder = write_tree(unit.cwd / "a_folder_with_a_long_name/sub", {})
    (folder / "h.h").symlink_to(tmp_path / "r/h.h")
    unit = replace(unit, search_words=("-isystem", str(folder.parent)))
    inputs = unit.inputs()
    assert str(tmp_path / "r/h.h") in inputs, "gcc did not shorten the name"

    found = unit.places_for(inputs, started_ns=2**62)

    assert found == Opaque(Reason.COMPUTED_INCLUDE, str(tmp_path / "r/h.h"))


def test_a_link_that_gcc_does_not_report_must_lead_to_the_same_file(tmp_path: Path) -> None:
    unit = project("g++", tmp_path / "p", "#include <h.h>\n", r__h="int before;\n", s__h="int after;\n")
    folder = write_tree(unit.cwd / "a_folder_with_a_long_name", {})
    (folder / "h.h").symlink_to("../r/h.h")
    places = places_of(replace(unit, search_words=("-isystem", str(folder))))
    assert intruder(places) is None

    (folder / "h.h").unlink()
    (folder / "h.h").symlink_to("../s/h.h")

    assert intruder(places) == str(folder / "h.h")


@COMPILERS
def test_a_search_folder_that_repeated_another_must_go_on_to(compiler: str, tmp_path: Path) -> None:
    unit = project(compiler, tmp_path / "p", "#include <used.h>\n", real__used="", third__used="")
    (unit.cwd / "link").symlink_to("real")
    places = places_of(replace(unit, search_words=("-Ireal", "-Ilink", "-Ithird")))
    assert intruder(places) is None
    assert str(unit.cwd) in guards(places, LocalDisk())

    (unit.cwd / "link").unlink()
    (unit.cwd / "link").symlink_to("other")

    assert intruder(places) == str(unit.cwd / "link")


@pytest.mark.parametrize(
    "newcomer", ["third/used.h.gch", "used.h.gch/c++.gch", "main.cc.gch", "third/forced.h.gch"]
)
def test_a_precompiled_header_of_gcc_is_an_intruder(newcomer: str, tmp_path: Path) -> None:
    unit = project("g++", tmp_path / "p", MAIN, third__used="", third__sub__deep="", third__forced="")
    places = places_of(replace(unit, force_includes=("forced.h",)))

    write_tree(unit.cwd, {newcomer: ""})

    assert intruder(places) is not None


@pytest.mark.parametrize("newcomer", ["forced.h.pch", "forced.h.gch"])
def test_a_precompiled_header_of_clang_is_an_intruder(newcomer: str, tmp_path: Path) -> None:
    unit = project("clang++", tmp_path / "p", MAIN, third__used="", third__sub__deep="", forced="")
    places = places_of(replace(unit, force_includes=("forced.h",)))

    write_tree(unit.cwd, {newcomer: ""})

    assert intruder(places) == str(unit.cwd / newcomer)


def test_a_precompiled_header_in_use_is_opaque(tmp_path: Path) -> None:
    unit = project("g++", tmp_path / "p", '#include "used.h"\n', used="int used;\n")
    subprocess.run([require_tool("g++", "g++"), "-x", "c++-header", "used.h"], cwd=unit.cwd, check=True)

    found = unit.places()

    assert isinstance(found, Opaque)
    assert found.reason is Reason.PRECOMPILED_HEADER


@COMPILERS
def test_a_file_that_appeared_in_front_of_one_that_was_read_is_opaque(compiler: str, tmp_path: Path) -> None:
    unit = project(compiler, tmp_path / "p", MAIN, third__used="", third__sub__deep="")
    started_ns = file_clock_ns(tmp_path)
    inputs = unit.inputs()
    write_tree(unit.cwd, {"first/used.h": ""})

    found = unit.places_for(inputs, started_ns=started_ns)

    assert isinstance(found, Opaque)
    assert found.reason is Reason.APPEARED_DURING_COMPILE
    assert found.detail == str(unit.cwd / "first/used.h")


@COMPILERS
def test_an_old_folder_moved_in_front_during_the_compile_is_opaque(compiler: str, tmp_path: Path) -> None:
    unit = project(compiler, tmp_path / "p", MAIN, third__used="", third__sub__deep="", elsewhere__deep="")
    # The clock of the file system ticks between the writing above and the compile.
    started_ns = file_clock_ns(tmp_path)
    while file_clock_ns(tmp_path) == started_ns:
        continue
    started_ns = file_clock_ns(tmp_path)
    inputs = unit.inputs()
    (unit.cwd / "elsewhere").rename(unit.cwd / "first/sub")

    found = unit.places_for(inputs, started_ns=started_ns)

    assert isinstance(found, Opaque)
    assert found.reason is Reason.APPEARED_DURING_COMPILE


@COMPILERS
def test_an_old_file_that_no_active_line_reads_does_not_matter(compiler: str, tmp_path: Path) -> None:
    main = '#include "used.h"\n#if 0\n#include "idle.h"\n#include <nowhere/at_all.h>\n#endif\n'
    unit = project(compiler, tmp_path / "p", main, third__used="", second__idle="#error idle\n")
    places = places_of(unit)

    shutil.rmtree(unit.cwd / "second")
    (unit.cwd / "second").mkdir()
    write_tree(unit.cwd, {"first/nowhere/at_all.h": "", "first/idle.h": ""})

    assert intruder(places) is None


def test_a_header_that_clang_cannot_report_is_opaque(tmp_path: Path) -> None:
    unit = project("clang++", tmp_path / "p", '#include "sub\\\\deep.h"\n'.replace("\\\\", "\\"))
    (unit.cwd / "sub\\deep.h").write_text("int deep;\n")
    write_tree(unit.cwd, {"sub/deep.h": "int another;\n"})

    found = unit.places()

    assert isinstance(found, Opaque)
    assert found.reason is Reason.NO_REPORT


def test_an_input_that_is_gone_is_opaque(tmp_path: Path) -> None:
    unit = project("g++", tmp_path / "p", MAIN, third__used="", third__sub__deep="")
    inputs = unit.inputs()
    (unit.cwd / "third/used.h").unlink()

    found = unit.places_for(inputs, started_ns=2**62)

    assert isinstance(found, Opaque)
    assert found.reason is Reason.INPUT_MISSING


def test_frameworks_are_searched_as_clang_does(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {"main.c": "#include <Kit/Part.h>\n", "Two/Kit.framework/Headers/Part.h": ""})
    (root / "One").mkdir()
    folders = (str(root / "One"), str(root / "Two"))
    search = SearchPath((), folders, (), frameworks=frozenset(folders))
    places = find_places(
        source=str(root / "main.c"),
        inputs=(str(root / "main.c"), str(root / "Two/Kit.framework/Headers/Part.h")),
        force_includes=(),
        search=search,
        scans=scan_file,
        disk=LocalDisk(),
        cwd=str(root),
        dialect=Dialect.CLANG,
        macro_values=(),
        started_ns=2**62,
    )
    assert isinstance(places, Places)

    write_tree(root, {"One/Kit.framework/PrivateHeaders/Part.h": ""})

    assert intruder(places) == str(root / "One/Kit.framework/PrivateHeaders/Part.h")


@COMPILERS
def test_a_folder_that_cannot_be_listed_has_the_same_places(compiler: str, tmp_path: Path) -> None:
    unit = project(compiler, tmp_path / "p", MAIN, third__used="", third__sub__deep="")
    asked = {
        "source": str(unit.cwd / "main.cc"),
        "inputs": unit.inputs(),
        "force_includes": (),
        "search": unit.search_path(),
        "scans": scan_file,
        "cwd": str(unit.cwd),
        "dialect": unit.dialect,
        "macro_values": (),
        "started_ns": 2**62,
    }

    assert find_places(**asked, disk=ClosedDisk()) == find_places(**asked, disk=LocalDisk())  # type: ignore[arg-type]


@COMPILERS
def test_every_appearance_shows_in_a_guard(compiler: str, tmp_path: Path) -> None:
    unit = project(compiler, tmp_path / "p", MAIN, third__used="", third__sub__deep="")
    places = places_of(unit)

    folders = set(guards(places, LocalDisk()))

    assert {str(unit.cwd), *(f"{unit.cwd}/{name}" for name in ("first", "second", "third"))} <= folders
    assert all(os.path.isdir(folder) for folder in folders)
