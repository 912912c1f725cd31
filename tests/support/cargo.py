"""Workspaces built by real cargo, bare and through the cache, with a rustc that counts its compiles."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from fronts import Front
from rust import Rust

_SHIM: Final = Path(__file__).with_name("rust_shim.c")
_REGISTRY: Final = Path("/usr/share/cargo/registry")
_BUILT_WITHIN_S: Final = 300

SMALL: Final[Mapping[str, str]] = {
    "Cargo.toml": '[workspace]\nmembers = ["core", "words", "app", "ffi"]\n',
    "core/Cargo.toml": """[package]
name = "core-lib"
version = "0.1.0"
edition = "2018"
build = "build.rs"
[features]
extra = []
[dependencies]
words = { path = "../words" }
""",
    "core/build.rs": """use std::{env, fs, path::Path};
fn main() {
    let out = env::var("OUT_DIR").unwrap();
    fs::write(Path::new(&out).join("made.rs"), "pub const MADE: u32 = 11;\\n").unwrap();
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-env=FROM_BUILD=yes");
}
""",
    "core/src/lib.rs": """include!(concat!(env!("OUT_DIR"), "/made.rs"));
pub const TEXT: &str = include_str!("text.txt");
pub const NAME: &str = env!("CARGO_PKG_NAME");
pub const BUILT: &str = env!("FROM_BUILD");
pub const SEEN: Option<&str> = option_env!("SEEN");
pub const EXTRA: bool = cfg!(feature = "extra");
mod part;
pub use part::part;
pub fn word() -> &'static str { words::word!() }
#[test]
fn works() { assert_eq!(MADE, 11); }
""",
    "core/src/part.rs": "pub fn part() -> u32 { 3 }\nfn unused() {}\n",
    "core/src/text.txt": "hello",
    "words/Cargo.toml": """[package]
name = "words"
version = "0.1.0"
edition = "2018"
[lib]
proc-macro = true
""",
    "words/src/lib.rs": """extern crate proc_macro;
use proc_macro::TokenStream;
#[proc_macro]
pub fn word(_: TokenStream) -> TokenStream {
    let word = std::env::var("MACRO_WORD").unwrap_or_else(|_| "unset".into());
    format!("{:?}", word).parse().unwrap()
}
""",
    "app/Cargo.toml": """[package]
name = "app"
version = "0.1.0"
edition = "2018"
[dependencies]
core-lib = { path = "../core" }
""",
    "app/src/main.rs": """use core_lib::{part, word, BUILT, EXTRA, MADE, NAME, SEEN, TEXT};
fn main() { println!("{} {} {} {} {} {:?} {} {}", MADE, TEXT, NAME, BUILT, part(), SEEN, EXTRA, word()); }
#[test]
fn three() { assert_eq!(part(), 3); }
""",
    "app/tests/whole.rs": """#[test]
fn whole() { assert!(std::path::Path::new(env!("CARGO_BIN_EXE_app")).exists()); }
""",
    "ffi/Cargo.toml": """[package]
name = "ffi"
version = "0.1.0"
edition = "2018"
[lib]
crate-type = ["cdylib", "staticlib", "rlib"]
[dependencies]
core-lib = { path = "../core" }
""",
    "ffi/src/lib.rs": '#[no_mangle]\npub extern "C" fn three() -> u32 { core_lib::part() }\n',
}


@dataclass(frozen=True)
class Ran:
    """How one cargo command went: what it printed, and how often rustc compiled for it."""

    status: int
    stdout: str
    stderr: str
    compiles: int

    @property
    def is_fresh(self) -> bool:
        """Whether cargo found nothing to do."""
        return self.status == 0 and "Compiling" not in self.stderr and "Checking" not in self.stderr


class Workspace:
    """A workspace in a folder of its own, with cargo's home beside it."""

    def __init__(
        self,
        folder: Path,
        rust: Rust,
        files: Mapping[str, str] = SMALL,
        *,
        sibling: "Workspace | None" = None,
    ) -> None:
        self.folder = folder / "ws"
        self.env: dict[str, str] = {}
        self._rust = rust
        self._home = folder / "home"
        self._home.mkdir(parents=True)
        # Siblings have one rustc between them, and so one count of what it compiles.
        self._counter: Path = folder / "compiles" if sibling is None else sibling._counter
        self.shims: Path = folder / "shims" if sibling is None else sibling.shims
        if sibling is None:
            self._make_shim()
        for name, text in files.items():
            self.put(name, text)

    def put(self, name: str, text: str) -> None:
        """Write one file of the workspace."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def use_debians_crates(self) -> None:
        """Have cargo take all crates from Debian's packages."""
        replaced = (
            f'[source.crates-io]\nreplace-with = "debian"\n[source.debian]\ndirectory = "{_REGISTRY}"\n'
        )
        (self._home / "cargo").mkdir(exist_ok=True)
        (self._home / "cargo" / "config.toml").write_text(replaced)

    def cargo(self, *words: str, front: Front | None = None, env: Mapping[str, str] | None = None) -> Ran:
        """Run cargo, through the cache when there is a front."""
        compiles = self.counting()
        done = subprocess.run(
            [self._rust.program("cargo"), *words, "--offline"],
            cwd=self.folder,
            env={**self.environment(front), **(env or {})},
            capture_output=True,
            text=True,
            timeout=_BUILT_WITHIN_S,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr, compiles())

    def counting(self) -> Callable[[], int]:
        """Count rustc's compiles from nought; what is returned tells how many there were."""
        self._counter.unlink(missing_ok=True)
        return lambda: len(self._counter.read_bytes()) if self._counter.exists() else 0

    def built(self, *words: str, front: Front | None = None, env: Mapping[str, str] | None = None) -> Ran:
        """Run cargo from an empty target folder; it must succeed."""
        self.clean()
        ran = self.cargo(*words, front=front, env=env)
        assert ran.status == 0, ran.stderr
        return ran

    def clean(self) -> None:
        """Remove the target folder."""
        shutil.rmtree(self.folder / "target", ignore_errors=True)

    def says(self, program: str = "target/debug/app", *words: str) -> str:
        """Run a program that was built, and return what it prints."""
        argv = [str(self.folder / program), *words]
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout

    def products(self) -> dict[str, str]:
        """Return the digest of each crate, program and library below the target folder, by its path."""
        target = self.folder / "target"
        paths = (path for path in target.rglob("*") if path.is_file() and path.parent.name == "deps")
        return {
            str(path.relative_to(target)): sha256(path.read_bytes()).hexdigest()
            for path in paths
            if path.suffix != ".d"
        }

    def environment(self, front: Front | None) -> dict[str, str]:
        """Return the environment of a build, through the cache when there is a front."""
        own = {
            "PATH": self._rust.path,
            "HOME": str(self._home),
            "CARGO_HOME": str(self._home / "cargo"),
            "RUSTC": str(self.shims / "rustc"),
            "CARGO_TERM_COLOR": "never",
            **self.env,
        }
        if front is None:
            return own
        cache = {"ZCCACHE_CACHE_DIR": os.environ["ZCCACHE_CACHE_DIR"], **front.env}
        return {**own, **cache, "RUSTC_WRAPPER": str(front.program)}

    def _make_shim(self) -> None:
        self.shims.mkdir()
        real = self._rust.program("rustc")
        defines = [f'-DREAL="{real}"', f'-DCOUNTER="{self._counter}"']
        subprocess.run(
            ["gcc", "-O1", *defines, str(_SHIM), "-o", str(self.shims / "rustc")], check=True, timeout=60
        )
