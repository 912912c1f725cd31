"""Procedural macros: what they may ask for counts."""

import pytest

from rust import Crates

MACROS = """extern crate proc_macro;
use proc_macro::TokenStream;
#[proc_macro]
pub fn word(_: TokenStream) -> TokenStream {
    let word = std::env::var("MACRO_WORD").unwrap_or_else(|_| "unset".into());
    format!("{:?}", word).parse().unwrap()
}
"""

ASKS = 'std::env::var("MACRO_WORD").unwrap_or_else(|_| "unset".into())'


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

    assert hows == ["stored", "hit", "stored", "hit", "hit"]
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

    assert hows == ["stored", "hit", "stored", "hit", "hit"]
