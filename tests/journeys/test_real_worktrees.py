"""Three git worktrees of a real project, built at once: one compile for each unit, and each as if alone."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bench.builds import object_digests
from bench.shim import make_compilers
from fronts import Front, make_front
from projects import LIBUV, Calls, Tree
from real_builds import Place, account
from tools import require_tool
from worktrees import worktrees_of


@dataclass(frozen=True)
class Worktrees:
    """The worktrees, and how to build them: bare, and through one cache."""

    place: Place
    trees: tuple[Tree, ...]
    bare: Calls
    through: Calls

    def configure(self, tree: Tree, calls: Calls, **env: str) -> None:
        """Make the output folder anew."""
        shutil.rmtree(tree.out, ignore_errors=True)
        LIBUV.build.prepare(tree, replace(calls, env={**calls.env, **env}))

    def build_all(self) -> int:
        """Build all of them from nothing, at once, and return how many compiles there were."""
        self.place.compilers.reset()
        for tree in self.trees:
            LIBUV.build.empty(tree)
        with ThreadPoolExecutor(len(self.trees)) as pool:
            list(pool.map(lambda tree: LIBUV.build.run(tree, self.through), self.trees))
        return self.place.compilers.count().compiles


@pytest.fixture
def worktrees(request: pytest.FixtureRequest, tmp_path: Path, cache_root: Path) -> Worktrees:
    """Hand out three worktrees, configured to build through the cache."""
    for tool, package in (("gcc", "gcc"), ("git", "git"), ("cmake", "cmake"), ("ninja", "ninja-build")):
        require_tool(tool, package)
    assert request.config.cache is not None
    kept = Path(os.environ.get("PROJECT_SDISTS") or request.config.cache.mkdir("sdists"))
    source = LIBUV.fetch(kept, tmp_path)
    # It was a submodule, and its file leads nowhere.
    (source / ".git").unlink()
    trees = tuple(Tree(root, root / "build") for root in worktrees_of(source))
    (tmp_path / "bin").mkdir()
    front: Front = make_front("native", tmp_path / "bin")
    compilers = make_compilers(tmp_path / "compilers")
    archivers = make_compilers(tmp_path / "archivers", cc="ar", cxx="ranlib", builder="gcc")
    place = Place(LIBUV, trees[0], compilers, archivers)
    through = place.through(front, "launcher", cache_root)
    through = replace(through, env={**through.env, "ZCCACHE_PATH_REMAP": "auto", "CFLAGS": "-g"})
    made = Worktrees(place, trees, place.bare(), through)
    for tree in trees:
        made.configure(tree, through)
    return made


def objects_of(trees: Sequence[Tree]) -> list[dict[str, bytes]]:
    """Return the objects of each worktree, by name."""
    return [object_digests(tree.out) for tree in trees]


def test_a_real_project_in_three_worktrees_is_compiled_once(worktrees: Worktrees, cache_root: Path) -> None:
    trees = worktrees.trees

    compiles = worktrees.build_all()

    delivered = objects_of(trees)
    assert compiles == len(delivered[0]) >= LIBUV.units_at_least, account(cache_root)
    assert delivered[0] == delivered[1] == delivered[2]
    for tree in trees:
        maps = f"-ffile-prefix-map={tree.source}=. -ffile-prefix-map={tree.out}=."
        names = debug_folders(tree)
        assert names, tree
        assert not any(name.startswith(str(tree.source.parent)) for name in names)
        worktrees.configure(tree, worktrees.bare, CFLAGS=f"{maps} -g")
        LIBUV.build.run(tree, worktrees.bare)
        assert objects_of([tree]) == [delivered[0]]
        worktrees.configure(tree, worktrees.through)

    diverged = trees[1]
    LIBUV.build.run(diverged, worktrees.through)
    dependents = replace(worktrees.place, tree=diverged).dependents()
    header = diverged.source / LIBUV.header
    header.write_text(header.read_text().replace("#endif", "struct only_in_agent_b;\n#endif"))

    assert worktrees.build_all() == dependents, account(cache_root)
    assert 0 < dependents < compiles
    assert objects_of([trees[0], trees[2]]) == [delivered[0]] * 2


def debug_folders(tree: Tree) -> set[str]:
    """Return the folders of compiles that debug information tells, as readelf shows them."""
    found: set[str] = set()
    for path in tree.out.rglob("*.o"):
        said = subprocess.run(
            [require_tool("readelf", "binutils"), "--debug-dump=info", "--dwarf-depth=1", path],
            capture_output=True, check=True, text=True,
        ).stdout  # fmt: skip
        lines = (line for line in said.splitlines() if "DW_AT_comp_dir" in line)
        found.update(line.rpartition(": ")[2].strip() for line in lines)
    return found
