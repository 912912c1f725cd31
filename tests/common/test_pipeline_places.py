"""What no depfile tells: a file that appears, goes, or becomes another where the compiler looks."""

import os
import shutil
from collections.abc import Callable

import pytest

from tools import require_tool
from walk import TO_AND_FRO, Walk

H_ASKING = '#if __has_include("x.h")\nint has_x;\n#endif\n'


def remove(walk: Walk, name: str) -> Callable[[], None]:
    return (walk.folder / name).unlink


@pytest.mark.parametrize("report", ["-c", "-c -MD", "-c -MMD"])
@pytest.mark.parametrize("place", ["i1/h.h", "h.h", "q/h.h"])
@pytest.mark.parametrize("spelling", ['"h.h"', "<h.h>"])
def test_a_header_that_appears_before_another_is_seen(
    walk: Walk, cc: str, spelling: str, place: str, report: str
) -> None:
    """hazard 1, hazard 2"""
    for folder in ("i1", "q"):
        (walk.folder / folder).mkdir()
    walk.put("i2/h.h", "int second;\n")
    walk.put("a.c", f"#include {spelling}\n")
    argv = [cc, *report.split(), "-iquote", "q", "-Ii1", "-isystem", "i2", "a.c"]
    is_reached = place == "i1/h.h" or '"' in spelling

    hows = walk.to_and_fro(argv, lambda: walk.put(place, "int first;\n"), remove(walk, place))

    assert hows == (TO_AND_FRO if is_reached else ["stored", "hit", "hit", "hit", "hit"])


@pytest.mark.parametrize("source", [H_ASKING, H_ASKING.replace('"x.h"', "X"), '#include "own.h"\n'])
def test_a_has_include_that_changes_its_answer_is_seen(walk: Walk, compiler: str, source: str) -> None:
    """hazard 3"""
    walk.put("own.h", H_ASKING)
    walk.put("a.cc", '#define X "x.h"\n' + source)

    hows = walk.to_and_fro(
        [compiler, "-c", "-MMD", "a.cc"], lambda: walk.put("x.h", "int x;\n"), remove(walk, "x.h")
    )

    assert hows == TO_AND_FRO


def test_a_has_include_whose_file_goes_away_is_seen(walk: Walk, cc: str) -> None:
    """hazard 3"""
    walk.put("a.c", H_ASKING)
    walk.put("sys/x.h", "int x;\n")
    argv = [cc, "-c", "-isystem", "sys", "a.c"]

    hows = walk.to_and_fro(argv, remove(walk, "sys/x.h"), lambda: walk.put("sys/x.h", "int x;\n"))

    assert hows == TO_AND_FRO


def test_a_folder_that_appears_is_seen(walk: Walk, cc: str) -> None:
    """hazard 1: the compiler drops a missing folder from its list."""
    walk.put("i2/h.h", "int second;\n")
    walk.put("a.c", '#include "h.h"\n')
    argv = [cc, "-c", "-Inone/deeper", "-Ii2", "a.c"]

    hows = walk.to_and_fro(
        argv,
        lambda: walk.put("none/deeper/h.h", "int first;\n"),
        lambda: shutil.rmtree(walk.folder / "none"),
    )

    assert hows == TO_AND_FRO


def test_a_header_behind_another_link_is_seen(walk: Walk, cc: str) -> None:
    """hazard 11"""
    walk.put("v1.h", "int one;\n")
    walk.put("v2.h", "int two;\n")
    walk.put("a.c", '#include "h.h"\n')
    link = walk.folder / "h.h"
    link.symlink_to("v1.h")

    def point_to(target: str) -> None:
        link.unlink()
        link.symlink_to(target)

    hows = walk.to_and_fro([cc, "-c", "-MD", "a.c"], lambda: point_to("v2.h"), lambda: point_to("v1.h"))

    assert hows == TO_AND_FRO


def test_a_folder_behind_another_link_is_seen(walk: Walk, cc: str) -> None:
    """hazard 11"""
    walk.put("v1/h.h", "int one;\n")
    walk.put("v2/h.h", "int two;\n")
    walk.put("a.c", "#include <h.h>\n")
    link = walk.folder / "now"
    link.symlink_to("v1")

    def point_to(target: str) -> None:
        link.unlink()
        link.symlink_to(target)

    hows = walk.to_and_fro(
        [cc, "-c", "-isystem", "now", "a.c"], lambda: point_to("v2"), lambda: point_to("v1")
    )

    assert hows == TO_AND_FRO


def test_a_header_replaced_with_equal_size_and_mtime_is_seen(walk: Walk, cc: str) -> None:
    """hazard 12"""
    walk.put("a.c", '#include "h.h"\n')
    header = walk.put("h.h", "int one;\n")
    times = header.stat()

    def replace_by(text: str) -> None:
        other = walk.put("other.h", text)
        os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
        other.rename(header)
        walk.settle()

    hows = walk.to_and_fro(
        [cc, "-c", "a.c"], lambda: replace_by("int two;\n"), lambda: replace_by("int one;\n")
    )

    assert hows == TO_AND_FRO


def test_a_header_rewritten_with_its_mtime_put_back_is_seen(walk: Walk, cc: str) -> None:
    """hazard 12, hazard 66"""
    walk.put("a.c", '#include "h.h"\n')
    header = walk.put("h.h", "int one;\n")
    times = header.stat()

    def rewrite(text: str) -> None:
        walk.put("h.h", text)
        os.utime(header, ns=(times.st_atime_ns, times.st_mtime_ns))

    hows = walk.to_and_fro(
        [cc, "-c", "-MD", "a.c"], lambda: rewrite("int two;\n"), lambda: rewrite("int one;\n")
    )

    assert hows == TO_AND_FRO


def test_a_header_rewritten_within_a_tick_is_seen(walk: Walk, cc: str) -> None:
    """hazard 13"""
    walk.put("a.c", '#include "h.h"\n')
    header = walk.folder / "h.h"

    for number in (1, 2, 1, 2, 1, 2):
        header.write_text(f"int h{number};\n")
        walk.same(cc, "-c", "a.c")


def test_a_removed_header_is_an_error_and_its_return_a_hit(walk: Walk, cc: str) -> None:
    """hazard 8, hazard 90"""
    walk.put("a.c", '#include "h.h"\n')
    walk.put("h.h", "int one;\n")

    hows = walk.to_and_fro(
        [cc, "-c", "-MD", "a.c"], remove(walk, "h.h"), lambda: walk.put("h.h", "int one;\n")
    )

    assert hows == ["stored", "hit", "compile_failed", "compile_failed", "hit"]


def test_a_folder_moved_away_and_back_hits_both_ways(walk: Walk, cc: str) -> None:
    """hazard 9"""
    walk.put("one/h.h", "int one;\n")
    walk.put("two/h.h", "int two;\n")
    walk.put("a.c", '#include "h.h"\n')
    one, away = walk.folder / "one", walk.folder / "away"

    hows = walk.to_and_fro(
        [cc, "-c", "-Ione", "-Itwo", "a.c"], lambda: one.rename(away), lambda: away.rename(one)
    )

    assert hows == TO_AND_FRO


@pytest.mark.parametrize("report", ["-c", "-c -MMD"])
def test_the_next_header_is_followed(walk: Walk, cc: str, report: str) -> None:
    for folder in ("i1", "i2", "i3"):
        (walk.folder / folder).mkdir()
    walk.put("i1/h.h", "#include_next <h.h>\nint first;\n")
    walk.put("i3/h.h", "int third;\n")
    walk.put("a.c", "#include <h.h>\n")
    argv = [cc, *report.split(), "-Ii1", "-Ii2", "-isystem", "i3", "a.c"]

    hows = walk.to_and_fro(argv, lambda: walk.put("i2/h.h", "int second;\n"), remove(walk, "i2/h.h"))

    assert hows == TO_AND_FRO


@pytest.mark.parametrize("source", ["#define H <h.h>\n#include H\n", "#include H\n"])
def test_a_computed_include_is_followed(walk: Walk, cc: str, source: str) -> None:
    (walk.folder / "i1").mkdir()
    walk.put("i2/h.h", "int second;\n")
    walk.put("a.c", source)
    defined = [] if "define" in source else ["-DH=<h.h>"]

    hows = walk.to_and_fro(
        [cc, "-c", "-MD", "-Ii1", "-Ii2", *defined, "a.c"],
        lambda: walk.put("i1/h.h", "int first;\n"),
        remove(walk, "i1/h.h"),
    )

    assert hows == TO_AND_FRO


def test_a_computed_include_is_not_followed_without_a_whole_report(walk: Walk, cc: str) -> None:
    walk.put("sys/h.h", "int second;\n")
    walk.put("a.c", "#define H <h.h>\n#include H\n")

    assert walk.twice(cc, "-c", "-MMD", "-isystem", "sys", "a.c") == ["computed_include"] * 2


@pytest.mark.parametrize("sources", [("", ""), ("// one\n", "// two\n")])
def test_empty_sources_and_headers_hit(walk: Walk, cc: str, sources: tuple[str, str]) -> None:
    """hazard 17"""
    walk.put("h.h", sources[0])
    walk.put("a.c", sources[0])
    assert walk.twice(cc, "-c", "-MD", "-include", "h.h", "a.c") == ["stored", "hit"]

    walk.put("h.h", sources[1])

    assert walk.same(cc, "-c", "-MD", "-include", "h.h", "a.c") == ("hit" if not sources[0] else "stored")


def test_a_precompiled_header_that_appears_is_not_used_unseen(walk: Walk) -> None:
    """hazard 21"""
    require_tool("gcc", "gcc")
    walk.put("h.h", "int one;\n")
    walk.put("a.c", '#include "h.h"\n')
    assert walk.twice("gcc", "-c", "a.c") == ["stored", "hit"]

    walk.put("pch.h", "int from_pch;\n")
    assert walk.bare("gcc", "-x", "c-header", "pch.h", "-o", "h.h.gch").status == 0

    assert walk.same("gcc", "-c", "a.c") == "precompiled_header"


@pytest.mark.parametrize("named", ["there.y", "missing.y"])
def test_a_file_that_a_line_directive_names_is_no_surprise(walk: Walk, compiler: str, named: str) -> None:
    """hazard 18: gcc quotes it in warnings."""
    walk.put("there.y", "first line\nsecond line\n")
    walk.put("a.cc", f'#line 1 "{named}"\nint f(int x) {{ int unused; return x; }}\n')
    argv = [compiler, "-c", "-Wall", "a.cc"]

    text = "first line\nsecond line\n" if named == "there.y" else None
    hows = walk.to_and_fro(
        argv,
        lambda: walk.put(named, "changed line\nnext\n"),
        lambda: walk.put(named, text) if text else (walk.folder / named).unlink(),
    )

    assert hows == (["stored", *["hit"] * 4] if "clang" in compiler else TO_AND_FRO)


def test_a_fifo_as_a_header_does_not_hang_the_cache(walk: Walk, cc: str) -> None:
    """hazard 18, hazard 19"""
    walk.put("a.c", '#ifdef FIFO\n#include "fifo"\n#endif\nint f;\n')
    os.mkfifo(walk.folder / "fifo")

    assert walk.twice(cc, "-c", "a.c") == ["stored", "hit"]
    assert walk.same(cc, "-c", "-MMD", "a.c") in {"stored", "input_missing"}


@pytest.mark.parametrize(
    "targets", [("g.h", "h.h"), ("sub/../h.h",), ("h.h/x", "x"), ("../{folder}/g.h", "sub/../h.h")]
)
def test_links_that_lead_in_a_ring_do_not_hang_the_cache(
    walk: Walk, cc: str, targets: tuple[str, ...]
) -> None:
    (walk.folder / "i1/sub").mkdir(parents=True)
    walk.put("i2/h.h", "int second;\n")
    walk.put("a.c", "#include <h.h>\n#if __has_include(<g.h>)\nint g;\n#endif\n")
    for name, target in zip(("h.h", "g.h"), targets, strict=False):
        (walk.folder / "i1" / name).symlink_to(target.format(folder="i1"))

    hows = walk.twice(cc, "-c", "-Ii1", "-Ii2", "a.c")

    assert hows in (["stored", "hit"], ["compile_failed"] * 2)


@pytest.mark.parametrize("words", ["-c", "-c -MMD"])
@pytest.mark.parametrize(
    "source",
    [
        'const char data[] = {\n#embed "x.bin" if_empty(7)\n};\n',
        '#if __has_embed("x.bin") == 2\nint is_empty;\n#endif\n',
    ],
)
def test_an_embedded_file_is_an_input(walk: Walk, source: str, words: str) -> None:
    """hazard 5"""
    clang = require_tool("clang-19", "clang-19")
    walk.put("x.bin", b"\1\2\3")
    walk.put("a.c", source)
    argv = [clang, *words.split(), "-std=c23", "a.c"]

    hows = walk.to_and_fro(argv, lambda: walk.put("x.bin", b""), lambda: walk.put("x.bin", b"\1\2\3"))

    assert hows == TO_AND_FRO


@pytest.mark.parametrize("newcomer", ["sub/x.bin", "x.bin"])
@pytest.mark.parametrize("name", ['"x.bin"', "<x.bin>"])
def test_a_file_to_embed_that_appears_is_seen(walk: Walk, name: str, newcomer: str) -> None:
    """hazard 5: clang 19 looks for quoted names beside the source, then in the working folder."""
    clang = require_tool("clang-19", "clang-19")
    walk.put("sub/a.c", f"#if __has_embed({name})\nint has_x;\n#endif\n")
    argv = [clang, "-c", "-std=c23", "sub/a.c"]

    hows = walk.to_and_fro(argv, lambda: walk.put(newcomer, b"1"), remove(walk, newcomer))

    assert hows == (TO_AND_FRO if '"' in name else ["stored", "hit", "hit", "hit", "hit"])


def test_a_file_to_embed_that_appears_before_another_is_seen(walk: Walk) -> None:
    """hazard 5"""
    clang = require_tool("clang-19", "clang-19")
    walk.put("x.bin", b"1")
    walk.put("sub/a.c", 'const char data[] = {\n#embed "x.bin"\n};\n')
    argv = [clang, "-c", "-std=c23", "sub/a.c"]

    hows = walk.to_and_fro(argv, lambda: walk.put("sub/x.bin", b"2"), remove(walk, "sub/x.bin"))

    assert hows == TO_AND_FRO
