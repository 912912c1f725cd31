"""Procedural macros: what they may ask for counts."""

from rust import Crates

MACROS = """extern crate proc_macro;
use proc_macro::TokenStream;
#[proc_macro]
pub fn word(_: TokenStream) -> TokenStream {
    let word = std::env::var("MACRO_WORD").unwrap_or_else(|_| "unset".into());
    format!("{:?}", word).parse().unwrap()
}
"""


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
    assert hows == ["stored", "hit", "stored", "hit", "hit"]
    walk.env["UNHEARD_OF"] = "x"
    assert crates.same("dep", needs=("words",)) == "hit"
    walk.put("words.rs", MACROS.replace("unset", "none"))
    assert crates.make("words", "-Cprefer-dynamic", kind="proc-macro") == "stored"
    assert crates.same("dep", needs=("words",)) == "stored"


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
    walk.put(
        "words.rs", MACROS.replace('std::env::var("MACRO_WORD").unwrap_or_else(|_| "unset".into())', reading)
    )
    walk.put("dep.rs", "pub const W: &str = words::word!();\n")
    walk.put("rules.txt", "one")
    walk.put("zccache.toml", 'extra_inputs = "rules.txt"\n')
    crates.make("words", "-Cprefer-dynamic", kind="proc-macro")

    hows = walk.to_and_fro(
        crates.command("dep", needs=("words",)),
        lambda: walk.put("rules.txt", "two"),
        lambda: walk.put("rules.txt", "one"),
    )

    assert hows == ["stored", "hit", "stored", "hit", "hit"]
