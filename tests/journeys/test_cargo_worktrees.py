"""Two worktrees built by cargo over one cache: each as bare rustc with the same map would build it."""

import os
import shlex
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cargo import Workspace
from daemons import daemon_pid
from fronts import Front
from real_builds import account
from rust import newest_rust
from waiting import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds a root's processes in /proc")

PLAIN = {"CARGO_INCREMENTAL": "0"}
SHARED = {**PLAIN, "ZCCACHE_PATH_REMAP": "auto"}
APP = "11 hello core-lib yes 3 None false unset\n"


@pytest.fixture
def worktrees(tmp_path: Path) -> list[Workspace]:
    """Hand out two workspaces with the same files, each a checkout."""
    one = Workspace(tmp_path / "one", newest_rust())
    other = Workspace(tmp_path / "other", newest_rust(), sibling=one)
    for ws in (one, other):
        ws.put(".git", "gitdir: elsewhere\n")
    return [one, other]


def bare_products(ws: Workspace) -> dict[str, str]:
    """Return what cargo makes with the same map and no cache."""
    wrapper = ws.shims / "mapped"
    root = shlex.quote(str(ws.folder.resolve()))
    wrapper.write_text(f'#!/bin/sh\nrustc="$1"; shift\nexec "$rustc" --remap-path-prefix {root}=. "$@"\n')
    wrapper.chmod(0o755)
    ws.built("build", env={**PLAIN, "RUSTC_WRAPPER": str(wrapper)})
    return ws.products()


def test_a_second_worktree_compiles_nothing_and_cargo_finds_it_fresh(
    worktrees: list[Workspace], front: Front, cache_root: Path
) -> None:
    """Programs, macros, build scripts and what includes files of OUT_DIR among it: hazard 125."""
    one, other = worktrees
    wanted = bare_products(other)

    assert one.built("build", front=front, env=SHARED).compiles == 5
    second = other.built("build", front=front, env=SHARED)

    assert second.compiles == 0, account(cache_root)
    assert other.products() == wanted
    assert other.says() == APP
    assert other.cargo("build", front=front, env=SHARED).is_fresh
    told = [path.read_text() for path in (other.folder / "target").rglob("*.d")]
    assert told
    assert not any(str(one.folder) in text or "zccache" in text for text in told)


def test_two_worktrees_at_once_survive_the_death_of_the_daemon(
    worktrees: list[Workspace], front: Front, cache_root: Path
) -> None:
    one, other = worktrees
    other.put("core/src/text.txt", "other")
    wanted = [bare_products(ws) for ws in worktrees]
    journal = cache_root / "logs" / "compile_journal.jsonl"

    with ThreadPoolExecutor(2) as pool:
        builds = [pool.submit(ws.built, "build", front=front, env=SHARED) for ws in worktrees]
        assert wait_until(lambda: journal.exists() and b'"miss"' in journal.read_bytes(), within_s=60)
        pid = daemon_pid(cache_root)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        for build in builds:
            build.result()

    assert [ws.products() for ws in worktrees] == wanted
    assert [one.says(), other.says()] == [APP, APP.replace("hello", "other")]
    for ws, products in zip(worktrees, wanted, strict=True):
        assert ws.cargo("build", front=front, env=SHARED).is_fresh
        ws.built("build", front=front, env=SHARED)
        assert ws.built("build", front=front, env=SHARED).compiles == 0, account(cache_root)
        assert ws.products() == products
