"""Links for Windows by Debian's gcc for it: programs, libraries, and what is written beside them."""

import pytest

from link_project import SOURCES, put_archive, run
from tools import require_tool
from walk import TO_AND_FRO, Walk

CC = "x86_64-w64-mingw32-gcc"
# By default GNU ld puts the time of the link into the file.
TIMELESS = "-Wl,--no-insert-timestamp"


@pytest.fixture
def project(walk: Walk) -> Walk:
    """Hand out a walk with objects for Windows, and an archive."""
    require_tool(CC, "gcc-mingw-w64-x86-64-win32")
    for name in ("main.c", "f.c", "f2.c", "g.c"):
        walk.put(name, SOURCES[name])
    run(walk, CC, "-c", "main.c", "f.c", "f2.c", "g.c")
    for name in ("first", "lib", "out"):
        (walk.folder / name).mkdir()
    put_archive(walk, "lib/libf.a", "f.o")
    return walk


@pytest.mark.parametrize(
    "line",
    [
        "main.o f.o -o app",
        "main.o f.o -o out/app.exe -s",
        "main.o f.o",
        "main.o -Llib -lf -static -o out/app.bin -Wl,-Map=app.map",
        "-shared f.o g.o -o out/fg.dll -Wl,--out-implib,out/libfg.dll.a -Wl,--output-def,fg.def",
        "-shared f.o -o f.dll -Wl,--export-all-symbols -Wl,--enable-auto-import",
    ],
)
def test_everything_that_a_link_leaves_is_restored(line: str, project: Walk) -> None:
    assert project.twice(CC, TIMELESS, *line.split()) == ["stored", "hit"]


def test_a_link_with_the_time_in_it_hits_too(project: Walk) -> None:
    first = project.walk(CC, "main.o", "f.o", "-o", "app.exe")
    left = (project.folder / "app.exe").read_bytes()
    (project.folder / "app.exe").unlink()

    second = project.walk(CC, "main.o", "f.o", "-o", "app.exe")

    assert (first.how, second.how) == ("stored", "hit")
    assert (project.folder / "app.exe").read_bytes() == left


def test_an_import_library_that_comes_before_is_seen(project: Walk) -> None:
    def import_library() -> None:
        run(project, CC, "-shared", "f.o", "-o", "first/f.dll", "-Wl,--out-implib,first/libf.dll.a")

    hows = project.to_and_fro(
        [CC, TIMELESS, "main.o", "-Lfirst", "-Llib", "-lf", "-o", "app.exe"],
        import_library,
        lambda: run(project, "rm", "first/f.dll", "first/libf.dll.a"),
    )

    assert hows == TO_AND_FRO


@pytest.mark.parametrize("name", ["first/libf.a", "first/libf.dll.a", "lib/libf.dll.a", "first/f.lib"])
def test_a_library_that_comes_before_is_seen_without_a_driver(name: str, project: Walk) -> None:
    """Such a linker says that it is for Windows in the script that it shows."""
    linker = "x86_64-w64-mingw32-ld"
    require_tool(linker, "binutils-mingw-w64-x86-64")
    project.put("n.c", "int f(void); int mainCRTStartup(void) { return f(); }\n")
    run(project, CC, "-c", "n.c")

    hows = project.to_and_fro(
        [linker, "--no-insert-timestamp", "n.o", "-Lfirst", "-Llib", "-lf", "-o", "app.exe"],
        lambda: put_archive(project, name, "f2.o"),
        (project.folder / name).unlink,
    )

    assert hows == TO_AND_FRO
