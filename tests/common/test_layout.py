"""Where the cache root is, and what lies below it."""

import os
import stat
from pathlib import Path

import pytest

from zccache.common.errors import RootUnusable
from zccache.common.layout import FOLDERS, Layout, Root, find_root


def test_the_variable_names_the_root() -> None:
    assert find_root({"ZCCACHE_CACHE_DIR": "/elsewhere"}, "/project") == Root(
        "/elsewhere", "env:ZCCACHE_CACHE_DIR"
    )


def test_a_relative_root_is_taken_against_the_clients_folder() -> None:
    found = find_root({"ZCCACHE_CACHE_DIR": "../shared"}, "/project/build")

    assert found.path == "/project/shared"


def test_an_empty_variable_counts_as_unset(tmp_path: Path) -> None:
    found = find_root({"ZCCACHE_CACHE_DIR": "", "HOME": str(tmp_path)}, "/project")

    assert found == Root(str(tmp_path / ".zccache"), "default:home")


@pytest.mark.parametrize("home", [None, "", "/nowhere/at/all"])
def test_without_a_home_the_root_is_private_to_the_user(home: str | None, tmp_path: Path) -> None:
    env = {"TMPDIR": str(tmp_path)} | ({} if home is None else {"HOME": home})

    found = find_root(env, "/project")

    assert found == Root(str(tmp_path / f"zccache-{os.getuid()}"), "fallback:private")


@pytest.mark.parametrize("home", ["relative", ""])
@pytest.mark.parametrize("temp", ["relative", "/nowhere/at/all", ""])
def test_a_folder_that_is_relative_or_missing_is_no_place_for_a_root(
    home: str, temp: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "relative").mkdir()

    found = find_root({"HOME": home, "TMPDIR": temp}, str(tmp_path))

    assert found == Root(f"/tmp/zccache-{os.getuid()}", "fallback:private")


def test_two_dots_behind_a_link_lead_to_where_the_link_does(tmp_path: Path) -> None:
    (tmp_path / "elsewhere" / "deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere" / "deep")

    found = find_root({"ZCCACHE_CACHE_DIR": "link/../root"}, str(tmp_path))

    assert found.path == str(tmp_path / "elsewhere" / "root")


def test_a_check_says_what_making_the_root_would_without_making_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    roots = ["new/root", "file", "file/root", "dangling"]

    def trouble(name: str) -> str:
        try:
            Layout(str(tmp_path / name)).check()
        except RootUnusable as error:
            return error.why
        return ""

    assert [trouble(name) for name in roots] == [
        "",
        "is not a folder",
        f"{tmp_path}/file is not a folder",
        f"{tmp_path}/dangling: No such file or directory",
    ]
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["tmp/notes", ".bashrc", "src"])
def test_a_folder_that_is_in_use_for_other_things_is_refused_and_left_as_it_is(
    name: str, tmp_path: Path
) -> None:
    taken = tmp_path / "taken"
    (taken / name).mkdir(parents=True)
    (taken / "locks").mkdir()
    (taken / "else").mkdir()
    taken.chmod(0o755)

    for use in (Layout(str(taken)).create, Layout(str(taken)).check):
        with pytest.raises(RootUnusable, match=r"is in use for other things \("):
            use()

    assert stat.S_IMODE(taken.stat().st_mode) == 0o755
    assert not (taken / "artifacts").exists()


@pytest.mark.parametrize("names", [["lost+found"], ["locks", "sockets", ".nfs0001"], ["index.sqlite3-wal"]])
def test_what_a_file_system_or_a_front_has_left_there_is_no_other_use(
    names: list[str], tmp_path: Path
) -> None:
    for name in names:
        (tmp_path / "root" / name).mkdir(parents=True)

    Layout(str(tmp_path / "root")).create()

    assert set(FOLDERS) <= set(os.listdir(tmp_path / "root"))


@pytest.mark.parametrize("lost", ["index.sqlite3", "artifacts"])
def test_a_root_stays_one_whatever_is_put_beside(lost: str, tmp_path: Path) -> None:
    layout = Layout(str(tmp_path / "root"))
    layout.create()
    (tmp_path / "root" / "index.sqlite3").write_bytes(b"")
    (tmp_path / "root" / "notes").write_text("mine")
    path = tmp_path / "root" / lost
    path.rmdir() if path.is_dir() else path.unlink()

    layout.create()
    layout.check()


def test_a_link_in_the_place_of_the_private_root_is_refused(tmp_path: Path) -> None:
    (tmp_path / f"zccache-{os.getuid()}").symlink_to(tmp_path)

    with pytest.raises(RootUnusable, match="not a folder of ours"):
        find_root({"TMPDIR": str(tmp_path)}, "/project")


def test_a_new_root_belongs_to_its_user_alone(tmp_path: Path) -> None:
    layout = Layout(str(tmp_path / "deep" / "root"))

    layout.create()

    modes = {name: stat.S_IMODE(os.stat(f"{layout.root}/{name}").st_mode) for name in FOLDERS}
    assert modes == dict.fromkeys(FOLDERS, 0o700)
    assert stat.S_IMODE(os.stat(layout.root).st_mode) == 0o700


def test_an_open_root_is_closed_to_others(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir(mode=0o755)
    root.chmod(0o755)

    Layout(str(root)).create()

    assert stat.S_IMODE(root.stat().st_mode) == 0o700


def test_a_root_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(RootUnusable, match="file/root"):
        Layout(str(tmp_path / "file" / "root")).create()


def test_every_name_lies_below_the_root() -> None:
    layout = Layout("/r")
    names = [name for name, value in vars(Layout).items() if isinstance(value, property)]

    assert names
    assert all(str(getattr(layout, name)).startswith("/r/") for name in names)
