"""Where a compilation database is sought, and which one counts."""

import json
from pathlib import Path

from zccache.common.command.database import Database, DatabaseQuestion
from zccache.common.command.invocation import Invocation
from zccache.common.command.plan import Refusal
from zccache.common.databases import find_database
from zccache.common.reasons import Reason


def find(
    folder: Path, start: str, *sources: str, is_source: bool = False, pwd: str | None = None
) -> Database | Refusal:
    """Return what is found by a tool that was called in folder."""
    env = {} if pwd is None else {"PWD": pwd}
    question = DatabaseQuestion(start, is_source, sources)
    return find_database(question, Invocation("clang-tidy", (), str(folder), env))


def entry(folder: Path, source: str) -> str:
    """Return a database with one entry."""
    return json.dumps([{"directory": str(folder), "file": str(folder / source), "command": "c++ -DX"}])


def test_the_nearest_database_above_the_source_counts(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "compile_commands.json").write_text(entry(tmp_path, "sub/a.cpp"))

    found = find(tmp_path, "sub/a.cpp", "sub/a.cpp", is_source=True)

    assert isinstance(found, Database)
    assert found.path == str(tmp_path / "compile_commands.json")
    assert [command.words for command in found.commands] == [("-DX",)]
    assert set(found.absent) == {
        str(tmp_path / "sub/compile_commands.json"),
        str(tmp_path / "sub/compile_flags.txt"),
        str(tmp_path / "compile_flags.txt"),
    }


def test_two_databases_in_one_folder_are_a_refusal(tmp_path: Path) -> None:
    (tmp_path / "compile_commands.json").write_text(entry(tmp_path, "a.cpp"))
    (tmp_path / "compile_flags.txt").write_text("-DX\n")

    assert find(tmp_path, str(tmp_path), "a.cpp") == Refusal(Reason.COMPILATION_DATABASE, str(tmp_path))


def test_a_database_that_cannot_be_read_is_a_refusal(tmp_path: Path) -> None:
    (tmp_path / "compile_flags.txt").mkdir()

    assert find(tmp_path, str(tmp_path), "a.cpp") == Refusal(
        Reason.COMPILATION_DATABASE, str(tmp_path / "compile_flags.txt")
    )


def test_a_source_that_it_does_not_name_is_a_refusal(tmp_path: Path) -> None:
    (tmp_path / "compile_commands.json").write_text(entry(tmp_path, "b.cpp"))

    assert find(tmp_path, str(tmp_path), "a.cpp") == Refusal(
        Reason.COMPILATION_DATABASE, str(tmp_path / "a.cpp")
    )


def test_the_folder_has_the_name_that_its_user_gave_it(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")

    real, link = tmp_path / "real", tmp_path / "link"

    assert find(real, "", pwd=str(link)) == Database(str(link))
    assert find(real, "", pwd=str(tmp_path)) == find(real, "", pwd="nowhere") == Database(str(real))
