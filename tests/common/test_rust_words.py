"""Words of rustc that lead to a file, to this machine, or to each other: each against the bare compiler."""

import subprocess

import pytest

from rust import Crates
from tools import require_tool
from walk import TO_AND_FRO
from zccache.common import contexts
from zccache.common.reasons import Reason

STORED_THEN_HIT = ["stored", "hit"]
NO_CORE = "#![feature(no_core)]\n#![no_core]\n"
CALLING = "pub fn called(n: u32) -> u32 { if n > 9 { n / 3 } else { n * 3 } }\n"


def target_spec(crates: Crates) -> str:
    """Return how a rustc describes its own target."""
    asked = ["rustc", "--print=target-spec-json", "-Zunstable-options", "--target=x86_64-unknown-linux-gnu"]
    told = crates.walk.bare(*asked)
    assert told.status == 0, told.stderr
    lines = told.stdout.decode().splitlines()
    return "\n".join(line for line in lines if '"is-builtin"' not in line)


def test_a_target_by_file_counts_by_what_the_file_says(any_crates: Crates) -> None:
    """hazard 132"""
    walk = any_crates.walk
    walk.env["RUSTC_BOOTSTRAP"] = "1"
    spec = target_spec(any_crates)
    other = spec.replace('-linux-gnu"', '-linux-musl"')
    assert other != spec
    walk.put("bare.rs", NO_CORE)
    walk.put("own.json", spec)
    words = ["rustc", "bare.rs", "--crate-type=lib", "--emit=metadata,llvm-ir,dep-info", "-Zunstable-options"]

    hows = walk.to_and_fro(
        [*words, "--target=own.json"],
        lambda: walk.put("own.json", other),
        lambda: walk.put("own.json", spec),
    )

    assert hows == TO_AND_FRO


def test_another_sysroot_is_passed_on(any_crates: Crates) -> None:
    """hazard 132"""
    walk = any_crates.walk
    sysroot = walk.bare("rustc", "--print=sysroot").stdout.decode().strip()

    assert walk.twice(*any_crates.command("dep", "--sysroot", sysroot)) == [Reason.UNSEEN_INPUT.word] * 2


def test_a_profile_that_is_used_counts_by_its_content(any_crates: Crates) -> None:
    """hazard 134"""
    require_tool("llvm-profdata", "llvm")
    walk = any_crates.walk
    walk.put("a.rs", CALLING)

    def put_profile(count: int) -> None:
        walk.put("p.proftext", f":ir\ncalled\n10\n2\n{count}\n1\n")
        merge = ["llvm-profdata", "merge", "p.proftext", "-o", "p.profdata"]
        subprocess.run(merge, cwd=walk.folder, check=True, timeout=60)
        walk.settle()

    put_profile(1)
    hows = walk.to_and_fro(
        ["rustc", "a.rs", "--crate-type=lib", "--emit=link,dep-info", "-O", "-Cprofile-use=p.profdata"],
        lambda: put_profile(1000),
        lambda: put_profile(1),
    )

    assert hows == TO_AND_FRO


def test_another_processor_is_a_miss_where_the_native_one_is_asked_for(
    any_crates: Crates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """hazard 134"""
    walk = any_crates.walk
    walk.put("a.rs", CALLING)
    words = "rustc a.rs --crate-type=lib --emit=link,dep-info -O -Ctarget-cpu="
    for cpu, how in (("native", "stored"), ("x86-64", "hit")):
        assert walk.twice(*f"{words}{cpu}".split()) == STORED_THEN_HIT

        with monkeypatch.context() as patch:
            patch.setattr(contexts, "cpu_identity", lambda: b"another one")
            assert walk.same(*f"{words}{cpu}".split()) == how


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("-O -Copt-level=1", "-Copt-level=1 -O"),
        ("-Cdebuginfo=0 -g", "-g -Cdebuginfo=0"),
        ("-Cpanic=abort -Cpanic=unwind", "-Cpanic=unwind -Cpanic=abort"),
        ("-Ccodegen-units=1 -Ccodegen-units=4", "-Ccodegen-units=4 -Ccodegen-units=1"),
        ("-Aunused -Wunused", "-Wunused -Aunused"),
        (
            "--remap-path-prefix=/=x --remap-path-prefix=/=y",
            "--remap-path-prefix=/=y --remap-path-prefix=/=x",
        ),
        ("--cfg x --cfg y", "--cfg y --cfg x"),
    ],
)
def test_words_that_override_each_other_count_in_their_order(
    first: str, second: str, any_crates: Crates
) -> None:
    """hazard 138"""
    walk = any_crates.walk
    walk.put("a.rs", "pub fn f(x: &[u32]) -> u32 { x.iter().sum() }\nfn unused() { println!(); }\n")

    plain = ["rustc", "a.rs", "--crate-type=lib", "--emit=link,metadata,dep-info"]
    hows = [walk.same(*plain, *words.split()) for words in (first, second, first, second)]

    assert hows == ["stored", "stored", "hit", "hit"]
