"""What the compiler may not read fails as without a cache, and hits when it may again."""

from functools import partial

import pytest

from walk import TO_AND_FRO, Walk

FAILS_MEANWHILE = ["stored", "hit", "compile_failed", "compile_failed", "hit"]


@pytest.mark.parametrize("report", ["-c", "-c -MMD"])
@pytest.mark.parametrize("name", ["own.h", "sys/sys.h", "sys"])
def test_a_closed_header_is_an_error(plain_walk: Walk, cc: str, name: str, report: str) -> None:
    plain_walk.put("own.h", "int own;\n")
    plain_walk.put("sys/sys.h", "int sys;\n")
    plain_walk.put("a.c", '#include "own.h"\n#include <sys.h>\n')
    close = (plain_walk.folder / name).chmod

    hows = plain_walk.to_and_fro(
        [cc, *report.split(), "-isystem", "sys", "a.c"], partial(close, 0), partial(close, 0o755)
    )

    assert hows == FAILS_MEANWHILE


def test_a_closed_source_is_the_compilers_affair(plain_walk: Walk, cc: str) -> None:
    close = (plain_walk.folder / "a.c").chmod

    hows = plain_walk.to_and_fro([cc, "-c", "a.c"], partial(close, 0), partial(close, 0o644))

    assert hows == ["stored", "hit", "source_not_a_file", "source_not_a_file", "hit"]


@pytest.mark.parametrize("mode", [0o000, 0o444, 0o666])
@pytest.mark.parametrize("folder", ["i1", "i1/n"])
def test_a_closed_folder_before_a_header_is_not_taken_for_empty(
    plain_walk: Walk, cc: str, folder: str, mode: int
) -> None:
    """The compilers differ in what they say, but they say something."""
    walk = plain_walk
    (walk.folder / "i1/n").mkdir(parents=True)
    walk.put("i2/n/h.h", "int second;\n")
    walk.put("a.c", "#include <n/h.h>\n")
    close = (walk.folder / folder).chmod
    try:
        hows = walk.to_and_fro([cc, "-c", "-Ii1", "-Ii2", "a.c"], partial(close, mode), partial(close, 0o755))
    finally:
        close(0o755)

    assert hows[:2] == ["stored", "hit"]
    assert hows[4] == "hit"


def test_a_folder_that_goes_is_not_taken_for_empty(walk: Walk, cc: str) -> None:
    """gcc 12 warns of a name on the search path that is no folder."""
    folder = walk.folder / "i1"
    folder.mkdir()
    walk.put("i2/h.h", "int second;\n")
    walk.put("a.c", "#include <h.h>\n")

    def become_file() -> None:
        folder.rmdir()
        folder.write_text("")

    def become_folder() -> None:
        folder.unlink()
        folder.mkdir()

    hows = walk.to_and_fro([cc, "-c", "-Ii1", "-Ii2", "a.c"], become_file, become_folder)

    assert hows == TO_AND_FRO
