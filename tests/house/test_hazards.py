"""docs/hazards.md says what the tests show, and every line of it is shown or explained."""

import shutil
import subprocess
import sys
from itertools import chain
from pathlib import Path

from docs.write_hazards import hazards, shown_by_number
from repository import ROOT
from zccache.common.reasons import Reason

LINES = list(chain.from_iterable(hazards().values()))


def test_the_page_of_hazards_is_what_make_docs_writes(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    for name in ("write_hazards.py", "hazards.toml"):
        shutil.copy(ROOT / "docs" / name, docs)
    (tmp_path / "tests").symlink_to(ROOT / "tests")

    subprocess.run([sys.executable, str(docs / "write_hazards.py")], check=True, timeout=60)

    assert (docs / "hazards.md").read_text() == (ROOT / "docs" / "hazards.md").read_text()


def test_no_number_is_left_out() -> None:
    numbers = [line.number for line in LINES]

    assert len(numbers) == len(set(numbers))
    assert set(numbers) == {*map(str, range(1, 146)), "37b"}


def test_every_hazard_has_a_test_or_is_none_here() -> None:
    shown = shown_by_number()

    assert [line.number for line in LINES if bool(line.apart) == (line.number in shown)] == []


def test_tests_name_only_hazards_that_there_are() -> None:
    assert shown_by_number().keys() <= {line.number for line in LINES}


def test_a_hazard_is_passed_on_for_a_reason_that_there_is() -> None:
    words = {word for line in LINES for word in (*line.passed, *line.partly)}

    assert words <= {reason.word for reason in Reason}
