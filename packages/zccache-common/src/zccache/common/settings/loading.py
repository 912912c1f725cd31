"""From sources to settings: environment, then the project's file, then the user's, then the default."""

import os
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from .files import Consulted, Refused, Table, project_files, read, signature_of, user_file
from .table import BY_KEY, TABLE, Setting, Settings, Value

ENVIRONMENT: Final = "environment"
DEFAULT: Final = "default"


class Problem(NamedTuple):
    """A value that is not used: its setting (or file), the value, what is allowed, and where it stands."""

    setting: str
    value: str
    allowed: str
    source: str

    def __str__(self) -> str:
        return f"{self.setting}: {self.value!r} (from {self.source}) is not used; allowed: {self.allowed}"


class Loaded(NamedTuple):
    """The settings (and the same by key), where each came from, what was wrong, the files that decided.

    files holds each path that was consulted with its signature (None: absent). While all of them are
    the same, so is the answer for the same environment and cwd.
    """

    settings: Settings
    values: Mapping[str, Value]
    provenance: Mapping[str, str]
    problems: tuple[Problem, ...]
    files: tuple[Consulted, ...]

    def is_set(self, key: str) -> bool:
        """Return whether somebody gave this setting a value."""
        return self.provenance[key] != DEFAULT


class _Offer(NamedTuple):
    """One value that one source offers for one setting."""

    setting: Setting
    text: str
    source: str


def load(env: Mapping[str, str], cwd: str, home: str) -> Loaded:
    """Return the settings that hold for a process with this environment in this folder.

    home may be empty. An empty value counts as absent. Never raises: what cannot be used is a Problem.
    """
    files, tables, problems = _read_files(cwd, user_file(env, home))
    offers = list(_from_environment(env))
    for table in tables:
        more, wrong = _from_table(table)
        offers += more
        problems += wrong
    values = {setting.key: setting.default for setting in TABLE}
    provenance = {setting.key: DEFAULT for setting in TABLE}
    for offer in offers:
        try:
            value = offer.setting.parse(offer.text)
        except ValueError:
            problems.append(Problem(offer.setting.name, offer.text, offer.setting.allowed, offer.source))
            continue
        if provenance[offer.setting.key] == DEFAULT:
            values[offer.setting.key] = value
            provenance[offer.setting.key] = offer.source
    return Loaded(Settings.of(values), values, provenance, tuple(problems), tuple(files))


def _read_files(cwd: str, user_path: str | None) -> tuple[list[Consulted], list[Table], list[Problem]]:
    """Return the files that were consulted, the tables in order of rank, and the files that were refused."""
    consulted: list[Consulted] = []
    for path in project_files(cwd):
        consulted.append((path, signature_of(path)))
        # The nearest one is the project's, trusted or not: a refused file must not uncover another.
        if consulted[-1][1] is not None:
            break
    if user_path is not None:
        consulted.append((user_path, signature_of(user_path)))
    tables = []
    problems = []
    for path in dict.fromkeys(path for path, signature in consulted if signature is not None):
        match read(path):
            case Refused() as refused:
                problems.append(Problem(refused.path, refused.wrong, refused.allowed, "the file itself"))
            case Table() as table:
                tables.append(table)
    return consulted, tables, problems


def _from_environment(env: Mapping[str, str]) -> Iterator[_Offer]:
    for setting in TABLE:
        if text := env.get(setting.name, ""):
            yield _Offer(setting, text, ENVIRONMENT)


def _from_table(table: Table) -> tuple[list[_Offer], list[Problem]]:
    offers = []
    problems = []
    for key, value in table.pairs.items():
        setting = BY_KEY.get(key)
        if setting is None:
            known = ", ".join(row.key for row in TABLE if not row.environment_only)
            problems.append(Problem(key, str(value), f"one of the settings {known}", table.path))
        elif setting.environment_only:
            problems.append(Problem(key, str(value), f"{setting.name} in the environment", table.path))
        elif not isinstance(value, str | int | float):
            problems.append(Problem(key, str(value), setting.allowed, table.path))
        elif text := _as_text(value):
            offers.append(_Offer(setting, text, table.path))
    return offers, problems


def _as_text(value: str | float) -> str:
    # A flag of TOML is an int of Python; both spell a setting as the environment would.
    return str(value).lower() if isinstance(value, bool) else str(value)


def home_of(env: Mapping[str, str]) -> str:
    """Return the home folder that an environment names; empty where it names none."""
    home = env.get("HOME", "")
    return home if os.path.isabs(home) else ""
