"""What archives of real archivers hold."""

import subprocess
from pathlib import Path

import pytest

from tools import require_tool
from zccache.common.links.archives import BadArchive, is_archive, members, thin_members
from zccache.common.links.thin import thin_files

LONG = "a_name_that_is_longer_than_sixteen_letters.o"


def archive(folder: Path, letters: str, *names: str, archiver: str = "ar", out: str = "x.a") -> bytes:
    """Return the bytes of an archive that a real archiver makes of text files with these names."""
    require_tool(archiver, "binutils" if archiver == "ar" else "llvm")
    for name in names:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            path.write_text(f"{name}: odd\n" if len(name) % 2 else name)
    subprocess.run([archiver, letters, out, *names], cwd=folder, check=True)
    return (folder / out).read_bytes()


@pytest.mark.parametrize("archiver", ["ar", "llvm-ar"])
def test_members_have_their_names(archiver: str, tmp_path: Path) -> None:
    data = archive(tmp_path, "rcD", "a.o", LONG, "odd.o", archiver=archiver)

    found = list(members(data))

    assert [member.name.decode() for member in found if member.name != b"/"] == ["a.o", LONG, "odd.o"]
    assert not any(member.is_dated for member in found)


def test_times_and_owners_are_seen(tmp_path: Path) -> None:
    data = archive(tmp_path, "rcU", "a.o")

    assert any(member.is_dated for member in members(data))


@pytest.mark.parametrize("archiver", ["ar", "llvm-ar"])
def test_a_thin_archive_names_its_files(archiver: str, tmp_path: Path) -> None:
    data = archive(tmp_path, "rcTD", "a.o", f"d/{LONG}", archiver=archiver)

    assert is_archive(data)
    assert thin_members(data) == (b"a.o", f"d/{LONG}".encode())


def test_a_plain_archive_stands_for_no_files(tmp_path: Path) -> None:
    assert thin_members(archive(tmp_path, "rcD", "a.o")) == ()


def test_thin_archives_are_followed_from_their_own_folders(tmp_path: Path) -> None:
    archive(tmp_path, "rcTD", "d/a.o", "d/b.o", out="d/inner.a")
    (tmp_path / "outer.a").write_bytes(
        b"!<thin>\n" + header(b"//", 11) + b"d/inner.a/\n\n" + header(b"/0", 8)
    )

    found = thin_files(str(tmp_path / "outer.a"))

    assert [str(Path(path).relative_to(tmp_path)) for path in found] == ["d/inner.a", "d/a.o", "d/b.o"]


def test_what_is_no_archive_stands_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.o").write_bytes(b"\x7fELF")

    assert thin_files(str(tmp_path / "a.o")) == ()
    assert thin_files(str(tmp_path / "missing")) == ()


def test_every_cut_of_an_archive_is_refused_or_shorter(tmp_path: Path) -> None:
    data = archive(tmp_path, "rcTD", "a.o", f"d/{LONG}")
    whole = list(members(data))

    for length in range(len(data)):
        try:
            found = list(members(data[:length]))
        except BadArchive:
            continue
        assert len(found) <= len(whole)


def header(name: bytes, size: int) -> bytes:
    """Return the header of a member."""
    return b"%-16b%-12b%-6b%-6b%-8b%-10d`\n" % (name, b"0", b"0", b"0", b"644", size)
