"""Real compilers, and a walk beside them in a folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from plain_user import as_plain_user, plain_folder
from rust import Crates, crates_in, named_rust, newest_rust, rust_names
from tools import require_tool
from walk import Walk

_PACKAGES = {"gcc": "gcc", "g++": "g++", "clang": "clang", "clang++": "clang"}


@pytest.fixture
def walk(tmp_path: Path) -> Iterator[Walk]:
    """Hand out a walk whose folder has a source, a.c, that every compiler takes."""
    walk = Walk(tmp_path / "src", tmp_path / "cache")
    walk.put("a.c", "int f(int x) { return x + 1; }\n")
    yield walk
    walk.close()


@pytest.fixture
def plain_walk() -> Iterator[Walk]:
    """Hand out a walk of a plain user, to be used as one."""
    with plain_folder() as folder, as_plain_user():
        walk = Walk(folder / "src", folder / "cache")
        walk.put("a.c", "int f(int x) { return x + 1; }\n")
        yield walk
        walk.close()


@pytest.fixture
def crates(tmp_path: Path) -> Iterator[Crates]:
    """Hand out three crates that build on each other, with the newest toolchain here."""
    crates = crates_in(tmp_path, newest_rust())
    yield crates
    crates.walk.close()


@pytest.fixture(params=rust_names())
def any_crates(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Crates]:
    """Hand out the crates with each toolchain that is here."""
    crates = crates_in(tmp_path, named_rust(request.param))
    yield crates
    crates.walk.close()


@pytest.fixture(params=["gcc", "clang"])
def cc(request: pytest.FixtureRequest) -> str:
    """Name a C compiler."""
    return _present(request.param)


@pytest.fixture(params=["g++", "clang++"])
def cxx(request: pytest.FixtureRequest) -> str:
    """Name a C++ compiler."""
    return _present(request.param)


@pytest.fixture(params=sorted(_PACKAGES))
def compiler(request: pytest.FixtureRequest) -> str:
    """Name a compiler of either language."""
    return _present(request.param)


def _present(name: str) -> str:
    require_tool(name, _PACKAGES[name])
    return name
