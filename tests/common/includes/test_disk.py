import os
from pathlib import Path

import pytest

from zccache.common.includes.disk import LocalDisk


def test_a_folder_is_listed_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.h").write_text("")
    (tmp_path / "b").mkdir()

    assert LocalDisk().listing(str(tmp_path)) == frozenset({"a.h", "b"})


def test_what_is_no_folder_has_no_listing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    assert LocalDisk().listing(str(tmp_path / "file")) is None
    assert LocalDisk().listing(str(tmp_path / "nothing")) is None


def test_a_folder_that_is_blind_to_case_has_no_listing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Name.h").write_text("")
    (tmp_path / "nAME.H").write_text("")
    monkeypatch.setattr(os, "listdir", lambda folder: ["Name.h"])

    assert LocalDisk().listing(str(tmp_path)) is None


def test_only_what_can_be_opened_as_a_file_is_one(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "dangling").symlink_to("nothing")
    disk = LocalDisk()

    files = [
        name
        for name in ("folder", "file", "link", "dangling", "nothing", "\0")
        if disk.is_file(f"{tmp_path}/{name}")
    ]

    assert files == ["file", "link"]
    assert disk.identity(f"{tmp_path}/link") == disk.identity(f"{tmp_path}/file") is not None
    assert disk.identity(f"{tmp_path}/dangling") is None
    assert disk.link_target(f"{tmp_path}/dangling") == "nothing"
    assert disk.link_target(f"{tmp_path}/file") is None


def test_the_times_of_a_link_are_the_later_ones(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    os.utime(tmp_path / "file", ns=(1, 1))
    (tmp_path / "link").symlink_to("file")

    changed_ns, written_ns = LocalDisk().times(f"{tmp_path}/link")

    assert changed_ns == max((tmp_path / "link").lstat().st_ctime_ns, (tmp_path / "file").stat().st_ctime_ns)
    assert written_ns == 1


def test_what_is_gone_is_later_than_everything(tmp_path: Path) -> None:
    assert min(LocalDisk().times(f"{tmp_path}/nothing")) > 2**62


def test_a_file_that_cannot_be_read_has_no_bytes(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\xff")

    assert LocalDisk().read(f"{tmp_path}/file") == b"\xff"
    assert LocalDisk().read(str(tmp_path)) is None
