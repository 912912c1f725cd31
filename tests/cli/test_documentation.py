"""docs/cli.md says what the programs do: every setting, command, alias and exit status."""

import re

import pytest

from repository import ROOT
from zccache.cli.commands import COMMANDS
from zccache.cli.main import ALIASES, USAGE
from zccache.common import errors
from zccache.common.settings import TABLE, Setting

TEXT = (ROOT / "docs" / "cli.md").read_text()


def cells(name: str) -> list[str]:
    """Return the cells of the table row that begins with a name."""
    (row,) = [line for line in TEXT.splitlines() if line.startswith(f"| `{name}`")]
    return [cell.strip() for cell in row.strip("|").split("|")]


@pytest.mark.parametrize("setting", TABLE, ids=lambda setting: str(setting.key))
def test_every_setting_stands_in_the_table_as_it_is(setting: Setting) -> None:
    _, in_file, default, allowed, meaning = cells(setting.name)

    assert in_file == ("-" if setting.environment_only else f"`{setting.key}`")
    assert (allowed, meaning) == (setting.allowed, setting.meaning)
    if setting.default != "":
        assert default == f"`{setting.show(setting.default)}`"


def test_no_setting_is_told_that_there_is_not() -> None:
    told = set(re.findall(r"^\| `(ZCCACHE_\w+)`", TEXT, re.MULTILINE))

    assert told == {setting.name for setting in TABLE}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_told(name: str) -> None:
    assert re.search(rf"`{name}\b", TEXT)
    assert name == "help" or re.search(rf"^  .*\b{name}\b", USAGE, re.MULTILINE)


@pytest.mark.parametrize("alias", ALIASES)
def test_every_alias_is_told(alias: str) -> None:
    assert f"`{alias}`" in TEXT
    assert re.search(rf"(^|\s){alias}\b", USAGE)


def test_every_exit_status_of_an_error_is_told() -> None:
    statuses = {
        error.exit_status
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, errors.ZccacheError)
    }

    assert {status for status in statuses if f"| {status} |" not in TEXT} == set()
