"""cl, by a script that behaves as it does, since it cannot be run here: its own reports are believed."""

from pathlib import Path

import pytest

from fake_cl import NOTES, write_fake_cl
from walk import TO_AND_FRO, Walk
from zccache.common.includes.shown import shown_names
from zccache.common.reasons import Reason


@pytest.fixture
def sources(walk: Walk) -> Walk:
    walk.put("a.c", '#include "in/h.h"\nint a;\n')
    walk.put("in/h.h", '#include "deep.h"\n')
    walk.put("in/deep.h", "deep 1\n")
    walk.put("other/deep.h", "other\n")
    return walk


@pytest.mark.parametrize("language", NOTES)
def test_the_includes_that_the_user_asks_for_are_read_in_every_language(
    sources: Walk, tmp_path: Path, language: str
) -> None:
    cl = write_fake_cl(tmp_path / "bin", language)

    hows = sources.to_and_fro(
        [cl, "/nologo", "/showIncludes", "/c", "a.c"],
        lambda: sources.put("in/deep.h", "deep 2\n"),
        lambda: sources.put("in/deep.h", "deep 1\n"),
    )

    assert hows == TO_AND_FRO


def test_without_them_nothing_is_added_to_what_is_printed(sources: Walk, tmp_path: Path) -> None:
    cl = write_fake_cl(tmp_path / "bin")

    hows = sources.to_and_fro(
        [cl, "/c", "a.c"],
        lambda: sources.put("in/deep.h", "deep 2\n"),
        lambda: sources.put("in/deep.h", "deep 1\n"),
    )

    assert hows == TO_AND_FRO


@pytest.mark.parametrize("words", [["/showIncludes"], []])
@pytest.mark.parametrize("place", ["in/late.h", "late.h", "named/late.h", "first/late.h"])
def test_a_header_that_comes_before_another_is_seen(
    sources: Walk, tmp_path: Path, words: list[str], place: str
) -> None:
    cl = write_fake_cl(tmp_path / "bin")
    sources.put("in/h.h", '#include "late.h"\n')
    for folder in ("named", "first", "other"):
        sources.put(f"{folder}/x", "")
    sources.put("other/late.h", "late\n")
    sources.env["INCLUDE"] = "first;other"

    hows = sources.to_and_fro(
        [cl, *words, "/c", "/Inamed", "a.c"],
        lambda: sources.put(place, "early\n"),
        (sources.folder / place).unlink,
    )

    assert hows == TO_AND_FRO


def test_a_language_that_is_not_known_is_not_cached(sources: Walk, tmp_path: Path) -> None:
    cl = write_fake_cl(tmp_path / "bin")
    Path(cl).write_text(Path(cl).read_text().replace("Note: including", "Qap: ghItlh"))

    assert sources.twice(cl, "/showIncludes", "/c", "a.c") == [Reason.NO_REPORT.word] * 2


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"PCH": "x.pch"}, Reason.PRECOMPILED_HEADER),
        ({"ImportedModules": [{"Name": "std"}]}, Reason.MODULES),
        ({"Includes": None}, Reason.NO_REPORT),
    ],
)
def test_a_report_of_more_than_headers_is_not_enough(
    sources: Walk, tmp_path: Path, more: dict[str, object], reason: Reason
) -> None:
    cl = write_fake_cl(tmp_path / "bin", more=more)

    assert sources.same(cl, "/c", "a.c") == reason.word


def test_another_library_beside_the_program_is_another_compiler(sources: Walk, tmp_path: Path) -> None:
    cl = write_fake_cl(tmp_path / "bin")
    library = tmp_path / "bin" / "c1.dll"

    hows = sources.to_and_fro(
        [cl, "/c", "a.c"],
        lambda: library.write_bytes(b"new front end"),
        lambda: library.write_bytes(b"front end"),
    )

    assert hows == TO_AND_FRO


def test_names_are_taken_from_the_lines_that_show_them_and_no_other() -> None:
    printed = (
        b"a.cpp\r\nNote: including file: C:\\x y\\h.h\r\nNote: including file:  /in.h\r\n"
        b"a.cpp(3): warning C4100: Note: including file: no.h\r\nHinweis: Einlesen der Datei:   d.h\r\n"
    )

    assert shown_names(printed) == ("C:\\x y\\h.h", "/in.h", "d.h")
    assert shown_names("참고: 포함 파일: k.h\nPoznámka: Včetně souboru:  r.h".encode()) == ("k.h", "r.h")
