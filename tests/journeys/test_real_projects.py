"""Real projects build the same through the cache as without it, and compile only what changed.

Their sources come from PyPI and are kept in pytest's cache folder, or where PROJECT_SDISTS says.
"""

import os
import sys
from pathlib import Path

import pytest

from bench.shim import make_compilers
from daemons import daemon_pid, processes_of
from fronts import make_front
from projects import ATLAS, ATLAS_MESON, CAPSTONE, IMATH, LIBUV, LIBUV_CONFIGURE, LIBUV_LINKED, Project, Tree
from real_builds import Built, Place, account
from tools import require_tool

_TOOLS = {
    "gcc": "gcc", "g++": "g++", "clang": "clang", "clang++": "clang",
    "make": "make", "cmake": "cmake", "ninja": "ninja-build", "meson": "meson",
}  # fmt: skip

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds a root's processes in /proc")


class Places:
    """Places with their bare builds, made when first asked for and shared by the tests of this module."""

    def __init__(self, kept: Path, folder: Path) -> None:
        self._kept = kept
        self._folder = folder
        self._made: dict[tuple[str, str], tuple[Place, Built, Built]] = {}

    def get(self, project: Project, compiler: str) -> tuple[Place, Built, Built]:
        """Return a place, its bare build, and its bare build with the header edited."""
        key = (project.name, compiler)
        if key not in self._made:
            self._made[key] = self._make(project, compiler)
        return self._made[key]

    def _make(self, project: Project, compiler: str) -> tuple[Place, Built, Built]:
        folder = self._folder / f"{project.name}-{compiler}"
        cxx = {"gcc": "g++", "clang": "clang++"}[compiler]
        source = project.fetch(self._kept, folder)
        compilers = make_compilers(folder / "compilers", cc=compiler, cxx=cxx)
        archivers = make_compilers(folder / "archivers", cc="ar", cxx="ranlib", builder=compiler)
        place = Place(project, Tree(source, folder / "out"), compilers, archivers)
        project.build.prepare(place.tree, place.bare())
        bare = place.build_from_nothing(place.bare())
        with place.edited_header():
            edited = place.build(place.bare())
        return place, bare, edited


@pytest.fixture(scope="module")
def places(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Places:
    for program, package in _TOOLS.items():
        require_tool(program, package)
    chosen = os.environ.get("PROJECT_SDISTS")
    assert request.config.cache is not None
    kept = Path(chosen) if chosen else Path(request.config.cache.mkdir("sdists"))
    return Places(kept, tmp_path_factory.mktemp("real"))


@pytest.mark.parametrize(
    ("project", "compiler", "front_name", "way"),
    [
        *(
            (LIBUV, compiler, front, "launcher")
            for compiler in ("gcc", "clang")
            for front in ("native", "cold")
        ),
        (ATLAS, "gcc", "cold", "masquerade"),
        (ATLAS, "clang", "native", "masquerade"),
        (CAPSTONE, "gcc", "native", "wrap"),
        (IMATH, "clang", "native", "launcher"),
        (ATLAS_MESON, "gcc", "native", "wrap"),
        (LIBUV_CONFIGURE, "gcc", "native", "wrap"),
        (LIBUV_LINKED, "gcc", "native", "launcher"),
    ],
    ids=lambda value: value.name if isinstance(value, Project) else value,
)
def test_a_project_builds_as_without_a_cache_and_compiles_only_what_changed(
    project: Project,
    compiler: str,
    front_name: str,
    way: str,
    places: Places,
    tmp_path: Path,
    cache_root: Path,
) -> None:
    place, bare, bare_edited = places.get(project, compiler)
    (tmp_path / "bin").mkdir()
    front = make_front(front_name, tmp_path / "bin")
    calls = place.through(front, way, cache_root)
    assert bare.compiles >= project.units_at_least
    assert all(any(name.endswith(end) for name in bare.outputs) for end in project.linked)

    project.build.prepare(place.tree, calls)
    first = place.build_from_nothing(calls)
    assert not first.differs_from(bare)
    assert first.compiles == bare.compiles

    second = place.build_from_nothing(calls)
    assert second.compiles == second.links == second.archives == 0, account(cache_root)
    assert (first.links, first.archives) == (bare.links, bare.archives)
    assert not second.differs_from(bare)
    assert place.has_nothing_to_do(calls)
    dependents = place.dependents()
    assert 0 < dependents < bare.compiles

    place.touch_header()
    assert not place.has_nothing_to_do(calls)
    touched = place.build(calls)
    assert touched.compiles == 0, account(cache_root)
    assert not touched.differs_from(bare)
    assert place.has_nothing_to_do(calls)

    with place.edited_header():
        edited = place.build_from_nothing(calls)
    assert edited.compiles == dependents == bare_edited.compiles, account(cache_root)
    assert len(edited.differs_from(bare)) >= dependents
    assert not edited.differs_from(bare_edited)

    undone = place.build(calls)
    assert undone.compiles == 0, account(cache_root)
    assert not undone.differs_from(bare)
    assert place.has_nothing_to_do(calls)

    assert processes_of(cache_root) == ({daemon_pid(cache_root)} if front_name == "native" else set())
    print(f"{project.name} {compiler} {front_name} {way}: {bare.compiles} units, {dependents} dependents")
    print(f"{bare.links} links, {bare.archives} runs of ar and ranlib")
    print(f"bare {bare.took_s:.2f} s, first {first.took_s:.2f} s, second {second.took_s:.2f} s")
