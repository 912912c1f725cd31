"""What moves while a compile runs is not kept, and what was kept wrongly would show in the next hit."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tools import require_tool
from walk import FELL_BACK, Walk, nothing
from zccache.common import recording, steps
from zccache.common.freshness import changed_ns, tick_ns, uptime_ns, was_set_back
from zccache.common.reasons import Reason

MOMENTS = ["meanwhile", "afterwards"]


def raced(walk: Walk, moment: str, change: Callable[[], object], *argv: str) -> str:
    """Compile with a change at a moment, and return how it went; whatever was kept must serve what is now."""
    walked = walk.walk(
        *argv,
        meanwhile=change if moment == "meanwhile" else nothing,
        afterwards=change if moment == "afterwards" else nothing,
    )
    walk.settle()
    walk.same(*argv)
    assert walk.same(*argv) in {"hit", "compile_failed"}
    return walked.how


@pytest.fixture
def project(walk: Walk) -> Walk:
    """Hand out a walk with a source, a header, a system header, an @file."""
    walk.put("a.c", '#include "own.h"\n#include <sys.h>\nint f(void) { return OWN + SYS + X; }\n')
    walk.put("own.h", "#define OWN 1\n")
    walk.put("sys/sys.h", "#define SYS 1\n")
    walk.put("args", "-DX=1")
    return walk


FILES = {
    "a.c": "int f;\n",
    "own.h": "#define OWN 2\n",
    "sys/sys.h": "#define SYS 2\n",
    "args": "-DX=2",
}


@pytest.mark.parametrize("report", ["-c", "-c -MMD"])
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("name", list(FILES))
def test_an_input_edited_during_the_compile_is_not_recorded(
    project: Walk, cc: str, name: str, moment: str, report: str
) -> None:
    """hazard 14, hazard 15, hazard 106"""
    edit = (project.folder / name).write_text

    how = raced(
        project, moment, lambda: edit(FILES[name]), cc, *report.split(), "@args", "-isystem", "sys", "a.c"
    )

    assert how == Reason.INPUT_CHANGED.word


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_clock_that_is_set_back_meanwhile_proves_nothing(
    project: Walk, cc: str, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """hazard 107: what is edited then seems older than the start of the compile."""
    argv = [cc, "-c", "-DX=1", "-isystem", "sys", "a.c"]
    an_hour_ns = 3600 * 10**9
    with monkeypatch.context() as patch:
        # The compile begins in an hour, so to speak, and somebody then sets the clock.
        patch.setattr(steps, "wait_for_next_tick", lambda newest_ns: tick_ns() + an_hour_ns)
        patch.setattr(recording, "changed_ns", lambda signature: changed_ns(signature) + an_hour_ns)
        edit: dict[str, Callable[[], object]] = {moment: lambda: project.put("own.h", "#define OWN 2\n")}

        walked = project.walk(*argv, **edit)  # type: ignore[arg-type]

    assert walked.how == Reason.CLOCK_SET_BACK.word
    assert project.twice(*argv) == ["stored", "hit"]


def test_a_clock_that_goes_ahead_meanwhile_does_no_harm(
    project: Walk, cc: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """hazard 107: a machine that was asleep."""
    argv = [cc, "-c", "-DX=1", "-isystem", "sys", "a.c"]
    slept_ns = 10**9
    monkeypatch.setattr(steps, "uptime_ns", lambda: uptime_ns() + slept_ns)

    assert project.twice(*argv) == ["stored", "hit"]


@pytest.mark.parametrize(("lost_ns", "is_told"), [(0, False), (500_000, False), (20_000_000, True)])
def test_a_clock_that_is_corrected_is_not_set_back(lost_ns: int, is_told: bool) -> None:
    """hazard 107"""
    now_ns, up_ns = time.time_ns(), uptime_ns()

    assert was_set_back(now_ns + lost_ns, up_ns) is is_told
    assert was_set_back(now_ns - 10**12 + 10**8, up_ns - 10**12) is False


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_input_edited_and_put_back_is_not_recorded(project: Walk, cc: str, moment: str) -> None:
    """hazard 14"""
    header = project.folder / "own.h"
    text, times = header.read_text(), header.stat()

    def edit_and_undo() -> None:
        header.write_text("#define OWN 2\n")
        header.write_text(text)
        os.utime(header, ns=(times.st_atime_ns, times.st_mtime_ns))

    how = raced(project, moment, edit_and_undo, cc, "-c", "-DX=1", "-isystem", "sys", "a.c")

    assert how == Reason.INPUT_CHANGED.word


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_input_replaced_by_an_older_file_is_not_recorded(project: Walk, cc: str, moment: str) -> None:
    """hazard 12, hazard 14"""
    other = project.put("other.h", "#define OWN 2\n")
    os.utime(other, (1_000_000_000, 1_000_000_000))
    project.settle()

    how = raced(
        project,
        moment,
        lambda: other.rename(project.folder / "own.h"),
        *(cc, "-c", "-DX=1", "-isystem", "sys", "a.c"),
    )

    assert how == Reason.INPUT_CHANGED.word


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_link_pointed_elsewhere_during_the_compile_is_not_recorded(
    walk: Walk, cc: str, what: str, moment: str
) -> None:
    """hazard 11, hazard 14: both targets are as old as can be."""
    walk.put("v1/h.h", "int one;\n")
    walk.put("v2/h.h", "int two;\n")
    walk.put("a.c", '#include "now/h.h"\n' if what == "folder" else '#include "h.h"\n')
    link = walk.folder / ("now" if what == "folder" else "h.h")
    targets = ("v1", "v2") if what == "folder" else ("v1/h.h", "v2/h.h")
    link.symlink_to(targets[0])
    walk.settle()

    def point_elsewhere() -> None:
        link.unlink()
        link.symlink_to(targets[1])

    assert raced(walk, moment, point_elsewhere, cc, "-c", "a.c") == Reason.INPUT_CHANGED.word


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_folder_exchanged_during_the_compile_is_not_recorded(walk: Walk, cc: str, moment: str) -> None:
    """hazard 9, hazard 14"""
    walk.put("now/h.h", "int one;\n")
    walk.put("next/h.h", "int two;\n")
    walk.put("a.c", '#include "now/h.h"\n')

    def exchange() -> None:
        (walk.folder / "now").rename(walk.folder / "before")
        (walk.folder / "next").rename(walk.folder / "now")

    assert raced(walk, moment, exchange, cc, "-c", "a.c") == Reason.INPUT_CHANGED.word


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_header_that_appears_before_another_during_the_compile_is_not_recorded(
    walk: Walk, cc: str, moment: str
) -> None:
    """hazard 1, hazard 14"""
    (walk.folder / "i1").mkdir()
    walk.put("i2/h.h", "int second;\n")
    walk.put("a.c", "#include <h.h>\n")
    appear = (walk.folder / "i1" / "h.h").write_text

    how = raced(walk, moment, lambda: appear("int first;\n"), cc, "-c", "-Ii1", "-Ii2", "a.c")

    # The compiler may have read the one that came: then it is an input that is too new.
    assert how in {Reason.APPEARED_DURING_COMPILE.word, Reason.INPUT_CHANGED.word}


def test_a_header_that_goes_during_the_compile_is_not_recorded(project: Walk, cc: str) -> None:
    gone = (project.folder / "own.h").unlink

    how = raced(project, "afterwards", gone, cc, "-c", "-DX=1", "-isystem", "sys", "a.c")

    assert how == Reason.INPUT_MISSING.word


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_compiler_replaced_during_the_compile_is_not_recorded(
    walk: Walk, tmp_path: Path, moment: str
) -> None:
    """hazard 62"""
    compiler = tmp_path / "bin" / "cc"
    compiler.parent.mkdir()
    compiler.symlink_to(require_tool("gcc", "gcc"))
    clang = require_tool("clang", "clang")

    def replace() -> None:
        compiler.unlink()
        compiler.symlink_to(clang)

    assert raced(walk, moment, replace, str(compiler), "-c", "a.c") == Reason.INPUT_CHANGED.word


def test_an_output_that_goes_before_it_is_kept_is_not_recorded(walk: Walk, cc: str) -> None:
    """hazard 91"""
    walked = walk.walk(cc, "-c", "a.c", afterwards=(walk.folder / "a.o").unlink)

    assert walked.how == Reason.OUTPUT_MISSING.word


def test_an_output_that_is_empty_is_not_recorded(walk: Walk, cc: str) -> None:
    """hazard 91"""
    walked = walk.walk(cc, "-c", "a.c", afterwards=lambda: (walk.folder / "a.o").write_bytes(b""))

    assert walked.how == Reason.OUTPUT_MISSING.word


def test_an_output_from_before_is_not_recorded(walk: Walk, tmp_path: Path) -> None:
    """hazard 45, hazard 91: a compiler that exits with 0 and writes nothing."""
    script = tmp_path / "bin" / "gcc"
    script.parent.mkdir()
    gcc = require_tool("gcc", "gcc")
    script.write_text(
        f'#!/bin/sh\ncase "$*" in *"-c a.c"*) {gcc} -c "$@" -o b.o; exit 0;; esac\nexec {gcc} "$@"\n'
    )
    script.chmod(0o755)
    walk.put("a.o", "old")

    assert walk.walk(str(script), "-c", "a.c").how == Reason.OUTPUT_MISSING.word


def test_an_output_that_became_a_link_is_not_recorded(walk: Walk, cc: str) -> None:
    def become_link() -> None:
        (walk.folder / "a.o").rename(walk.folder / "b.o")
        (walk.folder / "a.o").symlink_to("b.o")

    assert walk.walk(cc, "-c", "a.c", afterwards=become_link).how == Reason.OUTPUT_NOT_A_FILE.word


@pytest.mark.parametrize("words", [["-MD"], ["-MMD"], []])
def test_a_report_that_is_gone_is_not_guessed(walk: Walk, cc: str, words: list[str]) -> None:
    def lose_reports() -> None:
        for path in (walk.folder / "a.d", *(walk.root / "tmp").iterdir()):
            path.unlink(missing_ok=True)

    walked = walk.walk(cc, "-c", *words, "a.c", afterwards=lose_reports)

    assert walked.how == Reason.NO_REPORT.word


def test_a_report_is_removed_whatever_happens(walk: Walk, cc: str) -> None:
    walk.walk(cc, "-c", "a.c")
    walk.put("a.c", "int f(void) { return }\n")
    walk.walk(cc, "-c", "a.c")

    assert list((walk.root / "tmp").iterdir()) == []


def test_a_cache_that_goes_before_the_compiler_runs_breaks_nothing(walk: Walk, cc: str) -> None:
    """hazard 98"""
    assert walk.same(cc, "-c", "a.c") == "stored"

    shutil.rmtree(walk.root)

    assert walk.same(cc, "-c", "a.c") == FELL_BACK


@pytest.mark.parametrize("source", ["int f;\n", "int f(void) { return }\n"])
def test_a_place_for_reports_that_is_gone_breaks_nothing(walk: Walk, cc: str, source: str) -> None:
    """hazard 98, hazard 99: the compiler would fail to write the report that we want of it."""
    assert walk.same(cc, "-c", "a.c") == "stored"
    shutil.rmtree(walk.root / "tmp")
    walk.put("a.c", source)

    assert walk.same(cc, "-c", "a.c") == Reason.STORE_UNAVAILABLE.word


def test_a_cache_that_goes_while_the_compiler_runs_breaks_nothing(walk: Walk, cc: str) -> None:
    """hazard 98"""
    bare = walk.bare(cc, "-c", "-MD", "a.c")

    walked = walk.walk(cc, "-c", "-MD", "a.c", afterwards=lambda: shutil.rmtree(walk.root))

    assert walked.left.status == bare.status
    assert walked.how in {Reason.STORE_UNAVAILABLE.word, Reason.NO_REPORT.word}
