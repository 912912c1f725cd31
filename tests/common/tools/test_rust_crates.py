"""What is said of a crate in the index: by rustc's words and cargo's variables."""

import pytest

from zccache.common.command.crate import Crate
from zccache.common.command.invocation import Invocation
from zccache.common.command.plan import Dialect, Plan
from zccache.common.tools.rustc import Rustc


def crate(*words: str) -> Crate | None:
    env = {"CARGO_PKG_VERSION": "1.2.3"}
    plan = Rustc().plan(
        Invocation("rustc", ("a.rs", "--crate-type=lib", *words), "/w", env), dialect=Dialect.RUST
    )
    assert isinstance(plan, Plan)
    return plan.crate


@pytest.mark.parametrize(
    ("words", "profile", "folder"),
    [
        (("--out-dir", "/w/target/debug/deps"), "debug", "debug/deps"),
        (("--out-dir=/build/release/deps",), "release", "release/deps"),
        (("--out-dir=/w/target/dist/examples",), "dist", "dist/examples"),
        (("--out-dir=/w/target/debug/build/a-0123",), "debug", "debug/build/a-0123"),
        (
            ("--out-dir=/w/t/wasm32-wasi/debug/deps", "--target=wasm32-wasi"),
            "debug",
            "wasm32-wasi/debug/deps",
        ),
        (("--out-dir=/w/target/debug/deps", "--target=wasm32-wasi"), "debug", "debug/deps"),
        (("--out-dir=deps",), "", ""),
        (("--out-dir=/elsewhere",), "", ""),
        ((), "", ""),
    ],
)
def test_the_place_is_seen_from_the_target_folder(words: tuple[str, ...], profile: str, folder: str) -> None:
    triple = "wasm32-wasi" if "--target=wasm32-wasi" in words else ""

    found = crate("--crate-name", "a", "--emit=metadata,link", *words)

    assert found == Crate("a", "1.2.3", profile, triple, ("link", "metadata"), folder)


def test_without_a_name_nothing_is_said() -> None:
    assert crate("--out-dir=/w/target/debug/deps") is None
