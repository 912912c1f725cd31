"""What the texts promise: commands that exist, links that lead somewhere, no path of one machine."""

import re
from pathlib import Path

import pytest

from repository import PACKAGES, ROOT, modules_of_tests, python_modules, words_for_people

MACHINE_PATH = re.compile("(?<![\\w.$}~-])/(?:work|root|tmp/plan)" + "/")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def targets_of_make() -> set[str]:
    """Return the targets that `make` lists."""
    return set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_the_readme_names_only_targets_that_make_has() -> None:
    named = set(re.findall(r"(?:^ {4}|`)make ([a-z]+)\b", (ROOT / "README.md").read_text(), re.MULTILINE))

    assert {"demo", "test"} <= named
    assert named <= targets_of_make()


@pytest.mark.parametrize("text", words_for_people(), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_texts_lead_somewhere(text: Path) -> None:
    lost = [link for link in LINK.findall(text.read_text()) if not (text.parent / link).exists()]

    assert lost == []


def test_nothing_names_a_path_of_one_machine() -> None:
    sources = [*python_modules(), *modules_of_tests(), *words_for_people(), *PACKAGES.glob("*/native/*.c")]
    files = [*sources, *(ROOT / "bench").rglob("*.py"), ROOT / "Makefile", ROOT / ".ci" / "run"]

    naming = [str(path.relative_to(ROOT)) for path in files if MACHINE_PATH.search(path.read_text())]

    assert naming == []
