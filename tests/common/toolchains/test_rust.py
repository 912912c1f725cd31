"""What a rustc really is: its libraries and sysroot, and whom a proxy stands for in each folder."""

import os
import subprocess
from pathlib import Path

import pytest

from asking import KeptMemo
from repository import ROOT
from rust import debian_rust
from tools import require_tool
from waiting import wait_until
from zccache.common.command.plan import Dialect, Identity
from zccache.common.errors import ToolchainUnknown
from zccache.common.freshness import FileDigests, tick_ns
from zccache.common.toolchains.identifying import Toolchains
from zccache.common.toolchains.model import Toolchain


class Rustup:
    """Proxies of a fake rustup, with two toolchains that only say what they are."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "rustup"
        self.bin = folder / "bin"
        self.work = folder / "work/deep"
        self.bin.mkdir(parents=True)
        self.work.mkdir(parents=True)
        source = ROOT / "tests/support/fake_rustup.c"
        subprocess.run(
            [require_tool("gcc", "gcc"), source, "-o", self.bin / "rustup"], check=True, timeout=60
        )
        (self.bin / "rustc").symlink_to("rustup")
        os.link(self.bin / "rustup", self.bin / "clippy-driver")
        for name in ("one", "two"):
            self._toolchain(name)
        self.settle(self.home / "settings.toml", "one\n")
        self.toolchains = Toolchains(FileDigests(), KeptMemo())

    def _toolchain(self, name: str) -> None:
        sysroot = self.home / "toolchains" / name
        (sysroot / "lib/rustlib/host/lib").mkdir(parents=True)
        (sysroot / "bin").mkdir()
        for program in ("rustc", "clippy-driver"):
            path = sysroot / "bin" / program
            path.write_text(f'#!/bin/sh\ncase $1 in -vV) echo {name};; *) echo "{sysroot}";; esac\n')
            path.chmod(0o755)
        self.settle(sysroot / "lib/rustlib/host/lib/libstd.rlib", name)

    def settle(self, path: Path, text: str) -> None:
        """Write a file and let its tick pass."""
        path.write_text(text)
        now_ns = tick_ns()
        assert wait_until(lambda: tick_ns() > now_ns)

    def identify(self, folder: Path, program: str = "rustc", **env: str) -> Toolchain:
        """Return what a proxy is in a folder."""
        whole = {"PATH": "/usr/bin:/bin", "RUSTUP_HOME": str(self.home), **env}
        return self.toolchains.identify(str(self.bin / program), str(folder), whole, Identity.RUSTC)


@pytest.fixture
def rustup(tmp_path: Path) -> Rustup:
    """Hand out a rustup of its own."""
    return Rustup(tmp_path)


def test_the_compiler_is_its_driver_library_and_its_sysroot() -> None:
    rust = debian_rust()
    found = Toolchains(FileDigests(), KeptMemo()).identify(
        rust.program("rustc"), "/", {"PATH": rust.path}, Identity.RUSTC
    )

    names = [os.path.basename(known.path) for known in found.files]
    assert found.dialect is Dialect.RUST
    for wanted in ("rustc", "librustc_driver", "libLLVM", "libstd"):
        assert any(name.startswith(wanted) for name in names), wanted
    assert any(name.startswith("libcore") and name.endswith(".rlib") for name in names)
    assert not found.is_script


@pytest.mark.parametrize("program", ["rustc", "clippy-driver"])
def test_a_proxy_is_whom_it_stands_for_in_the_folder(rustup: Rustup, program: str) -> None:
    """A toolchain chosen by variable, by a file on the way up, or by settings: hazard 136."""
    one = rustup.identify(rustup.work, program)
    assert f"{rustup.home}/toolchains/one/bin/{program}" in {known.path for known in one.files}
    assert rustup.identify(rustup.work, program) == one

    two = rustup.identify(rustup.work, program, RUSTUP_TOOLCHAIN="two")
    assert two.identity != one.identity
    rustup.settle(rustup.work.parent / "rust-toolchain", "two\n")
    assert f"{rustup.home}/toolchains/two/bin/{program}" in {
        known.path for known in rustup.identify(rustup.work, program).files
    }
    assert rustup.identify(rustup.work.parent.parent, program).identity == one.identity
    (rustup.work.parent / "rust-toolchain").unlink()
    assert rustup.identify(rustup.work, program).identity == one.identity
    rustup.settle(rustup.home / "settings.toml", "two\n")
    assert rustup.identify(rustup.work, program).identity != one.identity


def test_a_part_of_the_sysroot_that_changes_is_another_compiler(rustup: Rustup) -> None:
    """The same path, and another rustc or another standard library: hazard 136."""
    before = rustup.identify(rustup.work)
    part = rustup.home / "toolchains/one/lib/rustlib/host/lib/libstd.rlib"
    times = part.stat()
    rustup.settle(part, "eno")
    os.utime(part, ns=(times.st_atime_ns, times.st_mtime_ns))

    after = rustup.identify(rustup.work)

    assert not before.is_unchanged()
    assert after.identity != before.identity


def test_a_compiler_that_does_not_say_where_its_sysroot_is_is_unknown(rustup: Rustup) -> None:
    with pytest.raises(ToolchainUnknown):
        rustup.identify(rustup.work, RUSTUP_TOOLCHAIN="none")
