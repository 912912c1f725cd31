"""What is remembered of folders, and that no change in one is overlooked."""

import os
import time
from pathlib import Path

import pytest

from zccache.common.freshness import tick_ns
from zccache.common.includes.disk import list_folder
from zccache.common.listings import Listings

DEADLINE_S = 10


@pytest.fixture
def looks() -> list[str]:
    return []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with one file, last changed in an earlier tick."""
    made = tmp_path / "include"
    made.mkdir()
    (made / "a.h").touch()
    wait_for_a_tick_after(made)
    return made


def wait_for_a_tick_after(folder: Path) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while tick_ns() <= folder.stat().st_ctime_ns:
        assert time.monotonic() < deadline


def listings_that_tell(looks: list[str], most_names: int = 1000) -> Listings:
    def look(folder: str) -> frozenset[str] | None:
        looks.append(folder)
        return list_folder(folder)

    return Listings(most_names, look)


def test_a_folder_that_did_not_change_is_read_once(folder: Path, looks: list[str]) -> None:
    listings = listings_that_tell(looks)

    found = [listings.names_in(str(folder)) for _ in range(3)]

    assert found == [frozenset({"a.h"})] * 3
    assert looks == [str(folder)]


def test_a_file_that_appears_is_seen_at_once(folder: Path, looks: list[str]) -> None:
    listings = listings_that_tell(looks)

    for number in range(200):
        listings.names_in(str(folder))
        (folder / f"{number}.h").touch()

        assert f"{number}.h" in (listings.names_in(str(folder)) or ())


def test_a_file_that_goes_is_seen_at_once(folder: Path, looks: list[str]) -> None:
    listings = listings_that_tell(looks)
    listings.names_in(str(folder))

    (folder / "a.h").unlink()

    assert listings.names_in(str(folder)) == frozenset()


def test_another_folder_under_the_name_is_seen_at_once(
    folder: Path, tmp_path: Path, looks: list[str]
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    listings = listings_that_tell(looks)
    listings.names_in(str(folder))

    os.rename(folder, tmp_path / "old")
    os.rename(other, folder)

    assert listings.names_in(str(folder)) == frozenset()


def test_a_folder_that_goes_has_no_names(folder: Path, looks: list[str]) -> None:
    listings = listings_that_tell(looks)
    listings.names_in(str(folder))

    os.rename(folder, folder.with_name("gone"))

    assert listings.names_in(str(folder)) is None


def test_no_more_names_are_remembered_than_allowed(folder: Path, tmp_path: Path, looks: list[str]) -> None:
    big = tmp_path / "big"
    big.mkdir()
    for number in range(4):
        (big / str(number)).touch()
    wait_for_a_tick_after(big)
    listings = listings_that_tell(looks, most_names=4)

    for path in (folder, big, folder):
        listings.names_in(str(path))

    assert looks == [str(folder), str(big), str(folder)]
