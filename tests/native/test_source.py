"""The C file: clean for the compilers, and of one mind with docs/wire.md and the Python side."""

import re
import subprocess
from pathlib import Path

import pytest

from native_front import SOURCE
from repository import ROOT
from tools import require_tool
from zccache.cli import connection, request, streams
from zccache.common import spawn
from zccache.common.version import VERSION, pack_version
from zccache.common.wire import frames, loopback, messages, spreads

TEXT = "".join(path.read_text() for path in sorted(SOURCE.parent.glob("*.[ch]")))
FLAGS = ("-std=c11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror", "-Wconversion")
WIRE = (ROOT / "docs" / "wire.md").read_text()
LONGEST_FUNCTION = 40


def constants() -> dict[str, int]:
    """Return the constants of the C file's enums."""
    found = {}
    for body in re.findall(r"^enum \{ (.*?) \};$", TEXT, re.MULTILINE):
        for name, value in re.findall(r"(\w+) = ([-\w* ]+)", body):
            found[name] = eval(value, {})  # noqa: S307 - integers and products of our own source
    return found


@pytest.mark.parametrize(
    ("compiler", "package"), [("gcc", "gcc"), ("clang", "clang"), ("musl-gcc", "musl-tools")]
)
def test_the_file_compiles_without_a_warning(compiler: str, package: str, tmp_path: Path) -> None:
    command = [require_tool(compiler, package), *FLAGS, "-o", str(tmp_path / "zccache"), str(SOURCE)]

    run = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (run.returncode, run.stderr) == (0, "")


def test_no_function_is_longer_than_a_page() -> None:
    functions = re.findall(r"^(?:static|int|__attribute__)[^;{]*\{\n.*?^\}$", TEXT, re.MULTILINE | re.DOTALL)

    assert len(functions) > 50
    assert [text.splitlines()[0] for text in functions if text.count("\n") > LONGEST_FUNCTION] == []


def test_the_version_is_that_of_the_wheels() -> None:
    version = re.search(r'#define ZCCACHE_VERSION "(.*)"', TEXT)
    number = re.search(r"#define ZCCACHE_VERSION_NUMBER \((\d+)u << 16 \| (\d+)u << 8 \| (\d+)u\)", TEXT)
    assert version is not None
    assert version[1] == VERSION
    assert number is not None
    assert int(number[1]) << 16 | int(number[2]) << 8 | int(number[3]) == pack_version()


def test_the_kinds_are_those_of_the_page_and_of_python() -> None:
    page = {
        name: int(number, 16)
        for number, name in re.findall(r"^\| (0x[0-9a-f]{2}) \| ([A-Z]+) \|", WIRE, re.MULTILINE)
    }
    python = {kind.name: kind.value for kind in frames.Kind}
    c_file = {name: value for name, value in constants().items() if name in python}

    assert page == python
    assert python.items() - c_file.items() == {("CONTROL", 0x03), ("CONTROLLED", 0x87)}
    assert {name: getattr(request, name) for name in c_file} == c_file


@pytest.mark.parametrize("name", ["BEGIN", "FINISH", "HIT", "RUN", "PASS", "FAIL", "WORD", "SPREAD", "PIECE"])
def test_the_heads_of_the_bodies_are_as_long_as_the_page_says(name: str) -> None:
    on_the_page = {"WORD": "**RECORDED** and **COLD**,", "PIECE": "A piece has"}.get(name, f"**{name}**,")
    head = re.search(rf"^{re.escape(on_the_page)} a head of (\d+) bytes", WIRE, re.MULTILINE)
    form = {"PASS": "_TWO", "FAIL": "_TWO", "WORD": "_ONE"}.get(name, f"_{name}")

    assert head is not None
    room = spreads if name in {"SPREAD", "PIECE"} else messages
    assert int(head[1]) == constants()[f"{name}_HEAD_BYTES"] == getattr(room, form).size


@pytest.mark.parametrize(
    ("line", "c_name", "python"),
    [
        (r"length of the body, at most (\d+) ", "MAX_BODY_BYTES", frames.MAX_BODY_BYTES),
        (r"u8 protocol: (\d+) ", "PROTOCOL", frames.PROTOCOL),
        (r"(\d+) = stdout is a terminal", "STDOUT_IS_TTY", messages.STDOUT_IS_TTY),
        (r"(\d+) = stderr is a terminal", "STDERR_IS_TTY", messages.STDERR_IS_TTY),
        (r"(\d+) = both are the same", "STREAMS_ARE_ONE", messages.STREAMS_ARE_ONE),
        (r"(\d+) = one command of a SPREAD", "IS_APART", messages.IS_APART),
        (r"(\d+) = exited", "EXITED", messages.EXITED),
        (r"(\d+) = killed", "KILLED", messages.KILLED),
        (r"(\d+) = what was printed is not", "CAPTURE_INCOMPLETE", messages.CAPTURE_INCOMPLETE),
        (r"each further piece \| (\d+) ms", "ANSWER_WITHIN_MS", connection._ANSWER_WITHIN_US // 1000),
        (r"comes to an end after \| (\d+) ms", "ANSWER_AT_LAST_MS", int(connection._ANSWER_AT_LAST_S * 1000)),
        (r"each proof is (\d+) bytes", "PROOF_BYTES", loopback.PROOF_BYTES),
        (r"being started \| (\d+) ms", "START_WITHIN_MS", int(spawn.START_WITHIN_S * 1000)),
        (r"start.failed`\) \| (\d+) s", "START_BACK_OFF_S", int(spawn.RETRY_AFTER_S)),
        (r"incomplete beyond \| (\d+) bytes", "KEEP_AT_MOST_BYTES", streams.KEPT_BYTES),
        (r"by its bare name \| (\d+) bytes", "LONGEST_ADDRESS_BYTES", connection._LONGEST_ADDRESS),
    ],
)
def test_the_numbers_are_those_of_the_page_and_of_python(line: str, c_name: str, python: int) -> None:
    on_the_page = re.search(line, WIRE)

    assert on_the_page is not None
    assert int(on_the_page[1]) == constants()[c_name] == python


def test_every_reason_of_a_cold_walk_is_on_the_page() -> None:
    # The reasons are short words in quotes that end up in walk_cold().
    said = {
        word for call in re.findall(r"walk_cold\((.*?)\);", TEXT) for word in re.findall(r'"(\w+)"', call)
    }
    said |= set(re.findall(r'(?:return|trouble =) (?:count == 0 \? )?"(\w+)"', TEXT))

    assert {"no_answer", "broken", "no_spawn", "no_pipe"} <= said
    assert [word for word in sorted(said - {"told"}) if f"`{word}`" not in WIRE] == []
