"""A check-up tells what works, what does not, and what to do next."""

import os
import re
from pathlib import Path

import pytest

from fronts import Run, native_front
from tools import require_tool


def findings(text: bytes) -> list[tuple[str, str, str]]:
    """Return level, subject and words of each finding."""
    rows = [re.match(r"(ok|note|broken) +(.{14}) (.*)", line) for line in text.decode().splitlines()]
    return [(row[1], row[2].strip(), row[3]) for row in rows if row is not None]


def broken(text: bytes) -> list[str]:
    return [f"{about}: {what}" for level, about, what in findings(text) if level == "broken"]


def test_where_all_is_well_nothing_is_broken_and_compilers_hit(command: Run, cache_root: Path) -> None:
    require_tool("gcc", "gcc")

    done = command("doctor")

    told = done.stdout.decode()
    assert (done.returncode, broken(done.stdout), done.stderr) == (0, [], b"")
    assert {"versions", "programs", "settings", "disk", "daemon", "PATH"} <= {
        about.split()[0] for _, about, _ in findings(done.stdout)
    }
    assert "its second compile is a hit" in told
    assert str(cache_root) in told
    assert os.listdir(cache_root / "tmp") == []


def test_a_check_up_leaves_one_result_for_each_compiler_and_no_other_trace(command: Run, work: Path) -> None:
    gcc = require_tool("gcc", "gcc")

    for _ in range(2):
        assert command("doctor", gcc).returncode == 0

    assert b'"entries": 2' in command("status", "--json").stdout
    assert os.listdir(work) == []


def test_every_finding_that_is_not_ok_has_a_next_step(command: Run) -> None:
    env = {"ZCCACHE_MAX_SIZE": "enormous", "ZCCACHE_NO_SPAWN": "1"}

    done = command("doctor", "no-such-compiler", env=env)

    lines = done.stdout.decode().splitlines()
    assert done.returncode == 1
    assert {about.split()[0] for level, about, _ in findings(done.stdout) if level == "broken"} == {
        "settings",
        "compiler",
    }
    for at, line in enumerate(lines):
        if line.startswith(("note", "broken")):
            assert lines[at + 1].lstrip().startswith("-> ")


def test_a_root_that_cannot_be_is_broken_and_ends_the_check_up(command: Run, work: Path) -> None:
    (work / "file").write_text("not a folder")

    done = command("doctor", env={"ZCCACHE_CACHE_DIR": str(work / "file")})

    assert done.returncode == 1
    assert [line.partition(":")[0] for line in broken(done.stdout)] == ["cache root"]
    assert b"set ZCCACHE_CACHE_DIR" in done.stdout


def test_what_we_may_not_use_is_named(command: Run, cache_root: Path) -> None:
    command("doctor", "no-such-compiler")
    if os.geteuid() == 0:
        os.chown(cache_root / "index.sqlite3", 65534, -1)
    else:
        (cache_root / "crashes").chmod(0o500)

    done = command("doctor", "no-such-compiler")

    wanted = "index.sqlite3 belongs to uid 65534" if os.geteuid() == 0 else "crashes cannot be written"
    assert any(wanted in line for line in broken(done.stdout))


def test_a_compiler_that_fails_is_broken_with_its_words(command: Run, work: Path) -> None:
    gcc = require_tool("gcc", "gcc")
    script = work / "gcc"
    script.write_text(
        f'#!/bin/sh\ncase "$*" in *" -c "*) echo no licence >&2; exit 3;; esac\nexec {gcc} "$@"\n'
    )
    script.chmod(0o755)

    done = command("doctor", str(script))

    assert done.returncode == 1
    assert any("it fails: no licence" in line for line in broken(done.stdout))


def test_links_in_the_place_of_compilers_are_told_with_what_stands_behind_them(
    command: Run, work: Path
) -> None:
    gcc, front = require_tool("gcc", "gcc"), native_front()
    for name in ("gcc", "c++"):
        (work / name).symlink_to(front)
    (work / "behind").mkdir()
    (work / "behind" / "gcc").symlink_to(gcc)

    done = command("doctor", gcc, env={"PATH": f"{work}:{work}/behind"})

    assert f"zccache stands in for gcc ({work}/gcc, for {work}/behind/gcc)" in done.stdout.decode()
    assert any("no c++ stands behind it" in line for line in broken(done.stdout))


def test_links_behind_the_compilers_that_they_are_to_stand_for_are_broken(
    command: Run, tmp_path: Path
) -> None:
    gcc = Path(require_tool("gcc", "gcc"))
    links = tmp_path / "links"
    links.mkdir()
    (links / "gcc").symlink_to(native_front())

    done = command("doctor", str(gcc), env={"PATH": f"{os.environ['PATH']}:{links}"})

    assert done.returncode == 1
    assert f"PATH: {links}/gcc is zccache, but {gcc} comes before it: gcc is not cached" in broken(
        done.stdout
    )
    assert f"-> put {links} before {gcc.parent} on PATH" in done.stdout.decode()


@pytest.mark.parametrize("variable", ["ZCCACHE_GUARD", "ZCCACHE_DISABLE"])
def test_a_variable_that_switches_every_front_off_is_told(command: Run, variable: str) -> None:
    done = command("doctor", require_tool("gcc", "gcc"), env={variable: "1"})

    assert f"{variable} is set" in done.stdout.decode()
    assert "every front runs its compiler bare" in done.stdout.decode()
