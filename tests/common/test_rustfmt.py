"""rustfmt: what it finds comes back, and a change in any module or setting is seen."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rust import named_rust, rust_names
from walk import Walk
from zccache.common.reasons import Reason

CLEAN = 'mod a;\n#[path = "odd/p.rs"]\nmod p;\n\nfn main() {}\n'
STORED_THEN_HIT = ["stored", "hit"]


@pytest.fixture(params=rust_names())
def walk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Walk]:
    """Hand out a folder with a program of three modules, all as rustfmt would have them."""
    rust = named_rust(request.param, "rustfmt")
    walk = Walk(tmp_path / "src", tmp_path / "cache", env={"PATH": rust.path, "HOME": str(tmp_path / "home")})
    walk.put("main.rs", CLEAN)
    walk.put("a.rs", "mod b;\n")
    for name in ("a/b.rs", "odd/p.rs"):
        walk.put(name, "pub fn b() {}\n")
    yield walk
    walk.close()


@pytest.mark.parametrize(
    "words", [["--check"], [], ["--check", "-l"], ["--emit", "stdout"], ["-q", "a/b.rs"]]
)
def test_a_clean_tree_is_looked_at_once(words: list[str], walk: Walk) -> None:
    assert walk.twice("rustfmt", "--edition", "2018", *words, "main.rs") == STORED_THEN_HIT


def test_findings_come_back_with_their_status(walk: Walk) -> None:
    walk.put("a/b.rs", "pub  fn b( ) { }\n")

    assert walk.twice("rustfmt", "--check", "main.rs") == STORED_THEN_HIT
    assert walk.walk("rustfmt", "--check", "main.rs").left.status == 1


def test_what_is_rewritten_is_not_kept_until_it_is_clean(walk: Walk) -> None:
    walk.put("a/b.rs", "pub  fn b( ) { }\n")
    assert walk.same("rustfmt", "main.rs") == Reason.INPUT_CHANGED.word

    assert walk.walk("rustfmt", "main.rs").how == Reason.INPUT_CHANGED.word
    assert (walk.folder / "a/b.rs").read_text() == "pub fn b() {}\n"
    walk.settle()
    assert walk.twice("rustfmt", "main.rs") == STORED_THEN_HIT


@pytest.mark.parametrize("name", ["main.rs", "a.rs", "a/b.rs", "odd/p.rs"])
def test_every_module_counts(name: str, walk: Walk) -> None:
    clean = (walk.folder / name).read_text()

    hows = walk.to_and_fro(
        ["rustfmt", "--check", "main.rs"],
        lambda: walk.put(name, clean + "\n\n\n\nfn  f() {}\n"),
        lambda: walk.put(name, clean),
    )

    assert hows == ["stored", "hit", "stored", "hit", "hit"]


@pytest.mark.parametrize("name", ["rustfmt.toml", ".rustfmt.toml", "a/rustfmt.toml", "../rustfmt.toml"])
def test_settings_on_the_way_up_count(name: str, walk: Walk) -> None:
    walk.put("a/b.rs", "pub fn b() {\n    f(1, 2);\n}\n")
    path = walk.folder / name

    hows = walk.to_and_fro(
        ["rustfmt", "--check", "a/b.rs"], lambda: walk.put(name, "tab_spaces = 2\n"), path.unlink
    )

    assert hows == ["stored", "hit", "stored", "hit", "hit"]


def test_the_users_own_settings_count(walk: Walk) -> None:
    walk.put("a/b.rs", "pub fn b() {\n    f(1, 2);\n}\n")
    assert walk.twice("rustfmt", "--check", "a/b.rs") == STORED_THEN_HIT
    walk.put("../home/.config/rustfmt/rustfmt.toml", "tab_spaces = 2\n")

    assert walk.same("rustfmt", "--check", "a/b.rs") == "stored"


@pytest.mark.parametrize("appears", ["a/mod.rs", "a/b/mod.rs", "main/x.rs"])
def test_another_place_of_a_module_counts(appears: str, walk: Walk) -> None:
    assert walk.same("rustfmt", "--check", "main.rs") == "stored"
    walk.put(appears, "")

    # rustfmt 1.5 and 1.9 differ in what they make of it.
    assert walk.same("rustfmt", "--check", "main.rs") != "hit"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("--version", Reason.NOT_A_COMPILE),
        ("--print-config current .", Reason.NOT_A_COMPILE),
        ("", Reason.STDIN_SOURCE),
        ("--backup main.rs", Reason.UNMODELLED_OUTPUT),
        ("--emit json main.rs", Reason.UNKNOWN_OPTION),
        ("--config-path . main.rs", Reason.UNSEEN_INPUT),
        ("--check gone.rs", Reason.SOURCE_NOT_A_FILE),
        ("--frobnicate main.rs", Reason.UNKNOWN_OPTION),
    ],
)
def test_what_is_passed_on_says_why(words: str, reason: Reason, walk: Walk) -> None:
    assert walk.same("rustfmt", *words.split()) == reason.word


def test_one_that_is_told_to_log_is_passed_on(walk: Walk) -> None:
    """What it says then tells the time, and is no part of a result that is there."""
    assert walk.same("rustfmt", "--check", "main.rs") == "stored"
    walk.env["RUSTFMT_LOG"] = "debug"

    walked = walk.walk("rustfmt", "--check", "main.rs")

    assert walked.how == Reason.ENVIRONMENT_OUTPUT.word
    assert b"DEBUG" in walked.left.stdout + walked.left.stderr
