"""Cargo builds the same through the cache as without it, and a second time compiles nothing."""

import os
import sys
from pathlib import Path

import pytest

from cargo import SMALL, Workspace
from fronts import Front, make_front
from real_builds import account
from rust import Rust, debian_rust, other_rust
from tools import require_tool

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds a root's processes in /proc")

PLAIN = {"CARGO_INCREMENTAL": "0"}
"""Incremental sessions give other bytes each time, bare as well."""

APP = "11 hello core-lib yes 3 None false unset\n"


@pytest.fixture(params=["debian", "rustup"])
def rust(request: pytest.FixtureRequest) -> Rust:
    """Hand out each toolchain; a machine without rustup has one."""
    debian = debian_rust("cargo")
    return debian if request.param == "debian" else other_rust() or debian


@pytest.fixture
def front(tmp_path: Path, cache_root: Path) -> Front:
    """Hand out the native front; its daemon ends with the test."""
    assert os.environ["ZCCACHE_CACHE_DIR"] == str(cache_root)
    (tmp_path / "bin").mkdir()
    require_tool("gcc", "gcc")
    return make_front("native", tmp_path / "bin")


def test_a_workspace_is_built_and_tested_as_without_a_cache(
    rust: Rust, front: Front, tmp_path: Path, cache_root: Path
) -> None:
    """Cargo finds all as fresh as after rustc: hazard 131."""
    ws = Workspace(tmp_path, rust)
    bare = ws.built("test", "--no-run", env=PLAIN)
    wanted = ws.products()

    first = ws.built("test", "--no-run", front=front, env=PLAIN)
    assert first.compiles == bare.compiles > 8
    assert ws.products() == wanted

    second = ws.built("test", "--no-run", front=front, env=PLAIN)
    assert second.compiles == 0, account(cache_root)
    assert ws.products() == wanted
    assert ws.cargo("test", "--no-run", front=front, env=PLAIN).is_fresh
    assert ws.cargo("test", "--no-run", env=PLAIN).is_fresh

    tested = ws.cargo("test", front=front, env=PLAIN)
    assert tested.status == 0, tested.stderr
    assert tested.stdout.count("1 passed") == 3
    assert ws.cargo("build", front=front, env=PLAIN).status == 0
    assert ws.says() == APP


def test_edits_and_variables_reach_the_program_and_old_states_hit(
    front: Front, tmp_path: Path, cache_root: Path
) -> None:
    ws = Workspace(tmp_path, other_rust() or debian_rust("cargo"))
    ws.built("build", front=front)
    assert ws.says() == APP

    ws.put("core/src/text.txt", "bye")
    assert ws.cargo("build", front=front).compiles > 0
    assert ws.says() == APP.replace("hello", "bye")
    assert ws.built("build", front=front, env={"SEEN": "it"}).compiles > 0
    assert ws.says() == APP.replace("hello", "bye").replace("None", 'Some("it")')
    assert ws.built("build", front=front, env={"MACRO_WORD": "said"}).compiles > 0
    assert ws.says() == APP.replace("hello", "bye").replace("unset", "said")
    ws.put("core/src/part.rs", "pub fn part() -> u32 { 4 }\n")
    assert ws.cargo("build", front=front).compiles > 0
    assert ws.says() == APP.replace("hello", "bye").replace("yes 3", "yes 4")

    for name in ("core/src/text.txt", "core/src/part.rs"):
        ws.put(name, SMALL[name])
    undone = ws.cargo("build", front=front)
    assert undone.compiles == 0, account(cache_root)
    assert ws.says() == APP


def test_check_and_clippy_have_results_of_their_own(front: Front, tmp_path: Path, cache_root: Path) -> None:
    """What one says never comes from the other: hazard 139."""
    ws = Workspace(tmp_path, debian_rust("cargo", "clippy-driver"))
    ws.put("core/src/part.rs", "pub fn part() -> u32 { let x = 3; return x; }\n")
    build = ws.built("build", front=front)
    check = ws.built("check", front=front)
    assert 0 < check.compiles < build.compiles

    clippy = ws.built("clippy", front=front)
    assert "needless" in clippy.stderr
    again = ws.built("clippy", front=front)
    assert again.compiles == 0, account(cache_root)
    assert warnings(again.stderr) == warnings(clippy.stderr)
    ws.put("clippy.toml", "too-many-arguments-threshold = 3\n")
    assert ws.built("clippy", front=front).compiles == 0
    assert ws.built("check", front=front).compiles == 0, account(cache_root)
    assert ws.built("build", front=front).compiles == 0, account(cache_root)
    assert ws.says() == APP


def warnings(stderr: str) -> list[str]:
    """Return what was said of the crates, without cargo's own lines, whose order is chance."""
    return sorted(line for line in stderr.splitlines() if "Checking" not in line and "Finished" not in line)
