"""A damaged, closed or missing cache: the build's outputs are right all the same."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from plain_user import as_plain_user, plain_folder
from walk import FELL_BACK, Walk

ARGV = ["-c", "-MD", "-Wall"]
LOUD = "static char big[40000] = {1};\nchar *f(int x) { int unused; return big + x; }\n"


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x55
    rewrite(path, bytes(data))


def empty(path: Path) -> None:
    rewrite(path, b"")


def cut(path: Path) -> None:
    rewrite(path, path.read_bytes()[:-1])


def lengthen(path: Path) -> None:
    rewrite(path, path.read_bytes() + b"\0")


def rewrite(path: Path, data: bytes) -> None:
    path.chmod(0o600)
    path.write_bytes(data)


def artifacts(walk: Walk) -> list[Path]:
    return [path for path in (walk.root / "artifacts").rglob("*") if path.is_file()]


@pytest.mark.parametrize("is_restarted", [False, True])
@pytest.mark.parametrize("damage", [flip, empty, cut, lengthen, Path.unlink])
def test_a_damaged_artifact_is_a_miss(
    walk: Walk, cc: str, damage: Callable[[Path], None], is_restarted: bool
) -> None:
    """hazard 97"""
    walk.put("a.c", LOUD)
    assert walk.twice(cc, *ARGV, "a.c") == ["stored", "hit"]

    for path in artifacts(walk):
        damage(path)
    if is_restarted:
        walk.restart()

    # What memory holds of small ones is good; of several damaged ones each is found by a try of its own.
    hows = [walk.same(cc, *ARGV, "a.c") for _ in range(4)]
    assert hows[0] == "stored" or not is_restarted
    assert hows[-1] == "hit"


@pytest.mark.parametrize("table", ["records", "entries", "memo"])
def test_a_damaged_row_is_a_miss(walk: Walk, cc: str, table: str) -> None:
    """hazard 97"""
    assert walk.twice(cc, *ARGV, "a.c") == ["stored", "hit"]
    walk.restart()

    with sqlite3.connect(walk.root / "index.sqlite3") as database:
        names = [row[0] for row in database.execute("select name from sqlite_master where type = 'table'")]
        assert table in names, names
        columns = [row[1] for row in database.execute(f"pragma table_info({table})") if row[2] == "BLOB"]
        for column in columns[-1:]:
            database.execute(f"update {table} set {column} = substr({column}, 1, length({column}) - 1)")
    database.close()

    assert walk.same(cc, *ARGV, "a.c") in {"stored", "hit"}
    assert walk.same(cc, *ARGV, "a.c") == "hit"


@pytest.mark.parametrize("name", ["index.sqlite3", "index.sqlite3-wal", "index.sqlite3-shm"])
def test_a_damaged_index_is_begun_anew(walk: Walk, cc: str, name: str) -> None:
    """hazard 97"""
    assert walk.twice(cc, *ARGV, "a.c") == ["stored", "hit"]
    walk.restart()

    (walk.root / name).write_bytes(b"no database" * 1000)

    assert walk.same(cc, *ARGV, "a.c") in {"stored", "hit"}
    assert walk.same(cc, *ARGV, "a.c") == "hit"


def test_an_index_that_vanishes_under_a_walk_breaks_nothing(walk: Walk, cc: str) -> None:
    """hazard 98"""
    assert walk.same(cc, *ARGV, "a.c") == "stored"
    for path in walk.root.glob("index.sqlite3*"):
        path.unlink()

    walk.put("a.c", "int g;\n")
    walk.same(cc, *ARGV, "a.c")

    walk.restart()
    assert walk.same(cc, *ARGV, "a.c") in {"stored", "hit"}


@pytest.mark.parametrize("closed", ["", "tmp", "artifacts", "index.sqlite3"])
def test_a_read_only_cache_breaks_nothing(cc: str, closed: str) -> None:
    """hazard 99"""
    with plain_folder() as folder, as_plain_user():
        walk = Walk(folder / "src", folder / "cache")
        walk.put("a.c", "int f(int x) { return x + 1; }\n")
        assert walk.twice(cc, *ARGV, "a.c") == ["stored", "hit"]
        walk.restart()
        for path in (walk.root, *walk.root.rglob("*")) if not closed else (walk.root / closed,):
            path.chmod(0o500 if path.is_dir() else 0o400)

        for source in ("int f(int x) { return x + 1; }\n", "int g;\n", "int g(void) { return }\n"):
            walk.put("a.c", source)
            walk.same(cc, *ARGV, "a.c")

        walk.close()


def test_a_cache_that_cannot_be_made_breaks_nothing(cc: str) -> None:
    """hazard 99"""
    with plain_folder() as folder, as_plain_user():
        (folder / "closed").mkdir(0o500)
        walk = Walk(folder / "src", folder / "closed" / "cache")
        walk.put("a.c", "int f;\n")

        assert walk.same(cc, *ARGV, "a.c") == FELL_BACK


def test_many_records_of_one_compile_all_hit(walk: Walk, cc: str) -> None:
    """hazard 105, hazard 9: branches are switched to and fro."""
    walk.put("a.c", '#include "h.h"\n')
    for number in range(6):
        walk.put("h.h", f"int h{number};\n")
        assert walk.walk(cc, "-c", "a.c").how == "stored"

    for number in (0, 5, 3, 1):
        walk.put("h.h", f"int h{number};\n")
        assert walk.same(cc, "-c", "a.c") == "hit"


def test_a_restarted_cache_hits(walk: Walk, compiler: str) -> None:
    walk.put("a.cc", "#include <stddef.h>\nsize_t f(void) { return 1; }\n")
    assert walk.same(compiler, "-c", "a.cc") == "stored"

    walk.restart(is_warm=False)

    assert walk.same(compiler, "-c", "a.cc") == "hit"


def test_an_artifact_of_another_user_is_still_checked(walk: Walk, cc: str) -> None:
    """hazard 97: bytes exchanged between two artifacts of one length, which no memory holds."""
    walk.put("a.c", 'char f[] = "one";\n')
    assert walk.same(cc, "-g", "-c", "a.c") == "stored"
    walk.put("a.c", 'char f[] = "two";\n')
    assert walk.same(cc, "-g", "-c", "a.c") == "stored"
    first, second = sorted(artifacts(walk))[:2]
    assert first.stat().st_size == second.stat().st_size

    os.rename(first, f"{first}.x")
    os.rename(second, first)
    os.rename(f"{first}.x", second)

    assert walk.same(cc, "-g", "-c", "a.c") == "stored"
