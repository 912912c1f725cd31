"""docs/limits.md says what the code says."""

import subprocess
import sys
from pathlib import Path

from repository import ROOT
from zccache.common.reasons import Reason


def test_the_page_of_limits_is_what_make_docs_writes(tmp_path: Path) -> None:
    script = tmp_path / "write_limits.py"
    script.write_text((ROOT / "docs" / "write_limits.py").read_text())

    subprocess.run([sys.executable, str(script)], check=True, timeout=60)

    assert (tmp_path / "limits.md").read_text() == (ROOT / "docs" / "limits.md").read_text()


def test_every_reason_has_a_word_of_its_own() -> None:
    words = [reason.word for reason in Reason]

    assert len(words) == len(set(words)) == len(Reason.__members__)
