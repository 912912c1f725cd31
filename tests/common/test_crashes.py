"""Crash dumps: what is in them, how many are kept."""

from pathlib import Path

import pytest

from zccache.common.crashes import KEPT, Crashes


def crash(crashes: Crashes, message: str) -> str | None:
    try:
        raise ValueError(message)
    except ValueError as error:
        return crashes.write("daemon", "request", error, {"frame": "0x1"})


def test_a_dump_has_the_traceback_and_the_facts_and_no_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_TOKEN", "do-not-tell")

    path = crash(Crashes(str(tmp_path)), "the cause")

    assert path is not None
    assert Path(path).name.startswith("crash-2")
    assert Path(path).name.endswith("Z-daemon-request.txt")
    text = Path(path).read_text()
    assert "ValueError: the cause" in text
    assert "frame: 0x1" in text
    assert "program: daemon 0." in text
    assert "do-not-tell" not in text


def test_only_the_newest_dumps_are_kept_and_other_files_are_left_alone(tmp_path: Path) -> None:
    crashes = Crashes(str(tmp_path))
    (tmp_path / "index-set-aside.sqlite3").touch()

    written = [crash(crashes, str(number)) for number in range(KEPT + 5)]

    assert crashes.files() == list(reversed(written))[:KEPT]
    assert crashes.clear() == KEPT
    assert [path.name for path in tmp_path.iterdir()] == ["index-set-aside.sqlite3"]


def test_where_no_dump_can_be_written_nothing_else_breaks(tmp_path: Path) -> None:
    crashes = Crashes(str(tmp_path / "missing"))

    assert crash(crashes, "x") is None
    assert crashes.files() == []
    assert crashes.clear() == 0
