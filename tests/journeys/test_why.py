"""`zccache why` names the true cause of a miss, for each kind of cause, over real processes."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pytest

from daemons import stop_daemon
from fronts import make_front
from tools import require_tool
from waiting import wait_until
from zccache.common.causes import Kind
from zccache.common.freshness import tick_ns

COMMANDS = Path(sys.executable).parent / "zccache-cli"
_NUMBERS = iter(range(1, 1000))
_NUMBERS_LOCK = threading.Lock()


@dataclass(frozen=True)
class Site:
    """A folder of one test, with a source that no other test has, and the cache that all share."""

    folder: Path
    front: Path
    root: Path
    source: str
    env: dict[str, str] = field(default_factory=dict)

    def write(self, name: str, text: str) -> Path:
        """Write a file below the folder, and let its tick pass: a compile in the same one is not kept."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        now_ns = tick_ns()
        assert wait_until(lambda: tick_ns() > now_ns)
        return path

    def compile(self, *words: str, program: str = "gcc", cwd: str = ".", **env: str) -> int:
        """Compile the source through the cache, without a daemon, and return the status.

        Who changes files at once then meets no recording that is still under way.
        """
        argv = [program, "-c", *words, str(self.folder / self.source), "-o", "out.o"]
        return self.run(*argv, cwd=cwd, env=env)

    def run(
        self, *argv: str, cwd: str = ".", is_one_place: bool = False, env: Mapping[str, str] | None = None
    ) -> int:
        """Run any command so; is_one_place: both of its streams lead to one."""
        own = {"ZCCACHE_CACHE_DIR": str(self.root), "ZCCACHE_NO_SPAWN": "1"}
        done = subprocess.run(
            [str(self.front), *argv],
            cwd=self.folder / cwd,
            env={**os.environ, **own, **self.env, **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if is_one_place else subprocess.PIPE,
            timeout=60,
        )
        return done.returncode

    def command(self, *words: str) -> str:
        """Run a command of the cache and return what it printed."""
        env = {**os.environ, "ZCCACHE_CACHE_DIR": str(self.root)}
        argv = [str(COMMANDS), *words]
        done = subprocess.run(
            argv, cwd=self.folder, env=env, check=True, capture_output=True, text=True, timeout=60
        )
        return done.stdout

    def why(self, *words: str) -> Mapping[str, object]:
        """Return what `why` says of the source."""
        told: dict[str, object] = json.loads(self.command("why", *(words or (self.source,)), "--json"))
        return told

    def causes(self) -> list[tuple[str, str]]:
        """Return the kinds of causes with what they are about, names below the folder made short."""
        causes = self.why()["causes"]
        assert isinstance(causes, list)
        return [(cause["kind"], cause["subject"].replace(f"{self.folder}/", "")) for cause in causes]


@pytest.fixture(scope="module")
def shared_root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Hand out a cache root for all tests of this module; each has sources of its own."""
    root = tmp_path_factory.mktemp("why") / "cache"
    yield root
    assert not stop_daemon(root)


@pytest.fixture
def site(tmp_path: Path, shared_root: Path) -> Site:
    """Hand out a folder with a source that includes x.h from inc2, where inc1 is looked at first."""
    require_tool("gcc", "gcc")
    with _NUMBERS_LOCK:
        name = f"source{next(_NUMBERS)}.c"
    folder = tmp_path / "src"
    folder.mkdir()
    site = Site(folder, make_front("native", tmp_path).program, shared_root, name)
    site.write(name, '#include "x.h"\nint x = X;\n')
    site.write("inc2/x.h", "#define X 1\n")
    site.write("inc1/other.h", "")
    return site


INC = ("-Iinc1", "-Iinc2")


class Words(NamedTuple):
    """A stored command's words, then those of the one that misses, and the cause."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    kind: Kind
    subject: str


@pytest.mark.parametrize(
    "case",
    [
        Words((), ("-Wall",), Kind.FLAG_ADDED, "-Wall"),
        Words(("-Wall",), (), Kind.FLAG_REMOVED, "-Wall"),
        Words(("-O1",), ("-O2",), Kind.FLAG_CHANGED, "-O2"),
        Words(("-DN=1",), ("-DN=2",), Kind.FLAG_CHANGED, "-DN=2"),
        Words(("-std=c11",), ("-std=c17",), Kind.FLAG_CHANGED, "-std=c17"),
        Words(("-DA", "-DB"), ("-DB", "-DA"), Kind.FLAG_ORDER, "-DB"),
        Words((), ("-include", "y.h"), Kind.FLAG_ADDED, "y.h"),
        Words((), ("-march=native",), Kind.FLAG_ADDED, "-march=native"),
    ],
    ids=lambda case: " ".join(case.after) or "fewer",
)
def test_a_flag(site: Site, case: Words) -> None:
    site.write("inc1/y.h", "")
    site.compile(*INC, *case.before)

    assert site.compile(*INC, *case.after) == 0

    assert (case.kind.value, case.subject) in site.causes()
    assert {kind for kind, _ in site.causes()} == {case.kind.value}


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({}, {"CPATH": "inc1"}, "is set ('inc1'), it was not before"),
        ({"CPATH": "inc1"}, {}, "is not set, it was 'inc1' before"),
        ({"CPATH": "inc1"}, {"CPATH": "inc2"}, "is 'inc2', it was 'inc1' before"),
    ],
    ids=["set", "unset", "changed"],
)
def test_a_variable(site: Site, before: dict[str, str], after: dict[str, str], words: str) -> None:
    site.compile(*INC, **before)

    site.compile(*INC, **after)

    assert site.causes() == [("environment", "CPATH")]
    assert f"the variable CPATH {words}" in site.command("why", site.source)


def test_the_working_folder(site: Site) -> None:
    include = f"-I{site.folder}/inc2"
    site.compile(include)

    site.compile(include, cwd="inc1")

    assert site.causes() == [("working_folder", "inc1")]


def test_the_toolchain(site: Site) -> None:
    script = site.write("bin/gcc", f'#!/bin/sh\nexec {require_tool("gcc", "gcc")} "$@"\n')
    script.chmod(0o755)
    site.compile(*INC, program=str(script))
    site.write("bin/gcc", f"{script.read_text()}# another\n")

    site.compile(*INC, program=str(script))

    assert site.causes() == [("toolchain", "gcc")]


def test_the_name_of_the_compiler(site: Site) -> None:
    cc = require_tool("cc", "gcc")
    site.compile(*INC)

    site.compile(*INC, program=cc)

    assert ("program_name", "cc") in site.causes()


def test_the_namespace(site: Site) -> None:
    site.compile(*INC)

    site.compile(*INC, ZCCACHE_NAMESPACE="mine")

    assert site.causes() == [("namespace", "mine")]


def declare(site: Site) -> None:
    site.write("declared", "")


@pytest.mark.parametrize(
    ("given", "change", "words"),
    [
        (declare, lambda site: site.write("declared", "2"), "has changed"),
        (lambda site: None, declare, "is there now"),
        (declare, lambda site: site.write("declared", "").unlink(), "is gone"),
    ],
    ids=["changed", "appeared", "gone"],
)
def test_a_declared_input(
    site: Site, given: Callable[[Site], object], change: Callable[[Site], object], words: str
) -> None:
    site.env["ZCCACHE_EXTRA_INPUTS"] = "declared"
    given(site)
    site.compile(*INC)
    change(site)

    site.compile(*INC)

    assert site.causes() == [("extra_input", "declared")]
    assert f"declared, which is declared or sought, {words}" in site.command("why", site.source)


def test_a_checker_that_prints_elsewhere(site: Site) -> None:
    require_tool("clang-tidy", "clang-tidy")
    argv = ["clang-tidy", "--checks=-*,modernize-use-nullptr", site.source, "--", *INC]
    site.run(*argv)

    assert site.run(*argv, is_one_place=True) == 0

    assert site.causes() == [("streams", "")]


def test_the_command_behind_a_link(site: Site) -> None:
    site.write("main.c", "int main(void) { return 0; }\n")
    subprocess.run(["gcc", "-c", "main.c"], cwd=site.folder, check=True)
    site.run("gcc", "main.o", "-o", "app", env={"ZCCACHE_LINK_DEPLOY_CMD": "true --one"})

    assert site.run("gcc", "main.o", "-o", "app", env={"ZCCACHE_LINK_DEPLOY_CMD": "true --other"}) == 0

    causes = site.why("app")["causes"]
    assert isinstance(causes, list)
    assert [(cause["kind"], cause["subject"]) for cause in causes] == [("link_deploy", "true --other")]


def test_one_of_several_sources_of_a_program(site: Site) -> None:
    site.write("main.c", "int main(void) { return 0; }\n")
    argv = ["gcc", "main.c", site.source, *INC, "-o", "app"]
    site.run(*argv)
    site.write("inc2/x.h", "#define X 100\n")

    assert site.run(*argv) == 0

    said = site.command("why", "app")
    assert said.startswith(f"{site.folder}/app missed ")
    assert f"1-{site.source.removesuffix('.c')}.o, which this command compiles, has changed" in said
    assert ".steps" not in said


def test_a_file_that_a_word_names(site: Site) -> None:
    clang = require_tool("clang", "clang")
    words = (*INC, "-fsanitize=undefined", f"-fsanitize-ignorelist={site.folder}/list")
    site.write("list", "fun:one\n")
    site.compile(*words, program=clang)
    site.write("list", "fun:other\n")

    site.compile(*words, program=clang)

    assert site.causes() == [("read_file", "list")]


def test_the_source(site: Site) -> None:
    site.compile(*INC)
    site.write(site.source, '#include "x.h"\nint x = X + 1;\n')

    site.compile(*INC)

    assert site.causes() == [("source_changed", site.source)]


def test_a_header_and_how_it_changed(site: Site) -> None:
    site.compile(*INC)
    site.write("inc2/x.h", "#define X 100\n")

    site.compile(*INC)

    assert site.causes() == [("input_changed", "inc2/x.h")]
    assert "inc2/x.h has changed (12 -> 14 bytes)" in site.command("why", site.source)


def test_a_header_that_appeared_in_an_empty_place(site: Site) -> None:
    site.compile(*INC)
    site.write("inc1/x.h", "#define X 2\n")

    site.compile(*INC)

    assert site.causes() == [("appeared", "inc1/x.h"), ("input_removed", "inc2/x.h")]


def test_a_header_that_is_gone_in_a_compile_that_then_fails(site: Site) -> None:
    site.compile(*INC)
    (site.folder / "inc2" / "x.h").unlink()

    assert site.compile(*INC) == 1

    assert site.causes() == [("gone", "inc2/x.h"), ("not_kept", "compile_failed")]


def test_a_header_that_is_read_now(site: Site) -> None:
    site.compile(*INC)
    site.write("inc2/y.h", "")
    site.write(site.source, '#include "x.h"\n#include <y.h>\nint x = X;\n')

    site.compile(*INC)

    assert site.causes() == [("source_changed", site.source), ("input_added", "inc2/y.h")]


def test_of_several_stored_results_the_nearest_is_the_one_that_is_compared(site: Site) -> None:
    site.compile(*INC)
    site.write(site.source, '#include "x.h"\nint y = X;\n')
    site.compile(*INC)
    site.write("inc2/x.h", "#define X 5\n")

    site.compile(*INC)

    assert site.causes() == [("input_changed", "inc2/x.h")]


def test_of_several_stored_commands_the_nearest_is_the_one_that_is_compared(site: Site) -> None:
    site.compile(*INC, "-O1", "-DA")
    site.compile(*INC, "-O2", "-DB")

    site.compile(*INC, "-O2", "-DA", "-DB")

    assert site.causes() == [("flag_added", "-DA")]


def test_the_first_compile(site: Site) -> None:
    site.compile(*INC)

    assert site.causes() == [("first", site.source)]
    assert site.why()["nearest"] is None


def test_a_result_that_was_removed(site: Site) -> None:
    site.compile(*INC)
    site.command("trim", "--to-size", "0")

    site.compile(*INC)

    assert site.causes() == [("removed", "")]


def test_a_result_that_was_not_to_be_used(site: Site) -> None:
    site.compile(*INC)

    site.compile(*INC, ZCCACHE_RECACHE="1")

    assert site.causes() == [("unserved", "")]
    assert "ZCCACHE_RECACHE is set" in site.command("why", site.source)


def test_a_command_that_is_not_cached(site: Site) -> None:
    site.compile(*INC, "-E")

    assert site.causes() == [("refused", "preprocess_only")]
    assert "the preprocessor alone" in site.command("why", "--last")


def test_the_source_of_a_sibling_tree_is_compared(site: Site, tmp_path: Path) -> None:
    site.compile(*INC, "-g")
    sibling = Site(tmp_path / "sibling", site.front, site.root, site.source)
    sibling.folder.mkdir()
    for name in (site.source, "inc2/x.h", "inc1/other.h"):
        sibling.write(name, (site.folder / name).read_text())

    sibling.compile(*INC, "-g")

    # The source is named by its path, so the word differs too.
    kinds = [kind for kind, _ in sibling.causes()]
    assert kinds[:2] == ["flag_changed", "working_folder"]


def test_an_output_and_a_key_lead_to_the_same_miss(site: Site) -> None:
    site.compile(*INC)
    site.compile(*INC, "-O1")
    by_source = site.why()

    by_output = site.why("out.o")
    by_key = site.why(str(by_source["context_key"])[:12])

    assert by_source == by_output == by_key == site.why("--last")


def test_what_was_never_compiled_is_one_line_and_1(site: Site) -> None:
    with pytest.raises(subprocess.CalledProcessError) as caught:
        site.command("why", "nothing.c")

    assert caught.value.returncode == 1
    assert caught.value.stderr == "zccache why: no miss of 'nothing.c' is known\n"
