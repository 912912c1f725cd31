"""What a client may want of the cache beyond its compile, and on what a hit then rests."""

import os
import stat
from pathlib import Path

import pytest

from link_project import LINKERS, linker, put_objects
from waiting import wait_until
from walk import Walk
from zccache.common.command.invocation import Invocation
from zccache.common.lookup import files_hold, first_changed_guard
from zccache.common.pipeline import begin
from zccache.common.policy import DEFAULT, Extra, key_parts, policy_of
from zccache.common.reasons import Reason
from zccache.common.request import Facts, Hit, Request
from zccache.common.store.delivery import Mode

COMPILE = ("gcc", "-c", "a.c")


def facts_of(walk: Walk) -> Facts:
    """Return what a hit rests on, once all of it is old enough to be proof."""
    found: list[Facts] = []

    def is_proven() -> bool:
        invocation = Invocation(COMPILE[0], COMPILE[1:], str(walk.folder), walk.env)
        request = Request(invocation, 0o022, policy=policy_of(walk.env, str(walk.folder)))
        answer = begin(request, walk.rooms)
        assert isinstance(answer, Hit)
        found.extend([] if answer.facts is None else [answer.facts])
        return bool(found)

    assert wait_until(is_proven)
    return found[0]


def holds(facts: Facts) -> bool:
    return files_hold(facts) and first_changed_guard(facts) is None


def test_who_asks_for_nothing_has_the_default_and_the_places_that_were_looked_at(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()

    policy = policy_of({"HOME": str(tmp_path / "home")}, str(folder))

    assert (policy.mode, policy.recache, policy.readonly) == (Mode.AUTO, False, False)
    assert policy.absent[:2] == (f"{folder}/zccache.toml", f"{tmp_path}/zccache.toml")
    assert policy.absent[-1] == f"{tmp_path}/home/.config/zccache/zccache.toml"
    assert list(key_parts(policy, (), str)) == list(key_parts(DEFAULT, (), str)) == []


def test_the_environment_goes_before_a_file_and_names_of_a_file_belong_to_its_folder(tmp_path: Path) -> None:
    (tmp_path / "zccache.toml").write_text('extra_inputs = "rules:/abs"\nmode = "copy"\n')
    inner = tmp_path / "inner"
    inner.mkdir()

    from_file = policy_of({}, str(inner))
    from_both = policy_of({"ZCCACHE_EXTRA_INPUTS": "own", "ZCCACHE_MODE": "hardlink"}, str(inner))

    assert (from_file.mode, from_file.extra_inputs) == (Mode.COPY, (f"{tmp_path}/rules", "/abs"))
    assert (from_both.mode, from_both.extra_inputs) == (Mode.HARDLINK, (f"{inner}/own",))
    assert [known.path for known in from_both.files] == [f"{tmp_path}/zccache.toml"]


def test_a_value_that_cannot_be_used_is_the_default(tmp_path: Path) -> None:
    policy = policy_of({"ZCCACHE_MODE": "magic", "ZCCACHE_READONLY": "perhaps"}, str(tmp_path))

    assert (policy.mode, policy.readonly) == (Mode.AUTO, False)


def test_an_absent_input_and_an_empty_one_are_two_keys(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    walk = Walk(tmp_path / "src", tmp_path / "cache")
    empty = walk.rooms.digests.known(str(tmp_path / "empty"))
    walk.close()

    keys = {tuple(key_parts(DEFAULT, [Extra("/x", known)], str)) for known in (empty, None)}

    assert len(keys) == 2


def test_a_miss_of_a_client_that_keeps_nothing_is_passed_on(walk: Walk) -> None:
    walk.env["ZCCACHE_READONLY"] = "1"

    assert walk.twice(*COMPILE) == [Reason.READ_ONLY.word] * 2
    assert walk.rooms.index.totals().entries == 0


def test_recache_runs_the_compiler_and_replaces_the_result(walk: Walk) -> None:
    hows = walk.twice(*COMPILE)
    walk.env["ZCCACHE_RECACHE"] = "1"
    hows += walk.twice(*COMPILE)
    del walk.env["ZCCACHE_RECACHE"]
    hows.append(walk.same(*COMPILE))

    assert hows == ["stored", "hit", "stored", "stored", "hit"]
    assert walk.rooms.index.totals().entries == 1


@pytest.mark.parametrize("change", ["changed", "appeared", "went away"])
def test_a_declared_input_that_moves_while_the_compiler_runs_is_not_recorded(walk: Walk, change: str) -> None:
    rules = walk.folder / "rules"
    walk.env["ZCCACHE_EXTRA_INPUTS"] = "rules"
    if change != "appeared":
        walk.put("rules", "1")

    def move() -> None:
        if change == "went away":
            rules.unlink()
        else:
            walk.put("rules", "2")

    assert walk.walk(*COMPILE, meanwhile=move).how == Reason.INPUT_CHANGED.word


def test_a_hit_rests_on_the_settings_files_and_on_the_absence_of_nearer_ones(walk: Walk) -> None:
    walk.twice(*COMPILE)
    without = facts_of(walk)
    assert holds(without)

    walk.put("../zccache.toml", 'namespace = ""\n')
    assert not holds(without)
    with_one = facts_of(walk)
    assert holds(with_one)

    walk.put("../zccache.toml", 'namespace = "x"\n')
    assert not holds(with_one)
    walk.put("../zccache.toml", 'namespace = ""\n')
    before = facts_of(walk)
    walk.put("zccache.toml", "\n")
    assert not holds(before)


def test_a_hit_rests_on_the_users_file_where_not_even_its_folder_is_there(walk: Walk, tmp_path: Path) -> None:
    walk.env["HOME"] = str(tmp_path / "home")
    (tmp_path / "home").mkdir()
    walk.twice(*COMPILE)
    facts = facts_of(walk)
    assert holds(facts)

    walk.put("../home/.config/zccache/zccache.toml", 'namespace = "x"\n')

    assert not holds(facts)


@pytest.mark.parametrize("is_there", [False, True])
def test_a_hit_rests_on_declared_inputs_there_or_not(walk: Walk, is_there: bool) -> None:
    walk.env["ZCCACHE_EXTRA_INPUTS"] = "sub/rules"
    if is_there:
        walk.put("sub/rules", "1")
    walk.twice(*COMPILE)
    facts = facts_of(walk)
    assert holds(facts)

    walk.put("sub/rules", "2")

    assert not holds(facts)
    assert walk.same(*COMPILE) == "stored"


def test_equal_guards_of_many_hits_are_one_object(walk: Walk) -> None:
    walk.twice(*COMPILE)
    first, second = (
        {guard.folder: guard for guard in facts_of(walk).guards}[os.path.dirname(walk.folder)]
        for _ in range(2)
    )

    assert first is second


@pytest.mark.parametrize(
    ("word", "how"), [("-Dnew", "stored"), ("-ftime-report", Reason.CHANGING_OUTPUT.word)]
)
def test_outputs_that_are_links_are_gone_before_a_compiler_runs_kept_or_passed_on(
    walk: Walk, word: str, how: str
) -> None:
    walk.env["ZCCACHE_MODE"] = "hardlink"
    output = walk.folder / "a.o"
    walk.walk(*COMPILE)
    output.unlink()
    assert walk.walk(*COMPILE).how == "hit"
    linked = output.stat()

    walked = walk.walk(*COMPILE, word)

    assert linked.st_nlink == 2
    assert walked.how == how
    assert output.stat().st_nlink == 1
    assert stat.S_IMODE(output.stat().st_mode) == 0o644


@pytest.mark.parametrize("words", ["-c a.c", "-S a.c", "-c -ftime-report a.c", "-c a.c b.c"])
def test_outputs_that_are_links_outlive_an_error_as_with_the_compiler(
    walk: Walk, cc: str, words: str
) -> None:
    """hazard 86, hazard 87, hazard 90"""
    walk.env["ZCCACHE_MODE"] = "hardlink"
    walk.put("b.c", "int b;\n")
    blob = walk.rooms.artifacts.put_bytes(b"old output")
    walk.put("a.c", "int f(void) { return }\n")

    def old() -> None:
        for name in ("a.o", "a.s", "b.o"):
            (walk.folder / name).unlink(missing_ok=True)
            os.link(walk.rooms.artifacts.path(blob.digest), walk.folder / name)

    old()
    walked = walk.walk(cc, *words.split())
    through_the_cache = {path.name: path.read_bytes() for path in walk.folder.glob("*.[os]")}
    for path in walk.folder.glob("*.[os]"):
        path.unlink()
        path.write_bytes(b"old output")
    bare = walk.bare(cc, *words.split())
    alone = {path.name: path.read_bytes() for path in walk.folder.glob("*.[os]")}

    assert walked.left.status == bare.status != 0
    assert through_the_cache == alone
    assert walk.rooms.artifacts.verify(blob.digest)


@pytest.mark.parametrize("name", sorted(LINKERS))
@pytest.mark.parametrize(
    ("words", "how"),
    [
        (["-s", "-o", "app"], "stored"),
        (["-Wl,--stats", "-o", "app"], Reason.CHANGING_OUTPUT.word),
        (["-Bno/folder-", "-o", "app"], Reason.UNSEEN_INPUT.word),
        (["-Wl,--stats"], Reason.CHANGING_OUTPUT.word),
        (["-Bno/folder-"], Reason.UNSEEN_INPUT.word),
    ],
    ids=str,
)
def test_a_linker_does_not_write_into_the_blob_of_its_old_output(
    walk: Walk, name: str, words: list[str], how: str
) -> None:
    """hazard 86"""
    walk.env["ZCCACHE_MODE"] = "hardlink"
    put_objects(walk, main__o="main", f__o="f")
    output = walk.folder / ("app" if "-o" in words else "a.out")
    blob = walk.rooms.artifacts.put_bytes(b"old output")
    os.link(walk.rooms.artifacts.path(blob.digest), output)

    walked = walk.walk("gcc", linker(name), "main.o", "f.o", *words)

    assert walked.how == how
    assert walked.left.status == 0
    assert output.stat().st_nlink == 1
    assert walk.rooms.artifacts.verify(blob.digest)


def test_a_client_that_keeps_nothing_has_links_detached_too(walk: Walk) -> None:
    walk.env |= {"ZCCACHE_MODE": "hardlink", "ZCCACHE_READONLY": "1"}
    blob = walk.rooms.artifacts.put_bytes(b"old")
    os.link(walk.rooms.artifacts.path(blob.digest), walk.folder / "a.o")

    assert walk.walk(*COMPILE).how == Reason.READ_ONLY.word

    assert walk.rooms.artifacts.verify(blob.digest)
    assert (walk.folder / "a.o").stat().st_nlink == 1
