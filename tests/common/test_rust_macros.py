"""Procedural macros: what they may ask for counts."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from rust import Crates
from walk import TO_AND_FRO
from zccache.common.reasons import Reason

MACROS = """extern crate proc_macro;
use proc_macro::TokenStream;
#[proc_macro]
pub fn word(_: TokenStream) -> TokenStream {
    let word = std::env::var("MACRO_WORD").unwrap_or_else(|_| "unset".into());
    format!("{:?}", word).parse().unwrap()
}
"""

ASKS = 'std::env::var("MACRO_WORD").unwrap_or_else(|_| "unset".into())'
JOINS = """{
        let files = std::fs::read_dir("rules").unwrap().map(|file| file.unwrap().path());
        let mut texts: Vec<String> = files.map(|path| std::fs::read_to_string(path).unwrap()).collect();
        texts.sort();
        texts.push(std::env::var(["MADE", "_UP"].concat()).unwrap_or_default());
        texts.concat()
    }"""


def test_what_a_macro_may_ask_for_counts(any_crates: Crates) -> None:
    """The names in its library are those that it can ask for: hazard 122."""
    crates = any_crates
    walk = crates.walk
    walk.put("words.rs", MACROS)
    walk.put("dep.rs", "pub const W: &str = words::word!();\n")
    assert crates.same("words", "-Cprefer-dynamic", kind="proc-macro") == "stored"
    assert crates.make("words", "-Cprefer-dynamic", kind="proc-macro") == "hit"

    def give(value: str) -> None:
        walk.env["MACRO_WORD"] = value

    hows = walk.to_and_fro(
        crates.command("dep", needs=("words",)), lambda: give("two"), lambda: walk.env.pop("MACRO_WORD")
    )
    assert hows == TO_AND_FRO
    walk.env["UNHEARD_OF"] = "x"
    assert crates.same("dep", needs=("words",)) == "hit"
    walk.put("words.rs", MACROS.replace("unset", "none"))
    assert crates.make("words", "-Cprefer-dynamic", kind="proc-macro") == "stored"
    assert crates.same("dep", needs=("words",)) == "stored"


@pytest.mark.parametrize(
    "asking",
    [
        'std::env::vars().filter(|(n, _)| n.starts_with("ZED_")).map(|(_, v)| v).collect::<String>()',
        'std::env::var(format!("ZED_{}", "eno".to_uppercase())).unwrap_or_default()',
    ],
    ids=["chosen", "completed"],
)
def test_a_macro_that_knows_how_variables_begin_may_ask_for_any_of_them(
    asking: str, any_crates: Crates
) -> None:
    """hazard 122"""
    walk = any_crates.walk
    walk.put("words.rs", MACROS.replace(ASKS, asking))
    walk.put("dep.rs", "pub const W: &str = words::word!();\n")
    any_crates.make("words", "-Cprefer-dynamic", kind="proc-macro")

    hows = walk.to_and_fro(
        any_crates.command("dep", needs=("words",)),
        lambda: walk.env.update(ZED_ENO="1"),
        lambda: walk.env.pop("ZED_ENO"),
    )

    assert hows == TO_AND_FRO
    walk.env["ZEDS"] = "1"
    assert any_crates.same("dep", needs=("words",)) == "hit"


def test_a_macro_behind_another_crate_is_heard_too(crates: Crates) -> None:
    walk = crates.walk
    walk.put("words.rs", MACROS)
    walk.put("dep.rs", "pub use words::word;\n")
    walk.put("mid.rs", "pub const W: &str = dep::word!();\n")
    crates.make("words", "-Cprefer-dynamic", kind="proc-macro")
    crates.make("dep", needs=("words",))
    assert crates.same("mid", needs=("dep",)) == "stored"
    walk.env["MACRO_WORD"] = "two"

    assert crates.same("mid", needs=("dep",)) == "stored"
    del walk.env["MACRO_WORD"]
    assert crates.same("mid", needs=("dep",)) == "hit"


def test_what_a_macro_reads_unseen_can_be_declared(crates: Crates) -> None:
    """Nothing tells of it but the user: hazard 123."""
    walk = crates.walk
    reading = 'std::fs::read_to_string("rules.txt").unwrap()'
    walk.put("words.rs", MACROS.replace(ASKS, reading))
    walk.put("dep.rs", "pub const W: &str = words::word!();\n")
    walk.put("rules.txt", "one")
    walk.put("zccache.toml", 'extra_inputs = "rules.txt"\n')
    crates.make("words", "-Cprefer-dynamic", kind="proc-macro")

    hows = walk.to_and_fro(
        crates.command("dep", needs=("words",)),
        lambda: walk.put("rules.txt", "two"),
        lambda: walk.put("rules.txt", "one"),
    )

    assert hows == TO_AND_FRO


@dataclass
class Declaring:
    """A crate whose macro joins what lies in the folder rules, and what its build script has told cargo."""

    crates: Crates

    def __post_init__(self) -> None:
        walk = self.crates.walk
        walk.put("words.rs", MACROS.replace(ASKS, JOINS))
        walk.put("dep.rs", "pub const W: &str = words::word!();\n")
        walk.put("rules/one.txt", "one")
        walk.put("deps/build/dep-1/out/note", "")
        walk.env["OUT_DIR"] = str(walk.folder / "deps/build/dep-1/out")
        walk.env["CARGO_MANIFEST_DIR"] = str(walk.folder)
        self.crates.make("words", "-Cprefer-dynamic", kind="proc-macro")

    def tells(self, text: str) -> None:
        """Write down what the build script has printed."""
        self.crates.walk.put("deps/build/dep-1/output", text)

    def to_and_fro(self, change: Callable[[], object], undo: Callable[[], object]) -> list[str]:
        """Compile the crate before and after a change, and after its undoing."""
        command = self.crates.command("dep", needs=("words",))
        return self.crates.walk.to_and_fro(command, change, undo)


@pytest.fixture
def declaring(any_crates: Crates) -> Declaring:
    """Hand out such a crate."""
    return Declaring(any_crates)


@pytest.mark.parametrize(
    "told",
    ["cargo:rerun-if-changed=rules/one.txt\n", "x\ncargo::rerun-if-changed=rules\n", "", "cargo:x=y\n"],
)
def test_what_a_build_script_declares_counts_for_a_macro(told: str, declaring: Declaring) -> None:
    """Files, folders, and all of the package where it declares nothing: hazard 123."""
    declaring.tells(told)
    walk = declaring.crates.walk

    hows = declaring.to_and_fro(
        lambda: walk.put("rules/one.txt", "two"), lambda: walk.put("rules/one.txt", "one")
    )

    assert hows == TO_AND_FRO


@pytest.mark.parametrize(
    "told", ["cargo:rerun-if-changed=rules\n", "cargo:rerun-if-changed=rules/two.txt\n", ""]
)
def test_a_file_that_comes_to_a_declared_place_counts(told: str, declaring: Declaring) -> None:
    """hazard 123"""
    declaring.tells(told)
    walk = declaring.crates.walk

    hows = declaring.to_and_fro(
        lambda: walk.put("rules/two.txt", "two"), (walk.folder / "rules/two.txt").unlink
    )

    assert hows == TO_AND_FRO


def test_what_is_printed_lies_elsewhere_in_the_new_layout(declaring: Declaring) -> None:
    """hazard 123"""
    walk = declaring.crates.walk
    walk.put("deps/build/dep-1/run/stdout", "cargo::rerun-if-changed=rules\n")

    hows = declaring.to_and_fro(
        lambda: walk.put("rules/one.txt", "two"), lambda: walk.put("rules/one.txt", "one")
    )

    assert hows == TO_AND_FRO


def test_nothing_is_kept_where_it_is_not_known_what_was_declared(declaring: Declaring) -> None:
    hows = declaring.crates.walk.twice(*declaring.crates.command("dep", needs=("words",)))

    assert hows == [Reason.UNSEEN_INPUT.word] * 2


def test_a_declared_variable_counts_for_a_macro(declaring: Declaring) -> None:
    """Also one whose name the macro makes up: hazard 122."""
    declaring.tells("cargo:rerun-if-env-changed=MADE_UP\n")
    walk = declaring.crates.walk

    hows = declaring.to_and_fro(lambda: walk.env.update(MADE_UP="x"), lambda: walk.env.pop("MADE_UP"))

    assert hows == TO_AND_FRO


@pytest.mark.parametrize("told", ["cargo:rerun-if-changed=build.rs\n", ""])
def test_the_build_script_itself_is_no_business_of_macros(told: str, declaring: Declaring) -> None:
    declaring.tells(told)
    crates = declaring.crates
    crates.walk.put("build.rs", "fn main() {}\n")
    assert crates.same("dep", needs=("words",)) == "stored"
    crates.walk.put("build.rs", "fn main() { println!(); }\n")

    assert crates.same("dep", needs=("words",)) == "hit"


def test_what_is_declared_does_not_count_without_macros(crates: Crates) -> None:
    declaring = Declaring(crates)
    declaring.tells("")
    crates.walk.put("mid.rs", "pub fn nothing() {}\n")
    assert crates.same("mid") == "stored"
    crates.walk.put("rules/two.txt", "two")

    assert crates.same("mid") == "hit"
