"""What a compilation database says of a source, and where it is too unclear to be believed."""

import json

import pytest

from zccache.common.command.compile_commands import commands_in_flags, commands_in_json
from zccache.common.command.database import CompileCommand

ENTRY = {"directory": "/p/build", "file": "/p/a.cpp", "command": "g++ -Iinc -c ../a.cpp"}
COMMAND = CompileCommand("/p/build", "g++", ("-Iinc", "-c", "../a.cpp"), "/p/a.cpp")


def said(*rows: object, source: str = "/p/a.cpp") -> tuple[CompileCommand, ...] | str:
    """Return what a database of these rows says of a source."""
    return commands_in_json(json.dumps(rows).encode(), [source])


def test_the_entry_of_the_source_is_its_compile() -> None:
    assert said({**ENTRY, "file": "/p/b.cpp"}, ENTRY) == (COMMAND,)


def test_arguments_come_before_a_command() -> None:
    row = {**ENTRY, "arguments": ["g++", "-Iinc", "-c", "../a.cpp"], "output": "a.o"}

    assert said(row) == said({**row, "command": "g++ -DOTHER"}) == (COMMAND,)


def test_a_relative_name_is_taken_against_the_folder() -> None:
    assert said({**ENTRY, "file": "a.cpp", "directory": "/p"}) == (
        CompileCommand("/p", "g++", ("-Iinc", "-c", "../a.cpp"), "/p/a.cpp"),
    )


def test_a_source_of_two_entries_has_two_compiles() -> None:
    assert said(ENTRY, {**ENTRY, "command": "g++ -DX"}) == (
        COMMAND,
        CompileCommand("/p/build", "g++", ("-DX",), "/p/a.cpp"),
    )


def test_quotes_and_backslashes_are_the_shells() -> None:
    found = said({**ENTRY, "command": r"""g++ -DA=\"x\" '-DB=y z' "-DC=a\"b" """})

    assert found == (CompileCommand("/p/build", "g++", ('-DA="x"', "-DB=y z", '-DC=a"b'), "/p/a.cpp"),)


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{**ENTRY, "file": "/p/b.cpp"}],
        [{**ENTRY, "file": "/p/x/../a.cpp"}],
        [ENTRY, {**ENTRY, "file": "/p/./a.cpp"}],
        [{**ENTRY, "directory": "build"}],
        [{**ENTRY, "colour": "red"}],
        [ENTRY, {"file": "/p/b.cpp"}],
        [ENTRY, "text"],
        [{**ENTRY, "command": "g++ @flags.rsp"}],
        [{**ENTRY, "command": "g++ 'open"}],
        [{**ENTRY, "command": "g++\t-DX"}],
        [{**ENTRY, "arguments": ["g++", 3]}],
        [{**ENTRY, "arguments": []}],
    ],
)
def test_what_clang_may_read_otherwise_is_not_believed(rows: list[object]) -> None:
    assert said(*rows) == "/p/a.cpp"


@pytest.mark.parametrize("data", [b"", b"{}", b"[", b"\xff", b'"text"'])
def test_what_is_no_database_is_not_believed(data: bytes) -> None:
    assert commands_in_json(data, ["/p/a.cpp"]) == "/p/a.cpp"


def test_a_source_with_dots_in_its_name_is_not_looked_up() -> None:
    assert said(ENTRY, source="/p/x/../a.cpp") == "/p/x/../a.cpp"


def test_flags_are_one_a_line_for_every_source() -> None:
    found = commands_in_flags(b" -Iinc \n\n-DX=a b\r\n", "/p", ["/p/a.cpp", "/p/b.cpp"])

    words = ("-Iinc", "-DX=a b")
    assert [(command.folder, command.words, command.source) for command in found] == [
        ("/p", words, "/p/a.cpp"),
        ("/p", words, "/p/b.cpp"),
    ]
