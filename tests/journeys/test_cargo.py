"""Cargo builds the same through the cache as without it, and a second time compiles nothing."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bench.crates_workspace import MIXED, NEEDED, SAYS
from cargo import SMALL, Workspace
from daemons import daemon_pid
from fronts import Front
from real_builds import account
from rust import Rust, debian_rust, named_rust, newest_rust, rust_names
from tools import require_tool
from waiting import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds a root's processes in /proc")

PLAIN = {"CARGO_INCREMENTAL": "0"}
"""Incremental sessions give other bytes each time, bare as well."""

JOURNAL = "logs/compile_journal.jsonl"
TOOL = ("target/debug/tool", "[a-z]+", "12 real 13")
MEMBERS = sum(name.endswith("build.rs") or "/src/" in name for name in MIXED)
UPON = {
    "Cargo.toml": SMALL["Cargo.toml"].replace('"app"', '"app", "upon"'),
    "upon/Cargo.toml": SMALL["app/Cargo.toml"].replace("app", "upon"),
    "upon/src/lib.rs": "pub fn part() -> u32 { core_lib::part() }\n",
}
"""A library upon a library, which cargo has compiled while the code of the other is still being made."""

APP = "11 hello core-lib yes 3 None false unset\n"


@pytest.fixture(params=rust_names())
def rust(request: pytest.FixtureRequest) -> Rust:
    """Hand out each toolchain that is here."""
    return named_rust(request.param, "cargo")


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


def test_crates_that_cargo_builds_incrementally_are_built_once(
    rust: Rust, front: Front, tmp_path: Path, cache_root: Path
) -> None:
    """As it does by itself: others compile against metadata to which rustc still gives a second name."""
    ws = Workspace(tmp_path, rust, {**SMALL, **UPON})
    ws.built("test", "--no-run", front=front)

    second = ws.built("test", "--no-run", front=front)

    assert second.compiles == 0, account(cache_root)
    assert ws.cargo("test", "--no-run", front=front).is_fresh
    ws.put("core/src/part.rs", "pub fn part() -> u32 { 4 }\n")
    assert ws.cargo("build", front=front).compiles > 0
    assert ws.says() == APP.replace("yes 3", "yes 4")


def test_edits_and_variables_reach_the_program_and_old_states_hit(
    front: Front, tmp_path: Path, cache_root: Path
) -> None:
    ws = Workspace(tmp_path, newest_rust())
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


@pytest.fixture(params=rust_names())
def crates(request: pytest.FixtureRequest, tmp_path: Path) -> Workspace:
    """Hand out a workspace over Debian's crates, for each toolchain that is here."""
    for name, package in NEEDED.items():
        if not any(Path("/usr/share/cargo/registry").glob(f"{name}-[0-9]*")):
            require_tool(name, package)
    ws = Workspace(tmp_path, named_rust(request.param, "cargo", "clippy-driver"), MIXED)
    ws.use_debians_crates()
    ws.env.update({"CARGO_PROFILE_DEV_DEBUG": "0", **PLAIN})
    return ws


def test_real_crates_are_built_once(crates: Workspace, front: Front, cache_root: Path) -> None:
    """Crates, macros, C code, libraries, programs and tests: bytes as without a cache, then none anew."""
    everything = ("test", "--no-run", "--workspace")
    bare = crates.built(*everything)
    wanted, said = crates.products(), crates.says(*TOOL)
    with_c = {"CC": f"{front.program} gcc"}

    first = crates.built(*everything, front=front, env=with_c)
    assert first.compiles == bare.compiles > 40
    assert crates.products() == wanted
    assert crates.says(*TOOL) == said == SAYS

    second = crates.built(*everything, front=front, env=with_c)
    assert second.compiles == 0, account(cache_root)
    assert compiles_of_c(front, cache_root) == {"miss": 2, "hit": 2}, account(cache_root)
    assert crates.products() == wanted
    for words in (everything, ("build", "--workspace")):
        again = crates.cargo(*words, front=front, env=with_c)
        assert (again.compiles, again.is_fresh) == (0, True), again.stderr
    assert crates.cargo(*everything, env=with_c).is_fresh
    tested = crates.cargo("test", "--workspace", front=front, env=with_c)
    assert tested.stdout.count("1 passed") == 4, tested.stdout + tested.stderr

    crates.put("sum-sys/c/more.c", MIXED["sum-sys/c/more.c"].replace("+ 1", "+ 2"))
    assert crates.cargo("build", "--workspace", front=front, env=with_c).status == 0
    assert crates.says(*TOOL) == SAYS.replace("42", "43")


def test_real_crates_are_checked_once(crates: Workspace, front: Front, cache_root: Path) -> None:
    """What `cargo check` has made serves clippy's and rustdoc's dependencies too."""
    with_c = {"CC": f"{front.program} gcc"}
    check = crates.built("check", "--workspace", front=front, env=with_c)
    assert check.compiles > 30
    assert crates.built("check", "--workspace", front=front, env=with_c).compiles == 0, account(cache_root)
    assert crates.cargo("check", "--workspace", front=front, env=with_c).is_fresh

    clippy = crates.built("clippy", "--workspace", front=front, env=with_c)
    assert clippy.compiles <= MEMBERS, account(cache_root)
    again = crates.built("clippy", "--workspace", front=front, env=with_c)
    assert again.compiles == 0, account(cache_root)
    assert warnings(again.stderr) == warnings(clippy.stderr)

    # Cargo runs rustdoc without the wrapper; what it documents needs the checked crates alone.
    doc = crates.built("doc", "--no-deps", "--workspace", "--lib", front=front, env=with_c)
    assert doc.compiles == 0, account(cache_root)
    assert "A point." in (crates.folder / "target/doc/shapes/struct.Point.html").read_text()


def test_two_checkouts_at_once_survive_the_death_of_the_daemon(
    front: Front, tmp_path: Path, cache_root: Path
) -> None:
    rust = debian_rust("cargo")
    one, other = (Workspace(tmp_path / name, rust) for name in ("one", "other"))
    other.put("core/src/text.txt", "other")
    journal = cache_root / JOURNAL

    with ThreadPoolExecutor(2) as pool:
        builds = [pool.submit(ws.built, "build", front=front) for ws in (one, other)]
        assert wait_until(
            lambda: journal.exists() and len(journal.read_bytes().splitlines()) > 5, within_s=60
        )
        pid = daemon_pid(cache_root)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        for build in builds:
            build.result()

    for ws, said in ((one, APP), (other, APP.replace("hello", "other"))):
        assert ws.says() == said
        assert ws.cargo("build", front=front).is_fresh
        ws.built("build", front=front)
        assert ws.built("build", front=front).compiles == 0, account(cache_root)
        assert ws.says() == said


def test_cargos_own_configuration_leads_to_the_cache(
    front: Front, tmp_path: Path, cache_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ZCCACHE_CACHE_DIR")
    ws = Workspace(tmp_path, debian_rust("cargo"))
    ws.put(
        ".cargo/config.toml",
        f'[build]\nrustc-wrapper = "{front.program}"\n[env]\nZCCACHE_CACHE_DIR = "{cache_root}"\n',
    )

    try:
        assert ws.built("check", "-p", "words").compiles == 1
        assert ws.built("check", "-p", "words").compiles == 0, account(cache_root)
    finally:
        # Cargo asks what rustc is before it reads [env]: that comes to the root in the home folder.
        env = {**ws.environment(None), **front.env}
        subprocess.run([front.program, "stop"], env=env, check=True, capture_output=True, timeout=60)


def test_cargo_fmt_hits_where_the_front_is_called_rustfmt(
    front: Front, tmp_path: Path, cache_root: Path
) -> None:
    debian = debian_rust("cargo", "rustfmt")
    (front.program.parent / "rustfmt").symlink_to(front.program)
    ws = Workspace(tmp_path, debian)
    env = {"RUSTFMT": str(front.program.parent / "rustfmt"), "ZCCACHE_CACHE_DIR": str(cache_root)}

    def findings() -> tuple[int, str]:
        done = subprocess.run(
            [debian.program("cargo"), "fmt", "--all", "--", "--check"],
            cwd=ws.folder,
            env={**os.environ, "PATH": debian.path, **env},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    first = findings()
    assert first[0] == 1
    assert "Diff in" in first[1]
    assert findings() == first
    # Whoever asks the daemon has it write down first what it knows.
    subprocess.run([front.program, "status"], check=True, capture_output=True)
    outcomes = [json.loads(line)["outcome"] for line in (cache_root / JOURNAL).read_text().splitlines()]
    assert outcomes.count("hit") == outcomes.count("miss") > 0, account(cache_root)


def warnings(stderr: str) -> list[str]:
    """Return what was said of the crates, without cargo's own lines, whose order is chance."""
    return sorted(line for line in stderr.splitlines() if "Checking" not in line and "Finished" not in line)


def compiles_of_c(front: Front, root: Path) -> dict[str, int]:
    """Return how often compiles of C hit and missed, by the journal."""
    # Whoever asks the daemon has it write down first what it knows.
    subprocess.run([front.program, "status"], check=True, capture_output=True)
    records = [json.loads(line) for line in (root / JOURNAL).read_text().splitlines()]
    outcomes = [r["outcome"] for r in records if r["args"][-1].endswith(".c") and "-c" in r["args"]]
    return {outcome: outcomes.count(outcome) for outcome in outcomes}
