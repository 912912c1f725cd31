"""Files that a compile leaves on request: kept and restored as the compiler writes them."""

import os
import re

import pytest

from tools import require_tool
from walk import Left, Walk

TEXT = """\
static inline int twice(int x) { return 2 * x; }
int f(const int *a, int n) { int s = 0; for (int i = 0; i < n; i++) s += twice(a[i]); return s; }
"""

SAVE_TEMPS = [
    "-c -save-temps a.c",
    "-c --save-temps a.c -o d/x.o",
    "-c -save-temps=obj a.c -o d/x.y.o",
    "-c -save-temps=obj d/b.c -MD",
    "-c -save-temps=cwd a.c -o d/x.o",
    "-c -save-temps -g -O2 d/b.c -o d/x",
    "-S -save-temps a.c",
    "-S -save-temps=obj a.c -o d/x.s",
    "-c -x c++ -save-temps=obj a.c -o d/x.o",
]
RECORDS = [
    "-c -O2 -fsave-optimization-record a.c",
    "-c -O2 -fsave-optimization-record=yaml a.c -o d/x.y.o",
    "-c -fsave-optimization-record d/b.c",
    "-c -O2 -foptimization-record-file=d/r.yaml a.c",
    "-c -O2 -foptimization-record-file=r.yaml -foptimization-record-passes=inline a.c -o d/x",
]
LISTINGS = [
    "-c -Wa,-aln=a.lst a.c",
    "-c -O2 -Wa,-adln=d/a.lst -MD a.c -o d/x.o",
    "-c -g -Wa,-adhln=a.lst a.c",
    "-c -g -Xassembler -ahln=a.lst a.c",
]


@pytest.fixture
def project(walk: Walk) -> Walk:
    """Hand out a walk with a source beside it and one in a folder."""
    walk.put("n.h", "#define N 1\n")
    walk.put("a.c", '#include "n.h"\nint n = N;\n' + TEXT)
    walk.put("d/b.c", '#include "../n.h"\nint n = N;\n' + TEXT)
    return walk


def cached(project: Walk, cc: str, line: str) -> list[str]:
    """Return how it goes to compile twice, twice after a header changed, and once after its undoing."""
    require_tool(cc, cc)
    return project.to_and_fro(
        [cc, *line.split()],
        lambda: project.put("n.h", "#define N 2\n"),
        lambda: project.put("n.h", "#define N 1\n"),
    )


@pytest.mark.parametrize("line", SAVE_TEMPS)
def test_what_was_made_on_the_way_is_kept(project: Walk, cc: str, line: str) -> None:
    """hazard 76"""
    assert cached(project, cc, line) == ["stored", "hit", "stored", "hit", "hit"]


@pytest.mark.parametrize("line", RECORDS)
def test_optimization_records_of_clang_are_kept(project: Walk, line: str) -> None:
    """hazard 76"""
    assert cached(project, "clang", line) == ["stored", "hit", "stored", "hit", "hit"]


@pytest.mark.parametrize("line", LISTINGS)
def test_listings_of_the_assembler_are_kept(project: Walk, line: str) -> None:
    """hazard 76"""
    assert cached(project, "gcc", line) == ["stored", "hit", "stored", "hit", "hit"]


@pytest.mark.parametrize("words", ["-a,-ad,-alms=a.lst", "-aslh=a.lst", "-a=a.lst", "-adhlns=a.lst,-W"])
def test_a_listing_tells_of_a_temporary_file_as_it_did_when_it_was_made(project: Walk, words: str) -> None:
    """hazard 76"""
    command = ("gcc", "-c", "-g", f"-Wa,{words}", "a.c")
    bare = project.bare(*command)
    (project.folder / "a.lst").unlink()
    (project.folder / "a.o").unlink()

    made = project.walk(*command)
    for name in made.left.files:
        (project.folder / name).unlink()
    again = project.walk(*command)

    assert (made.how, again.how) == ("stored", "hit")
    assert again.left == made.left
    assert _listing(made.left) == _listing(bare)
    assert made.left.files["a.o"] == bare.files["a.o"]


def _listing(left: Left) -> bytes:
    """Return a listing with the name of the temporary file that it is of taken out."""
    found = left.files["a.lst"]
    assert found is not None
    return re.sub(rb"/tmp/cc\w{6}\.s", b"TEMPORARY", found.data)


@pytest.mark.parametrize(
    ("compiler", "line", "names"),
    [
        ("gcc", "-c -save-temps a.c", ["a.i", "a.s"]),
        ("clang", "-c -save-temps a.c", ["a.i", "a.bc", "a.s"]),
        ("clang", "-c -O2 -fsave-optimization-record a.c", ["a.opt.yaml"]),
        ("gcc", "-c -Wa,-aln=a.lst a.c", ["a.lst"]),
    ],
)
@pytest.mark.parametrize("mode", [0o600, 0o755])
def test_one_that_is_there_ends_as_with_the_compiler(
    project: Walk, compiler: str, line: str, names: list[str], mode: int
) -> None:
    """hazard 86, hazard 88"""
    require_tool(compiler, compiler)

    def old_files() -> None:
        for name in names:
            path = project.folder / name
            path.write_text("old and longer than what comes " * 900)
            os.link(path, f"{path}.other")
            path.chmod(mode)

    argv = [compiler, *line.split()]

    assert [project.same(*argv, given=old_files) for _ in range(2)] == ["stored", "hit"]
    assert project.same(*argv) == "hit"
