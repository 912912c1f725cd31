"""Checkouts of the same sources: what one compiled serves its siblings, where no folder can be in it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from walk import Walk
from zccache.common import sharing
from zccache.common.lookup import files_hold, first_changed_guard

SOURCE = """#include "h.h"
#include <stddef.h>
const char *f(void) { return "x"; }
int g(int a) { return a + H; }
"""
NAMES = """#include "h.h"
const char *a(void) { return __FILE__; }
const char *b(void) { return __BASE_FILE__; }
const char *c(void) { return __builtin_FILE(); }
int g(int x) { return x + H; }
"""


class Siblings:
    """Two checkouts over one cache, each with a walk of its own."""

    def __init__(self, folder: Path, cache: Path, env: dict[str, str]) -> None:
        self.a = Walk(folder / "agent-a", cache, env)
        self.b = Walk(folder / "agent-b", cache, env)
        for walk in (self.a, self.b):
            walk.put(".git", "gitdir: elsewhere\n")
            walk.put("inc/h.h", "#define H 1\n")
            walk.put("src/a.c", SOURCE)
            (walk.folder / "build").mkdir()
            walk.settle()

    def how(self, walk: Walk, *argv: str, cwd: str = "build") -> str:
        """Walk a command, ROOT for the checkout; return how it went: equivalent for a sibling's."""
        words = [word.replace("ROOT", str(walk.folder.resolve())) for word in argv]
        walked = walk.walk(*words, cwd=cwd)
        assert walked.left.status == 0, walked.left.stderr
        return "equivalent" if walk.was_equivalent else walked.how


Make = Callable[..., Siblings]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def siblings(**env: str) -> Siblings:
        return Siblings(tmp_path, tmp_path / "cache", {"HOME": str(tmp_path), **env})

    return siblings


def same_as_bare(walk: Walk, *argv: str) -> bool:
    """Whether the object that was delivered is the one that the compiler writes with these words."""
    output = walk.folder / "build" / "a.o"
    delivered = output.read_bytes()
    words = [word.replace("ROOT", str(walk.folder.resolve())) for word in argv]
    done = walk.bare(*words, "-o", "a.o", cwd="build")
    assert done.status == 0, done.stderr
    return output.read_bytes() == delivered


MAPS = ("-ffile-prefix-map=ROOT=.", "-ffile-prefix-map=ROOT/build=.")


@pytest.mark.parametrize("source", [SOURCE, NAMES], ids=["plain", "names"])
@pytest.mark.parametrize("words", [("-g", "-O1"), ("-O2",), ("-g3", "-Os")], ids=" ".join)
def test_a_sibling_takes_the_result_when_paths_are_remapped(
    make: Make, cc: str, words: tuple[str, ...], source: str
) -> None:
    siblings = make(ZCCACHE_PATH_REMAP="auto")
    for walk in (siblings.a, siblings.b):
        walk.put("src/a.c", source)
    command = (cc, *words, "-IROOT/inc", "-c", "ROOT/src/a.c")

    assert siblings.how(siblings.a, *command, "-o", "a.o") == "stored"
    assert siblings.how(siblings.b, *command, "-o", "a.o") == "equivalent"

    assert same_as_bare(siblings.b, cc, *MAPS, *command[1:])
    assert siblings.how(siblings.b, *command, "-o", "a.o") == "hit"


def test_a_depfile_names_the_files_of_its_own_checkout(make: Make, cc: str) -> None:
    siblings = make(ZCCACHE_PATH_REMAP="auto")
    command = (cc, "-g", "-IROOT/inc", "-c", "ROOT/src/a.c", "-MD", "-MF", "a.d", "-o", "ROOT/build/a.o")

    siblings.how(siblings.a, *command)

    assert siblings.how(siblings.b, *command) == "equivalent"
    text = (siblings.b.folder / "build" / "a.d").read_text()
    assert str(siblings.b.folder.resolve()) in text
    assert str(siblings.a.folder.resolve()) not in text


def test_a_sibling_that_has_diverged_compiles_by_itself(make: Make, cc: str) -> None:
    siblings = make(ZCCACHE_PATH_REMAP="auto")
    command = (cc, "-g", "-IROOT/inc", "-c", "ROOT/src/a.c", "-o", "a.o")
    siblings.how(siblings.a, *command)
    siblings.b.put("inc/h.h", "#define H 2\n")

    assert siblings.how(siblings.b, *command) == "stored"
    assert siblings.b.unshared == sharing.OTHER_CONTENT
    assert siblings.how(siblings.a, *command) == "hit"


def test_a_header_that_shadows_in_the_sibling_alone_is_seen(make: Make, cc: str) -> None:
    siblings = make(ZCCACHE_PATH_REMAP="auto")
    command = (cc, "-g", "-IROOT/inc", "-c", "ROOT/src/a.c", "-o", "a.o")
    siblings.how(siblings.a, *command)
    siblings.b.put("src/h.h", "#define H 3\n")

    assert siblings.how(siblings.b, *command) == "stored"


def test_without_a_root_nothing_is_shared_and_the_reason_is_told(make: Make, cc: str) -> None:
    siblings = make(ZCCACHE_PATH_REMAP="auto")
    for walk in (siblings.a, siblings.b):
        (walk.folder / ".git").unlink()

    for walk in (siblings.a, siblings.b):
        assert siblings.how(walk, cc, "-g", "-IROOT/inc", "-c", "ROOT/src/a.c", "-o", "a.o") == "stored"
        assert walk.unshared == sharing.NO_ROOT


def test_a_named_root_stands_for_git(make: Make, cc: str) -> None:
    siblings = make(ZCCACHE_PATH_REMAP="auto", ZCCACHE_WORKTREE_ROOT="..")
    for walk in (siblings.a, siblings.b):
        (walk.folder / ".git").unlink()
    command = (cc, "-g", "-IROOT/inc", "-c", "ROOT/src/a.c", "-o", "a.o")

    assert siblings.how(siblings.a, *command) == "stored"
    assert siblings.how(siblings.b, *command) == "equivalent"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("-DWHERE=ROOT",), sharing.SENSITIVE),
        (("-fsanitize=undefined",), sharing.SENSITIVE),
        (("--coverage",), sharing.SENSITIVE),
        (("-gsplit-dwarf",), sharing.SENSITIVE),
        (("-fstack-usage",), ""),
        (("-o", "/tmp/zccache-elsewhere.o"), sharing.OUTSIDE),
    ],
)
def test_what_binds_a_result_to_its_place_is_not_shared(
    make: Make, cc: str, words: tuple[str, ...], reason: str
) -> None:
    siblings = make(ZCCACHE_PATH_REMAP="auto")
    command = (cc, "-g", "-IROOT/inc", "-c", "ROOT/src/a.c", *words)

    siblings.how(siblings.a, *command)

    assert siblings.how(siblings.b, *command) in {"stored", "hit"}
    assert siblings.b.unshared in {reason, None}


def test_the_users_own_map_wins(make: Make, cc: str) -> None:
    siblings = make(ZCCACHE_PATH_REMAP="auto")
    command = (cc, "-g", "-ffile-prefix-map=ROOT=/src", "-IROOT/inc", "-c", "ROOT/src/a.c")
    siblings.how(siblings.a, *command, "-o", "a.o")

    assert siblings.how(siblings.b, *command, "-o", "a.o") == "equivalent"

    assert same_as_bare(siblings.b, cc, MAPS[1], *command[1:])


def test_without_the_setting_relative_commands_share_what_holds_no_folder(make: Make, cc: str) -> None:
    siblings = make()
    command = (cc, "-O2", "-I../inc", "-c", "../src/a.c")

    assert siblings.how(siblings.a, *command, "-o", "a.o") == "stored"
    assert siblings.how(siblings.b, *command, "-o", "a.o") == "equivalent"
    assert same_as_bare(siblings.b, *command)


@pytest.mark.parametrize("words", [("-g",), ("-g1",), ("-gdwarf-4",)])
def test_without_the_setting_debug_information_is_not_shared(make: Make, cc: str, words: tuple[str]) -> None:
    siblings = make()
    command = (cc, *words, "-I../inc", "-c", "../src/a.c", "-o", "a.o")

    siblings.how(siblings.a, *command)

    assert siblings.how(siblings.b, *command) == "stored"


@pytest.mark.parametrize(
    "text",
    [
        NAMES,
        "#define PASTE(a, b) a##b\nconst char *a(void) { return PASTE(__FI, LE__); }\n",
        "constexpr int h(const char *s) { return *s ? *s + 31 * h(s + 1) : 0; }\nint a = h(__FILE__);\n",
    ],
    ids=["names", "pasted", "hashed"],
)
def test_without_the_setting_a_unit_that_could_know_its_name_is_not_shared(
    make: Make, cxx: str, text: str
) -> None:
    siblings = make()
    for walk in (siblings.a, siblings.b):
        walk.put("src/a.cc", text)
    command = (cxx, "-O1", "-IROOT/inc", "-c", "ROOT/src/a.cc")

    siblings.how(siblings.a, *command, "-o", "a.o")

    assert siblings.how(siblings.b, *command, "-o", "a.o") == "stored"
    assert same_as_bare(siblings.b, *command)


def test_a_warning_with_the_folder_in_it_is_not_shared(make: Make, cc: str) -> None:
    siblings = make(ZCCACHE_PATH_REMAP="auto")
    for walk in (siblings.a, siblings.b):
        walk.put("src/a.c", SOURCE + "#warning look\n")
    command = (cc, "-IROOT/inc", "-c", "ROOT/src/a.c", "-o", "a.o")

    siblings.how(siblings.a, *command)

    assert siblings.how(siblings.b, *command) == "stored"


def test_a_sibling_that_was_deleted_still_serves(make: Make, cc: str) -> None:
    siblings = make(ZCCACHE_PATH_REMAP="auto")
    command = (cc, "-g", "-IROOT/inc", "-c", "ROOT/src/a.c", "-o", "a.o")
    siblings.how(siblings.a, *command)

    shutil.rmtree(siblings.a.folder)

    assert siblings.how(siblings.b, *command) == "equivalent"


@pytest.mark.parametrize("kind", ["file", "folder"])
@pytest.mark.parametrize("change", ["gone", "nearer"])
def test_a_hit_is_not_repeated_once_the_root_is_another(make: Make, cc: str, kind: str, change: str) -> None:
    siblings = make(ZCCACHE_PATH_REMAP="auto")
    walk = siblings.a
    mark = walk.folder / ".git"
    if kind == "folder":
        mark.unlink()
        mark.mkdir()
    walk.settle()
    command = (cc, "-g", "-IROOT/inc", "-c", "ROOT/src/a.c", "-o", "a.o")
    siblings.how(walk, *command)
    siblings.how(walk, *command)
    facts = walk.facts
    assert facts is not None
    assert files_hold(facts)
    assert first_changed_guard(facts) is None

    if change == "nearer":
        (walk.folder / "build" / ".git").mkdir()
    else:
        mark.rename(walk.folder / "elsewhere")

    assert not files_hold(facts) or first_changed_guard(facts) is not None


def test_copies_without_a_root_share_what_names_no_folder(make: Make, cc: str) -> None:
    siblings = make()
    for walk in (siblings.a, siblings.b):
        (walk.folder / ".git").unlink()
        walk.put("build/a.c", '#include "in/h.h"\nint g(int a) { return a + H; }\n')
        walk.put("build/in/h.h", "#define H 1\n")
        walk.settle()
    command = (cc, "-O2", "-MD", "-c", "a.c", "-o", "a.o")

    assert siblings.how(siblings.a, *command) == "stored"
    assert siblings.how(siblings.b, *command) == "equivalent"
    assert same_as_bare(siblings.b, *command[:-2])
    siblings.b.put("build/in/h.h", "#define H 2\n")
    assert siblings.how(siblings.b, *command) == "stored"
    assert siblings.how(siblings.a, *command, "-g") == "stored"
    assert siblings.how(siblings.b, *command, "-g") == "stored"


@pytest.mark.parametrize("has_root", [True, False])
@pytest.mark.parametrize("source", ["../src/a.c", "ROOT/src/a.c"])
def test_two_folders_of_one_tree_share_what_names_no_folder(
    make: Make, cc: str, source: str, has_root: bool
) -> None:
    walk = make().a
    if not has_root:
        (walk.folder / ".git").unlink()
    (walk.folder / "other").mkdir()
    command = (cc, "-O2", f"-I{source.removesuffix('src/a.c')}inc", "-MD", "-c", source, "-o", "a.o")
    words = [word.replace("ROOT", str(walk.folder.resolve())) for word in command]

    assert walk.walk(*words, cwd="build").how == "stored"
    walk.walk(*words, cwd="other")

    assert walk.was_equivalent
    delivered = [(walk.folder / "other" / name).read_bytes() for name in ("a.o", "a.d")]
    walk.bare(*words, cwd="other")
    assert [(walk.folder / "other" / name).read_bytes() for name in ("a.o", "a.d")] == delivered


@pytest.mark.parametrize("is_straight_first", [True, False])
def test_a_folder_spelled_by_another_way_is_named_so_in_the_depfile(
    make: Make, cc: str, is_straight_first: bool
) -> None:
    walk = make().a
    (walk.folder / "other").mkdir()
    root = walk.folder.resolve()
    straight, bent = ("build", f"{root}"), ("other", f"{root}/other/..")

    for cwd, folder in (straight, bent) if is_straight_first else (bent, straight):
        walk.walk(cc, "-O2", f"-I{folder}/inc", "-MD", "-c", f"{folder}/src/a.c", "-o", "a.o", cwd=cwd)

    for cwd, folder in (straight, bent):
        assert f" {folder}/inc/h.h" in (walk.folder / cwd / "a.d").read_text()
