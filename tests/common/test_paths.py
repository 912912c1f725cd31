"""How a word becomes a program, and which programs are fronts."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from zccache.common.paths import find_program, is_front, is_program


def make_program(path: Path, text: str = "#!/bin/sh\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_the_first_program_on_path_is_found(tmp_path: Path) -> None:
    make_program(tmp_path / "b" / "tool")
    first = make_program(tmp_path / "a" / "tool")

    found = find_program("tool", {"PATH": f"{tmp_path}/none:{tmp_path}/a:{tmp_path}/b"}, "/")

    assert found == str(first)


@pytest.mark.parametrize("path", ["", ":/nowhere", "/nowhere:", "."])
def test_an_empty_entry_is_the_folder_of_the_caller(path: str, tmp_path: Path) -> None:
    make_program(tmp_path / "tool")

    found = find_program("tool", {"PATH": path}, str(tmp_path))

    assert found is not None
    assert os.path.samefile(found, tmp_path / "tool")


def test_what_cannot_be_run_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a" / "tool").mkdir(parents=True)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "tool").write_text("text")
    last = make_program(tmp_path / "c" / "tool")

    found = find_program("tool", {"PATH": f"{tmp_path}/a:{tmp_path}/b:{tmp_path}/c"}, "/")

    assert found == str(last)


def test_a_word_with_a_slash_is_a_path_and_nothing_else(tmp_path: Path) -> None:
    tool = make_program(tmp_path / "bin" / "tool")

    assert find_program("bin/tool", {"PATH": ""}, str(tmp_path)) == str(tool)
    assert find_program("./tool", {"PATH": str(tmp_path / "bin")}, str(tmp_path)) is None


def test_a_search_that_comes_by_a_path_begins_behind_it(tmp_path: Path) -> None:
    first = make_program(tmp_path / "a" / "tool")
    second = make_program(tmp_path / "b" / "tool")
    env = {"PATH": f"{tmp_path}/a:{tmp_path}/b"}

    assert find_program("tool", env, "/", behind=str(first)) == str(second)
    assert find_program("tool", env, "/", behind=str(second)) is None
    assert find_program("tool", env, "/", behind="run") == str(first)


def test_without_path_the_system_is_searched_as_execvp_does() -> None:
    assert find_program("sh", {}, "/") in {"/bin/sh", "/usr/bin/sh"}


def test_the_search_finds_what_a_shell_finds(tmp_path: Path) -> None:
    make_program(tmp_path / "own" / "cat")
    env = {"PATH": f"{tmp_path}/own:/usr/bin:/bin"}

    for word in ("cat", "ls", "sh"):
        shown = subprocess.run(
            ["/bin/sh", "-c", f"command -v {word}"], env=env, capture_output=True, text=True
        )
        assert find_program(word, env, "/") == shown.stdout.strip()


def test_a_link_to_a_front_is_one_under_any_name(tmp_path: Path) -> None:
    make_program(tmp_path / "zccache")
    (tmp_path / "g++").symlink_to("zccache")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "gcc").symlink_to("../g++")

    assert is_front(str(tmp_path / "deep" / "gcc"))
    assert not is_front(str(make_program(tmp_path / "clang")))


def test_a_second_name_of_an_installed_front_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    front = make_program(tmp_path / "bin" / "zccache", "\x7fELF" + "." * 10_000)
    monkeypatch.setattr("sys.argv", [str(tmp_path / "bin" / "zccache-daemon")])
    (tmp_path / "gcc").hardlink_to(front)
    other = make_program(tmp_path / "other")
    (tmp_path / "clang").hardlink_to(other)

    assert is_front(str(tmp_path / "gcc"))
    assert not is_front(str(tmp_path / "clang"))


def test_links_that_lead_in_a_circle_are_no_front(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")

    assert not is_front(str(tmp_path / "a"))


def test_a_script_that_is_the_python_front_is_one(tmp_path: Path) -> None:
    script = make_program(
        tmp_path / "gcc", "#!/usr/bin/python3\nfrom zccache.cli.wrapper import main\nmain()\n"
    )

    assert is_front(str(script))


def test_a_script_that_calls_zccache_is_none(tmp_path: Path) -> None:
    assert not is_front(str(make_program(tmp_path / "gcc", '#!/bin/sh\nexec zccache gcc "$@"\n')))


def test_what_is_not_there_is_neither_program_nor_front(tmp_path: Path) -> None:
    assert not is_program(str(tmp_path / "x"))
    assert not is_front(str(tmp_path / "x"))


def test_a_file_needs_its_x_bit_to_be_a_program(tmp_path: Path) -> None:
    tool = make_program(tmp_path / "tool")
    assert is_program(str(tool))

    tool.chmod(stat.S_IRUSR | stat.S_IWUSR)

    assert not is_program(str(tool))
