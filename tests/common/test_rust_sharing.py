"""Crates in sibling checkouts: what one compiled serves the other, and what holds the folder does not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rust import DEP, MAIN, MID, Crates, newest_rust, tail_of
from walk import Left, Walk
from zccache.common import sharing
from zccache.common.lookup import files_hold, first_changed_guard

CARGOS = ("--error-format=json", "--json=diagnostic-rendered-ansi,artifacts,future-incompat")


class Siblings:
    """Two checkouts over one cache; cargo's words name the folders of the target by full paths."""

    def __init__(self, folder: Path, **env: str) -> None:
        env = {"HOME": str(folder), "PATH": newest_rust().path, **env}
        self.a, self.b = (self._checkout(folder, name, env) for name in ("agent-a", "agent-b"))

    @staticmethod
    def _checkout(folder: Path, name: str, env: dict[str, str]) -> Crates:
        walk = Walk(folder.resolve() / name, folder / "cache", env)
        for file, text in (
            (".git", "gitdir: elsewhere\n"),
            ("dep.rs", DEP),
            ("mid.rs", MID),
            ("main.rs", MAIN),
        ):
            walk.put(file, text)
        deps = f"{walk.folder}/deps"
        walk.env["LD_LIBRARY_PATH"] = f"{deps}:/usr/lib"
        walk.env["CARGO_MANIFEST_DIR"] = str(walk.folder)
        return Crates(
            walk, ["--edition=2018", "-Cdebuginfo=2", "-L", f"dependency={deps}", "--out-dir", deps, *CARGOS]
        )

    def put(self, name: str, text: str) -> None:
        for crates in (self.a, self.b):
            crates.walk.put(name, text)

    def hows(self, name: str, *words: str, needs: tuple[str, ...] = (), kind: str = "lib") -> list[str]:
        """Make a crate in both, what is made there is kept; equivalent stands for a sibling's result."""
        return [how(crates, name, *words, needs=needs, kind=kind) for crates in (self.a, self.b)]


def how(crates: Crates, name: str, *words: str, needs: tuple[str, ...] = (), kind: str = "lib") -> str:
    made = crates.make(name, *words, needs=needs, kind=kind)
    return "equivalent" if crates.walk.was_equivalent else made


def same_with_map(
    crates: Crates, name: str, *words: str, needs: tuple[str, ...] = (), kind: str = "lib"
) -> None:
    """See that a crate is given again as bare rustc with the same map makes it, byte by byte."""
    walk = crates.walk
    command = crates.command(name, *words, needs=needs, kind=kind)
    clear(crates, name)
    bare = walk.bare(command[0], f"--remap-path-prefix={walk.folder}=.", *command[1:])
    clear(crates, name)
    again = walk.walk(*command)
    assert again.how == "hit"
    assert left(bare) == left(again.left)


def left(one: Left) -> tuple[object, ...]:
    made = {path: (trace.mode, trace.data) for path, trace in one.files.items() if trace is not None}
    return one.status, one.stdout, one.stderr, made


def clear(crates: Crates, name: str) -> None:
    for path in (crates.walk.folder / "deps").glob(f"*{name}{tail_of(name)}*"):
        path.unlink()


Make = Callable[..., Siblings]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return lambda **env: Siblings(tmp_path, **env)


@pytest.fixture
def siblings(tmp_path: Path) -> Siblings:
    return Siblings(tmp_path, ZCCACHE_PATH_REMAP="auto")


def test_a_sibling_takes_libraries_programs_and_tests(siblings: Siblings) -> None:
    """Words, variables and other crates by full paths; the map is in the same words: hazard 137."""
    chain: list[tuple[str, tuple[str, ...], str]] = [
        ("dep", (), "lib"),
        ("mid", ("dep",), "lib"),
        ("main", ("mid", "dep"), "bin"),
        ("main", ("mid", "dep"), "test"),
    ]
    for name, needs, kind in chain:
        assert siblings.hows(name, needs=needs, kind=kind) == ["stored", "equivalent"]
        same_with_map(siblings.b, name, needs=needs, kind=kind)


def test_a_depfile_and_notices_name_the_files_of_their_own_checkout(siblings: Siblings) -> None:
    walk = siblings.b.walk
    command = siblings.b.command("dep")
    siblings.a.make("dep")

    walked = walk.walk(*command)

    assert walk.was_equivalent
    text = (walk.folder / "deps" / f"dep{tail_of('dep')}.d").read_bytes()
    for told in (text, walked.left.stderr):
        assert bytes(walk.folder) in told
        assert b"agent-a" not in told
        assert b"zccache" not in told


@pytest.mark.parametrize("text", ['env!("CARGO_MANIFEST_DIR")', 'concat!(env!("CARGO_MANIFEST_DIR"), "/x")'])
def test_a_folder_in_the_output_is_a_miss_elsewhere(text: str, siblings: Siblings) -> None:
    """hazard 126: also what only looks like a path to include."""
    siblings.put("dep.rs", f"pub const X: &str = {text};\n")

    assert siblings.hows("dep") == ["stored", "stored"]
    same_with_map(siblings.b, "dep")


INCLUDED = """include!(concat!(env!("OUT_DIR"), "/made.rs"));
pub const T: &str = include_str!(concat!(env!("OUT_DIR"), "/made.txt"));
"""


def with_out_dirs(siblings: Siblings) -> None:
    for crates in (siblings.a, siblings.b):
        crates.walk.put("out/made.rs", 'pub fn made() { panic!("{}", file!()) }\n')
        crates.walk.put("out/made.txt", "text")
        crates.walk.env["OUT_DIR"] = f"{crates.walk.folder}/out"


def test_a_folder_from_which_files_are_included_is_no_hindrance(siblings: Siblings) -> None:
    """hazard 125: and cargo finds the value of here in the depfile."""
    with_out_dirs(siblings)
    siblings.put("dep.rs", INCLUDED)

    assert siblings.hows("dep") == ["stored", "equivalent"]
    same_with_map(siblings.b, "dep")
    text = (siblings.b.walk.folder / "deps" / f"dep{tail_of('dep')}.d").read_text()
    assert f"# env-dep:OUT_DIR={siblings.b.walk.folder}/out\n" in text

    siblings.b.walk.put("out/made.txt", "other")
    assert how(siblings.b, "dep") == "stored"


@pytest.mark.parametrize(
    "more",
    [
        'pub const N: usize = env!("OUT_DIR").len();',
        'pub const N: usize = option_env!(concat!("OUT_", "DIR")).unwrap().len();',
        "pub const N: usize = dep::folder!().len();",
    ],
)
def test_a_folder_that_is_also_used_otherwise_is_a_miss_elsewhere(more: str, siblings: Siblings) -> None:
    """hazard 125: here no byte of what is made shows it."""
    with_out_dirs(siblings)
    siblings.put("dep.rs", '#[macro_export] macro_rules! folder { () => { env!("OUT_DIR") } }\n')
    siblings.put("mid.rs", INCLUDED + more)
    siblings.hows("dep")

    assert siblings.hows("mid", needs=("dep",)) == ["stored", "stored"]


def test_a_macro_that_asks_for_the_folder_is_a_miss_elsewhere(siblings: Siblings) -> None:
    """hazard 122: the length of the name, of which no byte shows it."""
    siblings.put(
        "dep.rs",
        """extern crate proc_macro;
#[proc_macro]
pub fn long(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
    std::env::var("CARGO_MANIFEST_DIR").unwrap().len().to_string().parse().unwrap()
}
""",
    )
    siblings.put("main.rs", 'fn main() { println!("{}", dep::long!()); }\n')

    assert siblings.hows("dep", kind="proc-macro") == ["stored", "equivalent"]
    assert siblings.hows("main", needs=("dep",), kind="bin") == ["stored", "stored"]


def test_a_sibling_that_has_diverged_compiles_by_itself(siblings: Siblings) -> None:
    siblings.a.make("dep")
    siblings.b.walk.put("dep.rs", DEP + "pub fn more() {}\n")

    assert how(siblings.b, "dep") == "stored"
    assert siblings.b.walk.unshared == sharing.OTHER_CONTENT
    assert siblings.b.make("mid", needs=("dep",)) == "stored"


def test_incremental_crates_are_shared_and_their_folder_left_alone(siblings: Siblings) -> None:
    assert [
        how(crates, "dep", f"-Cincremental={crates.walk.folder}/inc") for crates in (siblings.a, siblings.b)
    ] == ["stored", "equivalent"]
    assert not (siblings.b.walk.folder / "inc").exists()


def test_a_registrys_crate_belongs_to_the_checkout_that_it_is_built_for(siblings: Siblings) -> None:
    """Cargo compiles it in a folder of the registry, which lies in no checkout."""
    registry = siblings.a.walk.folder.parent / "registry"
    registry.mkdir()
    (registry / "dep.rs").write_text(DEP)
    siblings.a.walk.settle()
    hows = []
    for crates in (siblings.a, siblings.b):
        walked = crates.walk.walk(*crates.command("dep"), cwd=str(registry))
        assert walked.left.status == 0
        hows.append("equivalent" if crates.walk.was_equivalent else walked.how)
    again = siblings.b.walk.walk(*siblings.b.command("dep"), cwd=str(registry))

    assert hows == ["stored", "equivalent"]
    assert again.how == "hit"
    facts = siblings.b.walk.facts
    assert facts is not None
    assert first_changed_guard(facts) is None
    (registry / ".git").mkdir()
    assert not files_hold(facts) or first_changed_guard(facts) is not None


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("-Cinstrument-coverage",), sharing.SENSITIVE),
        (("-Cmetadata=ROOT",), sharing.SENSITIVE),
        (("--remap-path-prefix=ROOT/x=ROOT",), sharing.SENSITIVE),
        (("--emit=link=/tmp/zccache-elsewhere.rlib",), sharing.OUTSIDE),
    ],
)
def test_what_binds_a_result_to_its_place_is_not_shared(
    words: tuple[str, ...], reason: str, siblings: Siblings
) -> None:
    for crates in (siblings.a, siblings.b):
        typed = [word.replace("ROOT", str(crates.walk.folder)) for word in words]
        assert crates.make("dep", *typed) in {"stored", "hit"}
        assert not crates.walk.was_equivalent
        assert crates.walk.unshared in {reason, None}


def test_the_users_own_map_wins(siblings: Siblings) -> None:
    hows = [
        how(crates, "dep", f"--remap-path-prefix={crates.walk.folder}=/src")
        for crates in (siblings.a, siblings.b)
    ]

    assert hows == ["stored", "equivalent"]
    same_with_map(siblings.b, "dep", f"--remap-path-prefix={siblings.b.walk.folder}=/src")


def test_without_the_setting_nothing_is_shared(make: Make) -> None:
    siblings = make()

    assert siblings.hows("dep") == ["stored", "stored"]
    assert siblings.b.walk.unshared == sharing.SENSITIVE


def test_clippy_has_the_map_behind_the_rustc_that_it_is_given(siblings: Siblings) -> None:
    """The map before it would be one more input: cargo names rustc first."""
    rustc = newest_rust().program("rustc")
    hows = []
    for crates in (siblings.a, siblings.b):
        words = ["clippy-driver", rustc, *crates.command("dep", "--emit=metadata,dep-info")[1:]]
        walked = crates.walk.walk(*words)
        assert walked.left.status == 0, walked.left.stderr
        hows.append("equivalent" if crates.walk.was_equivalent else walked.how)

    assert hows == ["stored", "equivalent"]
