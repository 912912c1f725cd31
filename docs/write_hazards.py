"""Writes docs/hazards.md, what can go wrong and which tests show that it does not: `make docs`."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DATA: Final = Path(__file__).with_name("hazards.toml")
TESTS: Final = DATA.parents[1] / "tests"

_NAMED: Final = re.compile(r"\bhazard (\d+b?)\b")

_HEAD: Final = """\
# What can go wrong, and the tests that show it does not

Made by `make docs` from `hazards.toml` and from the tests, which name the numbers; edit those, not this page.

Each line is one way in which a cache of compiles can give a wrong result or break a build with gcc, clang
or rustc on Linux. *same as bare*: the tests compare with what the compiler leaves when nobody is between.
*passed on*: the compiler runs as if there were no cache, and the word is counted; [limits.md](limits.md)
says what each word means.
"""


@dataclass(frozen=True, slots=True)
class Hazard:
    """One line: passed and partly are words of reasons, apart says why it is none here, but what stays."""

    number: str
    title: str
    passed: tuple[str, ...]
    partly: tuple[str, ...]
    apart: str
    but: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A test that shows a hazard: its name, and its file below tests/."""

    name: str
    path: str


def hazards() -> dict[str, list[Hazard]]:
    """Return the hazards by the headline of their section."""
    data = tomllib.loads(DATA.read_text(encoding="utf-8"))
    return {
        f"{letter}. {section.pop('title')}": [_hazard(number, line) for number, line in section.items()]
        for letter, section in data.items()
    }


def shown_by_number() -> dict[str, list[Shown]]:
    """Return the tests that name each number in their docstrings, in the order of files and lines."""
    found: dict[str, list[Shown]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        for number, name in _named_in(path):
            found.setdefault(number, []).append(Shown(name, path.relative_to(TESTS).as_posix()))
    return found


def hazards_page() -> str:
    """Return the text of docs/hazards.md."""
    shown = shown_by_number()
    parts = [_HEAD]
    for headline, lines in hazards().items():
        parts.append(f"\n## {headline}\n\n| number | hazard | result | tests |\n|---|---|---|---|\n")
        parts += [_row(hazard, shown.get(hazard.number, [])) for hazard in lines]
    return "".join(parts)


def main() -> int:
    """Write the page anew."""
    DATA.with_suffix(".md").write_text(hazards_page(), encoding="utf-8")
    return 0


def _hazard(number: str, line: dict[str, object]) -> Hazard:
    assert line.keys() <= {"title", "passed", "partly", "apart", "but"}, number
    passed, partly = (tuple(map(str, _list(line.get(key, [])))) for key in ("passed", "partly"))
    return Hazard(
        number, str(line["title"]), passed, partly, str(line.get("apart", "")), str(line.get("but", ""))
    )


def _list(value: object) -> list[object]:
    assert isinstance(value, list), value
    return value


def _named_in(path: Path) -> Iterator[tuple[str, str]]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            for number in dict.fromkeys(_NAMED.findall(ast.get_docstring(node) or "")):
                yield number, node.name


def _row(hazard: Hazard, shown: list[Shown]) -> str:
    tests = "; ".join(
        f"[{test.name.removeprefix('test_').replace('_', ' ')}](../tests/{test.path})" for test in shown
    )
    return f"| {hazard.number} | {_escape(hazard.title)} | {_escape(_result(hazard))} | {tests} |\n"


def _result(hazard: Hazard) -> str:
    if hazard.apart:
        return f"none here: {hazard.apart}"
    words = " ".join(f"`{word}`" for word in hazard.passed or hazard.partly)
    if hazard.passed:
        return f"passed on: {words}"
    return (
        "same as bare"
        + (f"; in part passed on: {words}" if words else "")
        + f"; {hazard.but}" * bool(hazard.but)
    )


def _escape(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main())
