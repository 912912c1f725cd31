"""What the wheels hold: their own rooms and nothing of a sibling's; the umbrella holds no code."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from repository import PACKAGES, ROOT


def build_wheel(project: Path, folder: Path) -> list[str]:
    """Build one wheel without network and return the names inside."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=project, check=True, capture_output=True, timeout=120)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.mark.parametrize("name", ["common", "daemon"])
def test_a_wheel_holds_its_own_rooms_and_nothing_else(name: str, tmp_path: Path) -> None:
    names = build_wheel(PACKAGES / f"zccache-{name}", tmp_path)

    code = [entry for entry in names if ".dist-info/" not in entry]
    assert f"zccache/{name}/py.typed" in code
    assert [entry for entry in code if not entry.startswith(f"zccache/{name}/")] == []


def test_the_umbrella_holds_no_code(tmp_path: Path) -> None:
    names = build_wheel(ROOT, tmp_path)

    assert [entry for entry in names if ".dist-info/" not in entry] == []
    assert {Path(entry).name for entry in names} >= {"METADATA", "LICENSE-MIT", "LICENSE-APACHE"}
