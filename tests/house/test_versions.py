"""One version everywhere: wheels that travel together must say the same."""

import re
import tomllib
from pathlib import Path

from repository import ROOT, c_sources, python_modules, wheel_projects

VERSION_IN_CODE = re.compile(
    r'^(?:#define ZCCACHE_VERSION|(?:__version__|VERSION)\b[^=\n]*=)\s*"([^"]+)"', re.MULTILINE
)


def project_table(path: Path) -> dict[str, object]:
    """Return the [project] table of a pyproject.toml."""
    table: dict[str, object] = tomllib.loads(path.read_text())["project"]
    return table


def versions_in_code() -> dict[str, str]:
    """Return every version that a source file states, by file."""
    return {
        str(path.relative_to(ROOT)): version
        for path in [*python_modules(), *c_sources()]
        for version in VERSION_IN_CODE.findall(path.read_text())
    }


def test_all_wheels_have_the_same_version() -> None:
    versions = {str(path.relative_to(ROOT)): project_table(path)["version"] for path in wheel_projects()}

    assert len(versions) > 1
    assert len(set(versions.values())) == 1, versions


def test_wheels_pin_their_siblings_to_that_version() -> None:
    version = project_table(ROOT / "pyproject.toml")["version"]
    loose = [
        f"{path.relative_to(ROOT)}: {requirement}"
        for path in wheel_projects()
        for requirement in str(project_table(path).get("dependencies", "")).split("'")
        if requirement.startswith("zccache") and not requirement.endswith(f"=={version}")
    ]

    assert loose == []


def test_the_code_states_the_version_of_its_wheel() -> None:
    version = project_table(ROOT / "pyproject.toml")["version"]
    stated = versions_in_code()

    assert stated
    assert set(stated.values()) == {version}, stated
