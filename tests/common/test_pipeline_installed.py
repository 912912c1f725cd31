"""What is installed below a --sysroot, and changes from where clang takes the headers of C++."""

import shutil

import pytest

from tools import require_tool
from walk import TO_AND_FRO, Walk

GCC = "sys/usr/lib/gcc/x86_64-linux-gnu"
HEADERS = "sys/usr/include"


@pytest.fixture(params=["clang", "clang-19"])
def clang(request: pytest.FixtureRequest) -> str:
    return require_tool(request.param, request.param)


def install(walk: Walk, version: str) -> None:
    walk.put(f"{HEADERS}/c++/{version}/where.h", f"int gcc_{version.replace('.', '_')};\n")
    walk.put(f"{GCC}/{version}/crtbegin.o", "")


@pytest.mark.parametrize(("first", "second"), [("12", "13"), ("12.2.0", "12.3.0"), ("12.2.0", "13.1.0")])
def test_a_newer_gcc_in_a_sysroot_is_seen(walk: Walk, clang: str, first: str, second: str) -> None:
    """hazard 145"""
    install(walk, first)
    walk.put("a.cc", "#include <where.h>\n")
    command = [clang, "-c", f"--sysroot={walk.folder / 'sys'}", "a.cc"]

    hows = walk.to_and_fro(
        command, lambda: install(walk, second), lambda: shutil.rmtree(walk.folder / GCC / second)
    )

    assert hows == TO_AND_FRO


@pytest.mark.parametrize(
    ("place", "made"), [("usr/include", "usr/include/c++"), ("usr/local/include", "usr/local")]
)
def test_a_libcxx_in_a_sysroot_is_seen(walk: Walk, clang: str, place: str, made: str) -> None:
    """hazard 145"""
    walk.put(f"{HEADERS}/where.h", "int of_c;\n")
    walk.put("a.cc", "#include <where.h>\n")
    command = [clang, "-c", "--sysroot", "sys", "-stdlib=libc++", "a.cc"]

    hows = walk.to_and_fro(
        command,
        lambda: walk.put(f"sys/{place}/c++/v1/where.h", "int of_libcxx;\n"),
        lambda: shutil.rmtree(walk.folder / "sys" / made),
    )

    assert hows == TO_AND_FRO


def test_a_gcc_is_seen_that_is_the_first_in_a_sysroot(walk: Walk, clang: str) -> None:
    walk.put(f"{HEADERS}/where.h", "int of_c;\n")
    walk.put("a.cc", "#include <where.h>\n")
    command = [clang, "-c", "--sysroot=sys", "a.cc"]

    def remove() -> None:
        shutil.rmtree(walk.folder / "sys/usr/lib")
        shutil.rmtree(walk.folder / HEADERS / "c++")

    hows = walk.to_and_fro(command, lambda: install(walk, "12"), remove)

    assert hows == TO_AND_FRO
