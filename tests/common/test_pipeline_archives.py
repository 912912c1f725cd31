"""Archives and their indexes: made anew when a member or the old archive differs, restored else."""

import os
from pathlib import Path

import pytest

from link_project import objects, put_archive, put_objects, run
from tools import require_tool
from walk import TO_AND_FRO, Walk
from zccache.common.lookup import first_changed_guard

ARCHIVERS = {"ar": "binutils", "gcc-ar": "gcc", "llvm-ar": "llvm"}


@pytest.fixture
def project(walk: Walk) -> Walk:
    """Hand out a walk with objects."""
    put_objects(walk, f__o="f", g__o="g", h__o="main")
    return walk


@pytest.fixture(params=ARCHIVERS)
def archiver(request: pytest.FixtureRequest) -> str:
    """Name each archiver."""
    require_tool(request.param, ARCHIVERS[request.param])
    name: str = request.param
    return name


@pytest.mark.parametrize("letters", ["rcs", "-rcs", "crD", "rcsT", "qc", "rvs", "rcS"])
def test_an_archive_is_kept_and_restored(letters: str, archiver: str, project: Walk) -> None:
    assert project.twice(archiver, letters, "libx.a", "f.o", "g.o") == ["stored", "hit"]


@pytest.mark.parametrize("letters", ["rcs", "rcsP"])
def test_two_members_of_one_name_are_kept_apart(letters: str, archiver: str, project: Walk) -> None:
    put_objects(project, x__o="f", y__o="g")
    for folder, which in (("one", "x.o"), ("two", "y.o")):
        project.put(f"{folder}/x.o", (project.folder / which).read_bytes())

    assert project.twice(archiver, letters, "libx.a", "one/x.o", "two/x.o") == ["stored", "hit"]


def test_a_hit_on_an_archive_that_was_removed_can_be_given_again_once_it_is_gone(project: Walk) -> None:
    command = ("ar", "rcs", "libx.a", "f.o", "g.o")
    archive = project.folder / "libx.a"
    assert project.twice(*command) == ["stored", "hit"]

    facts = project.facts
    assert facts is not None
    archive.write_bytes(b"")
    changed = first_changed_guard(facts)
    assert changed is not None
    assert changed.ways == {"libx.a"}
    archive.unlink()
    assert first_changed_guard(facts) is None


def test_an_archive_of_another_member_is_made(archiver: str, project: Walk) -> None:
    hows = project.to_and_fro(
        [archiver, "rcs", "libx.a", "f.o", "g.o"],
        lambda: put_objects(project, f__o="f2"),
        lambda: put_objects(project, f__o="f"),
    )

    assert hows == TO_AND_FRO


def test_what_is_added_to_an_archive_depends_on_what_was_in_it(archiver: str, project: Walk) -> None:
    command = (archiver, "rcs", "libx.a", "f.o")

    def with_g() -> None:
        put_archive(project, "libx.a", "g.o")

    def with_h() -> None:
        put_archive(project, "libx.a", "h.o")

    hows = [project.same(*command, given=given) for given in (with_g, with_g, with_h, with_h, with_g)]

    assert hows == TO_AND_FRO
    assert project.twice(*command) == ["stored", "hit"]


def test_an_archive_with_another_name_is_written_into_as_the_archiver_does(
    archiver: str, project: Walk
) -> None:
    def twice_named() -> None:
        put_archive(project, "libx.a", "g.o")
        (project.folder / "other.a").unlink(missing_ok=True)
        os.link(project.folder / "libx.a", project.folder / "other.a")
        (project.folder / "libx.a").chmod(0o640)

    command = (archiver, "rcs", "libx.a", "f.o")

    assert [project.same(*command, given=twice_named) for _ in "12"] == ["stored", "hit"]


def test_files_behind_a_thin_archive_count_when_it_is_updated(project: Walk) -> None:
    put_archive(project, "libx.a", "f.o", letters="rcsT")
    command = ("ar", "rcsT", "libx.a", "g.o")
    old = (project.folder / "libx.a").read_bytes()

    def thin() -> None:
        (project.folder / "libx.a").write_bytes(old)
        project.settle()

    first = [project.same(*command, given=thin) for _ in "12"]
    put_objects(project, f__o="main")
    second = project.same(*command, given=thin)

    assert first == ["stored", "hit"]
    assert second == "stored"


@pytest.mark.parametrize("command", ["ranlib libx.a", "ranlib -D libx.a", "ar s libx.a", "gcc-ranlib libx.a"])
def test_an_index_is_kept_and_restored(command: str, project: Walk) -> None:
    def without_index() -> None:
        put_archive(project, "libx.a", "f.o", "g.o", letters="rcS")

    assert [project.same(*command.split(), given=without_index) for _ in "12"] == ["stored", "hit"]


def test_llvm_leaves_an_archive_alone_that_has_its_index(project: Walk) -> None:
    require_tool("llvm-ranlib", "llvm")
    put_archive(project, "libx.a", "f.o")

    assert project.twice("llvm-ranlib", "libx.a") == ["stored", "hit"]


def test_a_member_that_is_taken_out_leaves_the_same_archive(project: Walk) -> None:
    def whole() -> None:
        put_archive(project, "libx.a", "f.o", "g.o")

    assert [project.same("ar", "d", "libx.a", "f.o", given=whole) for _ in "12"] == ["stored", "hit"]


def test_what_an_archiver_says_is_replayed(project: Walk) -> None:
    walked = [project.walk("ar", "rv", "libx.a", "f.o") for _ in range(1)]
    (project.folder / "libx.a").unlink()
    walked.append(project.walk("ar", "rv", "libx.a", "f.o"))

    assert [one.how for one in walked] == ["stored", "hit"]
    assert walked[0].left.stderr == walked[1].left.stderr == b"ar: creating libx.a\n"
    assert walked[1].left.stdout == b"a - f.o\n"


@pytest.mark.parametrize("letters", ["cru", "rcus", "-ru"])
def test_an_update_that_gnu_ar_makes_a_replacement_is_kept(letters: str, project: Walk) -> None:
    """As makefiles and libtool of old ask for archives."""

    def older() -> None:
        put_archive(project, "libx.a", "f.o", "h.o")
        os.utime(project.folder / "f.o", ns=(1, 1))

    command = ("ar", letters, "libx.a", "f.o", "g.o")
    hows = project.to_and_fro(
        [*command], lambda: put_objects(project, f__o="f2"), lambda: put_objects(project, f__o="f")
    )

    assert hows == TO_AND_FRO
    assert [project.same(*command, given=older) for _ in "12"] == ["stored", "hit"]


def test_an_update_that_goes_by_times_is_not_kept(project: Walk) -> None:
    require_tool("llvm-ar", "llvm")

    assert project.twice("llvm-ar", "cru", "libx.a", "f.o") == ["unseen_input", "unseen_input"]


def test_an_update_that_is_not_understood_is_not_kept(project: Walk) -> None:
    """In another language, say."""
    own = project.put("own/ar", '#!/bin/sh\n/usr/bin/ar "$@" 2>/dev/null\n')
    own.chmod(0o755)

    assert project.twice(str(own), "cru", "libx.a", "f.o") == ["unseen_input", "unseen_input"]


REFUSED = {
    "ar rcU libx.a f.o": "random_output",
    "ar rcuU libx.a f.o": "random_output",
    "ar t libx.a": "not_a_compile",
    "ar x libx.a": "not_a_compile",
    "ar ra f.o libx.a g.o": "unknown_option",
    "ar --plugin=x.so rc libx.a f.o": "unknown_option",
    "ar rc": "no_source",
    "ar rd libx.a f.o": "bad_command_line",
    "ranlib -t libx.a": "not_a_compile",
    "ranlib libx.a liby.a": "several_sources",
}


@pytest.mark.parametrize("line", REFUSED)
def test_other_commands_are_passed_on(line: str, project: Walk) -> None:
    put_archive(project, "libx.a", "f.o")

    assert project.walk(*line.split()).how == REFUSED[line]


def test_times_that_come_from_the_archive_before_are_not_kept(project: Walk) -> None:
    def dated() -> None:
        put_archive(project, "libx.a", "g.o", letters="rcU")

    assert project.same("ar", "q", "libx.a", "f.o", given=dated) == "random_output"


def test_a_member_that_is_rewritten_meanwhile_is_not_recorded(project: Walk) -> None:
    def rewrite() -> None:
        (project.folder / "f.o").write_bytes(objects()["f2.o"])

    assert project.walk("ar", "rcs", "libx.a", "f.o", afterwards=rewrite).how == "input_changed"


def test_a_plugin_that_appears_makes_another_archiver(project: Walk, tmp_path: Path) -> None:
    own = tmp_path / "own" / "bin"
    own.mkdir(parents=True)
    run(project, "cp", os.path.realpath("/usr/bin/ar"), str(own / "ar"))
    command = (str(own / "ar"), "rcs", "libx.a", "f.o")
    first = project.twice(*command)

    folder = tmp_path / "own" / "lib" / "bfd-plugins"
    folder.mkdir(parents=True)
    run(project, "cp", str(own / "ar"), str(folder / "liblto_plugin.so"))

    assert first == ["stored", "hit"]
    assert project.walk(*command).how == "stored"


def test_an_archive_that_somebody_else_made_meanwhile_is_not_recorded(project: Walk) -> None:
    walked = project.walk(
        "ar", "qc", "libx.a", "f.o", meanwhile=lambda: put_archive(project, "libx.a", "g.o")
    )

    assert walked.how == "input_changed"
