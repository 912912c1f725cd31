"""The Rust toolchains of this machine, and crates compiled through a walk by words like those of cargo."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tools import require_tool
from walk import Walk

DEP = "pub fn seven() -> u32 { 7 }\n#[derive(Debug)]\npub struct S(pub u32);\n"
MID = """pub fn eight() -> u32 { dep::seven() + 1 }
pub fn show<T: std::fmt::Debug>(t: T) -> String { format!("{:?}{:?}", t, dep::S(1)) }
fn unused() {}
"""
MAIN = """fn main() { println!("{} {}", mid::eight(), mid::show(3)); }
#[test]
fn eight() { assert_eq!(mid::eight(), 8); }
"""
_DEBIAN = {"rustc": "rustc", "cargo": "cargo", "clippy-driver": "rust-clippy", "rustfmt": "rustfmt"}


@dataclass(frozen=True)
class Rust:
    """A toolchain: the folder of its programs, by which PATH begins."""

    name: str
    folder: Path

    def program(self, name: str) -> str:
        """Return the path of one of its programs."""
        return str(self.folder / name)

    @property
    def path(self) -> str:
        """PATH with this toolchain before all others."""
        usual = [folder for folder in os.environ["PATH"].split(":") if folder]
        return ":".join([str(self.folder), *usual])


def debian_rust(*programs: str) -> Rust:
    """Return the system's own toolchain; skip the test where it, or one of the programs, is missing."""
    for name in ("rustc", *programs):
        if not Path("/usr/bin", name).exists():
            require_tool(f"/usr/bin/{name}", _DEBIAN.get(name, name))
    return Rust("debian", Path("/usr/bin"))


@cache
def other_rust() -> Rust | None:
    """Return the toolchain that rustup has chosen for this user, if there is one."""
    home = pwd.getpwuid(os.getuid()).pw_dir
    proxy = shutil.which("rustc", path=f"{home}/.cargo/bin")
    if proxy is None:
        return None
    asked = subprocess.run(
        [proxy, "--print", "sysroot"],
        env={"HOME": home, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    folder = Path(asked.stdout.strip()) / "bin"
    return Rust("rustup", folder) if (folder / "rustc").exists() else None


def newest_rust() -> Rust:
    """Return rustup's toolchain, or the system's where there is none."""
    return other_rust() or debian_rust()


def rust_names() -> list[str]:
    """Return the names of the toolchains here, as parameters of tests."""
    return ["debian"] if other_rust() is None else ["debian", "rustup"]


def named_rust(name: str, *programs: str) -> Rust:
    """Return the toolchain of a name; skip the test where the system's own is missing."""
    return debian_rust(*programs) if name == "debian" else newest_rust()


@dataclass
class Crates:
    """Crates in the folder of a walk, compiled by words like cargo's."""

    walk: Walk
    words: list[str] = field(
        default_factory=lambda: ["--edition=2018", "-Cdebuginfo=2", "-Ldependency=deps", "--out-dir=deps"]
    )

    def __post_init__(self) -> None:
        (self.walk.folder / "deps").mkdir(exist_ok=True)

    def command(self, name: str, *words: str, needs: tuple[str, ...] = (), kind: str = "lib") -> list[str]:
        """Return the command for the crate in NAME.rs that names other crates."""
        suffix = ".rmeta" if kind in {"lib", "rlib"} else ".rlib"
        externs = [f"--extern={other}={self.file(other, suffix)}" for other in needs]
        emit = "--emit=dep-info,metadata,link" if kind in {"lib", "rlib"} else "--emit=dep-info,link"
        how = ["--test"] if kind == "test" else ["--crate-type", kind]
        tail = f"-Cextra-filename={tail_of(name)}"
        named = ["--crate-name", name, f"{name}.rs", *how, emit, f"-Cmetadata={name}", tail]
        return ["rustc", *named, *self.words, *externs, *words]

    def file(self, name: str, suffix: str) -> str:
        """Return the name of a crate's file: its library of macros if it is one."""
        macros = f"deps/lib{name}{tail_of(name)}.so"
        is_macros = (self.walk.folder / macros).exists()
        return macros if is_macros else f"deps/lib{name}{tail_of(name)}{suffix}"

    def same(self, name: str, *words: str, needs: tuple[str, ...] = (), kind: str = "lib") -> str:
        """Compile bare and through the cache, compare, and return how it went; what it made is gone again."""
        return self.walk.same(*self.command(name, *words, needs=needs, kind=kind))

    def make(self, name: str, *words: str, needs: tuple[str, ...] = (), kind: str = "lib") -> str:
        """Compile through the cache only, keep what it made, and return how it went."""
        walked = self.walk.walk(*self.command(name, *words, needs=needs, kind=kind))
        assert walked.left.status == 0, walked.left.stderr.decode()
        return walked.how

    def run(self, name: str) -> str:
        """Run a program that was made, and return what it prints."""
        program = self.walk.folder / "deps" / f"{name}{tail_of(name)}"
        return subprocess.run([program], capture_output=True, text=True, check=True).stdout


def tail_of(name: str) -> str:
    """Return the tail that cargo might give to a crate's files."""
    return f"-{name.encode().hex():0<16.16}"


def crates_in(folder: Path, rust: Rust) -> Crates:
    """Write three crates that build on each other, to be compiled with a toolchain."""
    walk = Walk(folder / "src", folder / "cache", env={"PATH": rust.path})
    for name, text in (("dep", DEP), ("mid", MID), ("main", MAIN)):
        walk.put(f"{name}.rs", text)
    return Crates(walk)
