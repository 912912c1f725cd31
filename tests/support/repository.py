"""Where the project's own files are, for tests that guard the house itself."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ROOT / "packages"


def python_modules() -> list[Path]:
    """Return every Python file of the wheels, build hooks included."""
    return sorted(_files(PACKAGES, "*.py"))


def c_sources() -> list[Path]:
    """Return every C file and header of the wheels."""
    return sorted([*_files(PACKAGES, "*.c"), *_files(PACKAGES, "*.h")])


def modules_of_tests() -> list[Path]:
    """Return every Python file below tests/."""
    return sorted(_files(ROOT / "tests", "*.py"))


def wheel_projects() -> list[Path]:
    """Return the pyproject.toml of the umbrella and of every wheel."""
    return [ROOT / "pyproject.toml", *sorted(PACKAGES.glob("*/pyproject.toml"))]


def words_for_people() -> list[Path]:
    """Return the texts that people read: README and its kin, docs, the wheels' READMEs."""
    return sorted([*ROOT.glob("*.md"), *_files(ROOT / "docs", "*.md"), *_files(PACKAGES, "*.md")])


def _files(folder: Path, pattern: str) -> Iterator[Path]:
    return (path for path in folder.rglob(pattern) if "__pycache__" not in path.parts)
