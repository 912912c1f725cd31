"""The daemon's log: its lines, its levels, its size."""

import re
from pathlib import Path

import pytest

from zccache.daemon import log as log_room
from zccache.daemon.log import Log


def test_a_line_has_time_level_and_message_and_stays_one_line(tmp_path: Path) -> None:
    log = Log(str(tmp_path / "log"), "info")

    log.info("a\nb\x1b[31m\udc80é")
    log.close()

    line = (tmp_path / "log").read_text()
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info    a\\x0ab\\x1b\[31m\\udc80é\n", line
    ), line
    assert (tmp_path / "log").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("level", "written"),
    [("debug", "dwie"), ("info", "wie"), ("warning", "we"), ("error", "e")],
)
def test_a_level_leaves_out_what_is_below_it(tmp_path: Path, level: str, written: str) -> None:
    log = Log(str(tmp_path / "log"), level)

    log.debug("d")
    log.warning("w")
    log.info("i")
    log.error("e")
    log.close()

    assert "".join(line[-1] for line in (tmp_path / "log").read_text().splitlines()) == written


def test_a_full_log_is_put_aside_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_room, "LIMIT_BYTES", 1000)
    log = Log(str(tmp_path / "log"), "info")

    for number in range(100):
        message = f"line {number}"
        log.info(message)
    log.close()

    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "log.1"]
    assert (tmp_path / "log").stat().st_size <= 1000
    assert (tmp_path / "log.1").stat().st_size <= 1000
    assert (tmp_path / "log").read_text().endswith("line 99\n")


def test_a_log_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    log = Log(str(tmp_path / "missing" / "log"), "info")

    log.error("lost")
    (tmp_path / "missing").mkdir()
    log.error("kept")
    log.close()

    assert (tmp_path / "missing" / "log").read_text().endswith("kept\n")
