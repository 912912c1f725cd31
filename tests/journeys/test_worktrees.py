"""Sibling checkouts of a real project: one compile for all of them, and each as if it were alone."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from bench.builds import object_digests
from bench.project import write_project
from bench.shim import make_compilers
from fronts import Front
from tools import require_tool
from worktrees import worktrees_of

PARTS = "lib/text lib/graph"


def checkouts(folder: Path) -> list[Path]:
    """Return three worktrees of the demo project."""
    write_project(folder / "main")
    return worktrees_of(folder / "main")


def environment(front: Front, home: Path) -> dict[str, str]:
    """Return what a build has of the environment, with the front on its PATH."""
    return {
        "PATH": f"{front.program.parent}:/usr/bin:/bin",
        "HOME": str(home),
        "LC_ALL": "C",
        "ZCCACHE_CACHE_DIR": os.environ["ZCCACHE_CACHE_DIR"],
        **front.env,
    }


def make(root: Path, env: dict[str, str], cc: str, *more: str) -> "subprocess.Popen[bytes]":
    words = ["make", "--silent", "-j2", "objects", f"PARTS={PARTS}", f"CC={cc}", *more]
    return subprocess.Popen(words, cwd=root, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def built(processes: list["subprocess.Popen[bytes]"]) -> None:
    for process in processes:
        said, _ = process.communicate()
        assert process.returncode == 0, said.decode()


@pytest.mark.parametrize("cc", ["gcc", "clang"])
def test_three_worktrees_built_at_once_run_one_compile_for_each_unit(
    cc: str, front: Front, tmp_path: Path
) -> None:
    for tool, package in ((cc, cc), ("make", "make"), ("git", "git")):
        require_tool(tool, package)
    roots = checkouts(tmp_path)
    shims = make_compilers(tmp_path / "shims", cc=cc, cxx="")
    env = environment(front, tmp_path) | {"ZCCACHE_PATH_REMAP": "auto"}
    through = f"zccache {shims.cc}"

    shims.reset()
    built([make(root, env, through) for root in roots])

    units = len(object_digests(roots[0] / "build"))
    assert units
    assert shims.count().compiles == units
    for root in roots:
        delivered = object_digests(root / "build")
        bare = tmp_path / "bare" / root.name
        os.renames(root / "build", bare)
        built([make(root, env, f"{shims.cc} -ffile-prefix-map={root}=.")])
        assert object_digests(root / "build") == delivered

    diverged = roots[1]
    header = diverged / "include" / "atlas" / "graph.h"
    header.write_text(header.read_text() + "extern int only_in_agent_b;\n")
    dependents = [path for path in (diverged / "build").rglob("*.d") if "atlas/graph.h" in path.read_text()]
    assert 0 < len(dependents) < units
    for root in roots:
        subprocess.run(["rm", "-r", root / "build"], check=True)
    shims.reset()
    built([make(root, env, through) for root in roots])

    assert shims.count().compiles == len(dependents)


@pytest.mark.parametrize("cc", ["gcc", "clang"])
def test_two_folders_built_at_once_run_one_compile_for_each_unit(
    cc: str, front: Front, tmp_path: Path
) -> None:
    """Copies without git, with no setting: nothing of the folder is in what a release build writes."""
    require_tool(cc, cc)
    require_tool("make", "make")
    one, other = tmp_path / "one", tmp_path / "other"
    write_project(one)
    shutil.copytree(one, other)
    shims = make_compilers(tmp_path / "shims", cc=cc, cxx="")
    env = environment(front, tmp_path)

    shims.reset()
    built([make(root, env, f"zccache {shims.cc}", "-j8", "CFLAGS=-O1") for root in (one, other)])

    delivered = [object_digests(root / "build") for root in (one, other)]
    assert delivered[0] == delivered[1]
    assert shims.count().compiles == len(delivered[0]) > 0
    shutil.rmtree(other / "build")
    built([make(other, env, shims.cc, "CFLAGS=-O1")])
    assert object_digests(other / "build") == delivered[1]
