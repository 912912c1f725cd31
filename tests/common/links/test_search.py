"""Where one link looked, by what it read."""

from pathlib import Path

import pytest

from zccache.common.links.search import NotFoundError, Search, forms_for

FORMS = forms_for(for_windows=False, only_static=False)


def search_of(tmp_path: Path, *read: str) -> Search:
    """Return a search along a and b, of a link that read these files, made here."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    for name in read:
        (tmp_path / name).write_text(name)
    search = Search([f"{tmp_path}/a", f"{tmp_path}/b"], FORMS)
    search.read(f"{tmp_path}/{name}" for name in read)
    return search


def test_what_was_missing_before_a_library_is_noted(tmp_path: Path) -> None:
    search = search_of(tmp_path, "b/libx.a")

    search.library("x")

    assert search.absent == {f"{tmp_path}/{name}" for name in ("a/libx.so", "a/libx.a", "b/libx.so")}
    assert not list(search.unexplained())


def test_a_file_that_was_passed_over_counts(tmp_path: Path) -> None:
    search = search_of(tmp_path, "b/libx.a")
    (tmp_path / "a/libx.so").write_text("of another machine")

    search.library("x")

    assert search.passed_over == {f"{tmp_path}/a/libx.so"}


def test_a_library_that_the_build_has_removed_meanwhile_is_known_by_its_name(tmp_path: Path) -> None:
    search = search_of(tmp_path, "b/libx.a")
    (tmp_path / "b/libx.a").unlink()

    search.library("x")
    gone = Search([f"{tmp_path}/a", f"{tmp_path}/b"], FORMS)
    gone.read([f"{tmp_path}/b/libx.a"])
    gone.library("x")

    assert not list(search.unexplained())
    assert not list(gone.unexplained())


def test_a_library_under_another_name_is_the_same(tmp_path: Path) -> None:
    search = search_of(tmp_path, "libreal.a")
    (tmp_path / "a/libx.a").symlink_to("../libreal.a")

    search.library("x")

    assert search.absent == {f"{tmp_path}/a/libx.so"}
    assert not list(search.unexplained())


def test_a_library_in_no_known_folder_is_an_error(tmp_path: Path) -> None:
    search = search_of(tmp_path, "libx.a")

    with pytest.raises(NotFoundError):
        search.library("x")
    assert list(search.unexplained()) == [f"{tmp_path}/libx.a"]


def test_once_shared_and_once_static_both_are_found(tmp_path: Path) -> None:
    search = search_of(tmp_path, "a/libx.so", "b/libx.a")

    search.library("x")

    assert not list(search.unexplained())
    assert search.absent == {f"{tmp_path}/a/libx.a", f"{tmp_path}/b/libx.so"}


def test_a_second_name_of_what_was_found_does_not_lead_the_search_on(tmp_path: Path) -> None:
    search = search_of(tmp_path, "a/libx.so")
    (tmp_path / "b/libx.so").symlink_to("../a/libx.so")

    search.library("x")

    assert not search.absent
    assert not list(search.unexplained())
