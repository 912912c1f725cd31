"""ZCCACHE_LINK_DEPLOY_CMD: what a command puts beside a linked file comes back with it."""

import os
from pathlib import Path

import pytest

from link_project import put_objects
from walk import Walk

COMMAND = """\
#!/bin/sh
set -e
cp "$(dirname "$0")/runtime" "$(dirname "$1")/lib runtime.so"
echo "for ${1##*/}" > "$(dirname "$1")/${1##*/}.deployed"
echo deployed
"""


@pytest.fixture
def project(walk: Walk) -> Walk:
    """Hand out a walk with objects and a command that deploys two files."""
    put_objects(walk, main__o="main", f__o="f")
    walk.put("tools/runtime", "runtime 1")
    walk.put("tools/deploy me", COMMAND).chmod(0o755)
    (walk.folder / "out").mkdir()
    walk.env["ZCCACHE_LINK_DEPLOY_CMD"] = f"'{walk.folder}/tools/deploy me'"
    return walk


LINK = ("gcc", "main.o", "f.o", "-o", "out/app")


def deployed(project: Walk) -> dict[str, str | int]:
    """Return what lies beside the output, and take it away."""
    found: dict[str, str | int] = {}
    for path in sorted((project.folder / "out").iterdir()):
        is_program = path.name == "app"
        found[path.name] = path.stat().st_mode & 0o777 if is_program else path.read_text()
        path.unlink()
    return found


ALL = {"app": 0o755, "app.deployed": "for app\n", "lib runtime.so": "runtime 1"}


def test_what_the_command_makes_is_restored_without_it(project: Walk) -> None:
    first = project.walk(*LINK)
    made = deployed(project)
    project.put("tools/runtime", "runtime 2")

    second = project.walk(*LINK)

    assert (first.how, first.left.stdout) == ("stored", b"deployed\n")
    assert (second.how, second.left.stdout) == ("hit", b"deployed\n")
    assert made == deployed(project) == ALL


def test_another_command_or_program_of_it_is_another_link(project: Walk) -> None:
    project.walk(*LINK)
    deployed(project)

    project.put("tools/deploy me", COMMAND.replace("echo deployed", "true")).chmod(0o755)
    changed = project.walk(*LINK)
    del project.env["ZCCACHE_LINK_DEPLOY_CMD"]
    deployed(project)
    without = project.walk(*LINK)

    assert (changed.how, changed.left.stdout) == ("stored", b"")
    assert without.how == "stored"
    assert deployed(project) == {"app": 0o755}


def test_declared_inputs_make_a_new_deployment(project: Walk) -> None:
    project.env["ZCCACHE_EXTRA_INPUTS"] = "tools/runtime"
    project.walk(*LINK)
    deployed(project)

    project.put("tools/runtime", "runtime 2")
    again = project.walk(*LINK)

    assert again.how == "stored"
    assert deployed(project) == ALL | {"lib runtime.so": "runtime 2"}


def test_what_another_process_writes_beside_the_output_is_not_kept(project: Walk) -> None:
    alien = project.folder / "out" / "alien"
    project.put("tools/deploy me", COMMAND + f"echo x > '{alien}'\n").chmod(0o755)

    project.walk(*LINK)
    alien.unlink()
    deployed(project)
    hit = project.walk(*LINK)

    assert hit.how == "hit"
    assert deployed(project) == ALL


def test_a_command_may_change_the_linked_file(project: Walk) -> None:
    project.env["ZCCACHE_LINK_DEPLOY_CMD"] = "strip"

    first = project.walk(*LINK)
    stripped = (project.folder / "out/app").read_bytes()
    (project.folder / "out/app").unlink()
    second = project.walk(*LINK)

    assert (first.how, second.how) == ("stored", "hit")
    assert (project.folder / "out/app").read_bytes() == stripped
    assert b".symtab" not in stripped


def test_a_command_that_fails_fails_the_link_and_nothing_is_kept(project: Walk) -> None:
    project.env["ZCCACHE_LINK_DEPLOY_CMD"] = "false"

    walked = [project.walk(*LINK), project.walk(*LINK)]

    assert [one.how for one in walked] == ["compile_failed", "compile_failed"]
    assert walked[0].left.status == 1
    assert os.listdir(project.folder / "out") == ["app"]


def test_a_link_that_fails_deploys_nothing(project: Walk) -> None:
    put_objects(project, main__o="undefined")

    walked = project.walk(*LINK)

    assert walked.how == "compile_failed"
    assert not os.listdir(project.folder / "out")


def test_nothing_of_ours_stays_in_the_cache(project: Walk) -> None:
    project.walk(*LINK)

    assert not list((Path(project.root) / "tmp").iterdir())


def test_compiles_and_archives_are_left_alone(project: Walk) -> None:
    assert project.twice("gcc", "-c", "a.c") == ["stored", "hit"]
    assert project.twice("ar", "rcs", "libf.a", "f.o") == ["stored", "hit"]
