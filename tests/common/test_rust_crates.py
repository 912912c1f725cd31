"""Crates of every type: a hit leaves what rustc leaves, and what is read is never missed."""

import os
import shlex

import pytest

from rust import DEP, MAIN, MID, Crates, other_rust, tail_of
from zccache.common.reasons import Reason

STORED_THEN_HIT = ["stored", "hit"]


@pytest.mark.parametrize(
    "words",
    [
        "--emit=metadata",
        "--emit=metadata,dep-info=deps/x.d",
        "--emit=asm,llvm-ir,mir,obj,llvm-bc,dep-info",
        "--emit=link,dep-info -Copt-level=3 -Ccodegen-units=1",
        "--emit=dep-info,metadata,link --error-format=json --json=diagnostic-rendered-ansi,artifacts",
        "--emit=dep-info,metadata --error-format=short -Wmissing_docs",
        "--emit=dep-info,metadata,link --cap-lints allow --cfg a --cfg 'b=\"c\"'",
        "--emit=dep-info,link --remap-path-prefix=src=x -Cpanic=abort",
        "--crate-type=cdylib --emit=metadata,dep-info",
        "--crate-type=dylib -Cprefer-dynamic --emit=metadata,dep-info,link",
        "--crate-type=bin -Csplit-debuginfo=packed -g --emit=dep-info,link",
        "--crate-type=bin -Cstrip=symbols --emit=metadata,dep-info,link",
        "--crate-type=bin --emit=obj,link",
    ],
)
def test_every_kind_of_output_comes_back(words: str, crates: Crates) -> None:
    """Every kind of --emit, --remap-path-prefix, diagnostics as JSON: hazard 128, hazard 137, hazard 140."""
    crates.walk.put("a.rs", "pub fn f() {}\nfn unused() {}\nfn main() {}\n")
    typed = words if "--crate-type" in words else f"--crate-type=lib {words}"

    hows = crates.walk.twice("rustc", "a.rs", "--out-dir", "deps", *shlex.split(typed))

    assert hows == STORED_THEN_HIT


@pytest.mark.parametrize(
    ("text", "name", "before", "after"),
    [
        ('pub const X: &str = env!("HEED");', "HEED", "1", "2"),
        ('pub const X: Option<&str> = option_env!("HEED");', "HEED", None, "2"),
        ('pub const X: &str = env!("CARGO_MANIFEST_DIR");', "CARGO_MANIFEST_DIR", "/a", "/b"),
        ('pub const X: &str = "";', "CARGO_PKG_VERSION", "1.0.0", "1.0.1"),
        ('pub const X: &str = "";', "RUSTC_BOOTSTRAP", None, "1"),
    ],
)
def test_a_variable_that_counts_misses_and_its_old_value_hits_again(
    text: str, name: str, before: str | None, after: str | None, crates: Crates
) -> None:
    """Variables of env! and those of rustc itself: hazard 121, hazard 126, hazard 135."""
    walk = crates.walk
    walk.put("dep.rs", text)

    def give(value: str | None) -> None:
        walk.env.pop(name, None)
        if value is not None:
            walk.env[name] = value

    give(before)
    hows = walk.to_and_fro(crates.command("dep"), lambda: give(after), lambda: give(before))

    assert hows == ["stored", "hit", "stored", "hit", "hit"]


@pytest.mark.parametrize(
    "name",
    ["CARGO_MAKEFLAGS", "CARGO_INCREMENTAL", "CARGO_MANIFEST_DIR", "OUT_DIR", "RUST_BACKTRACE"],
)
def test_a_variable_that_does_not_count_hits(name: str, crates: Crates) -> None:
    assert crates.same("dep") == "stored"
    crates.walk.env[name] = "/somewhere"

    assert crates.same("dep") == "hit"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("mod part;", "part.rs"),
        ("mod part;", "part/mod.rs"),
        ('#[path = "odd/place.rs"] mod part;', "odd/place.rs"),
        ('include!(concat!(env!("OUT_DIR"), "/made.rs"));', "out/made.rs"),
        ('pub const T: &str = include_str!("data.txt");', "data.txt"),
        ('pub const T: &[u8] = include_bytes!("with blank.bin");', "with blank.bin"),
    ],
)
def test_a_file_that_is_read_misses_when_it_changes_and_hits_when_it_is_back(
    text: str, path: str, crates: Crates
) -> None:
    """Modules and whatever is included, OUT_DIR on the way: hazard 124, hazard 125."""
    walk = crates.walk
    walk.put("dep.rs", text)
    walk.put(path, "pub const A: u8 = 1;\n")
    walk.env["OUT_DIR"] = str(walk.folder / "out")

    hows = walk.to_and_fro(
        crates.command("dep"),
        lambda: walk.put(path, "pub const A: u8 = 2;\n"),
        lambda: walk.put(path, "pub const A: u8 = 1;\n"),
    )

    assert hows == ["stored", "hit", "stored", "hit", "hit"]


@pytest.mark.parametrize(("there", "twin"), [("part.rs", "part/mod.rs"), ("part/mod.rs", "part.rs")])
def test_the_other_place_of_a_module_must_stay_empty(there: str, twin: str, crates: Crates) -> None:
    crates.walk.put("dep.rs", "pub mod part;\n")
    crates.walk.put(there, "")
    assert crates.same("dep") == "stored"
    crates.walk.put(twin, "")

    # rustc refuses a module that lies in two places.
    assert crates.same("dep") == Reason.COMPILE_FAILED.word


def test_another_crate_counts_by_its_content(crates: Crates) -> None:
    """Content counts, times do not: hazard 129."""
    crates.make("dep")
    assert crates.same("mid", needs=("dep",)) == "stored"
    os.utime(crates.walk.folder / crates.file("dep", ".rmeta"))
    assert crates.same("mid", needs=("dep",)) == "hit"
    crates.walk.put("dep.rs", DEP.replace("7", "9"))
    crates.make("dep")

    assert crates.same("mid", needs=("dep",)) == "stored"


def test_the_object_of_a_crate_still_being_made_does_not_count_for_metadata(crates: Crates) -> None:
    crates.make("dep")
    crates.make("mid", needs=("dep",))
    crates.walk.put("main.rs", MAIN)
    assert crates.same("main", needs=("mid",)) == "stored"
    # As while cargo still makes the code of a crate whose metadata others are using.
    (crates.walk.folder / crates.file("dep", ".rlib")).unlink()

    assert crates.same("main", needs=("mid",)) == "hit"


def test_a_library_for_c_beside_the_crate_of_its_name_is_only_read(crates: Crates) -> None:
    """Cargo gives neither a tail, and lets both lie in the folder of all crates."""
    both = (
        "rustc",
        "dep.rs",
        "--crate-name=dep",
        "--crate-type=cdylib",
        "--crate-type=rlib",
        "--out-dir=deps",
    )
    assert crates.walk.walk(*both).left.status == 0
    crates.walk.put("user.rs", "fn main() { assert_eq!(dep::seven(), 7); }\n")

    assert crates.same("user", "--extern=dep=deps/libdep.rlib", kind="bin") == "stored"
    assert crates.same("user", "--extern=dep=deps/libdep.rlib", kind="bin") == "hit"


def test_a_crate_found_by_its_bare_name_is_not_kept(crates: Crates) -> None:
    crates.make("dep")
    crates.walk.put("mid.rs", "extern crate dep;\n" + MID)

    hows = crates.walk.twice("rustc", "mid.rs", "--crate-type=lib", "--emit=dep-info,metadata", "-L", "deps")

    assert hows == [Reason.UNSEEN_INPUT.word] * 2


@pytest.mark.parametrize("text", ["", '#[link(name = "part", kind = "static")]'])
def test_a_native_library_counts_by_its_content_and_by_its_place(text: str, crates: Crates) -> None:
    """By words and by #[link] in the source: hazard 130."""
    walk = crates.walk
    walk.put("dep.rs", f'{text}\nextern "C" {{ pub fn part() -> i32; }}\n')
    for folder, value in (("late", 1), ("early", 2)):
        walk.put(f"{folder}.c", f"int part(void) {{ return {value}; }}\n")
        walk.put(f"{folder}/note", "")
        walk.bare("gcc", "-c", f"{folder}.c")
        walk.bare("ar", "rcs", f"{folder}.a", f"{folder}.o")
    late, early = walk.folder / "late/libpart.a", walk.folder / "early/libpart.a"
    late.write_bytes((walk.folder / "late.a").read_bytes())
    walk.settle()
    words = ["-Lnative=early", "-Lnative=late", *([] if text else ["-lstatic=part"])]
    assert [crates.same("dep", *words) for _ in "12"] == STORED_THEN_HIT

    early.write_bytes((walk.folder / "early.a").read_bytes())
    walk.settle()
    assert [crates.same("dep", *words) for _ in "12"] == STORED_THEN_HIT
    early.unlink()
    assert crates.same("dep", *words) == "hit"
    late.write_bytes((walk.folder / "early.a").read_bytes())
    walk.settle()
    assert crates.same("dep", *words) == "stored"


def test_metadata_alone_never_serves_a_link(crates: Crates) -> None:
    """Each set of kinds has a result of its own: hazard 128."""
    assert crates.same("dep", "--emit=dep-info,metadata") == "stored"
    walk = crates.walk
    words = [word for word in crates.command("dep") if not word.startswith("--emit")]

    assert walk.same(*words, "--emit=dep-info,metadata") == "stored"
    assert walk.same(*words, "--emit=dep-info,metadata,link") == "stored"
    assert walk.same(*words, "--emit=dep-info,metadata") == "hit"


@pytest.mark.parametrize(
    ("kind", "switch"),
    [("lib", "lib"), ("bin", "test,bin"), ("test", "test"), ("cdylib", "cdylib"), ("lib", "incremental")],
)
def test_a_setting_switches_a_kind_of_crate_off(kind: str, switch: str, crates: Crates) -> None:
    crates.walk.put("main.rs", "fn main() {}\n")
    words = ["-Cincremental=inc"] if switch == "incremental" else []
    command = crates.command("main", *words, kind=kind)
    crates.walk.env["ZCCACHE_RUST_UNCACHED"] = switch

    assert crates.walk.walk(*command).how == Reason.SWITCHED_OFF.word
    crates.walk.env["ZCCACHE_RUST_UNCACHED"] = "dylib,proc-macro"
    assert crates.walk.walk(*command).how == "stored"


def test_an_answer_file_counts_by_what_it_says(crates: Crates) -> None:
    """Its words count, not its name: hazard 142."""
    walk = crates.walk
    words = crates.command("dep")
    walk.put("args", "\n".join(words[1:]))

    assert walk.twice("rustc", "@args") == STORED_THEN_HIT
    assert walk.same(*words) == "hit"
    walk.put("args", "\n".join([*words[1:], "--cfg", 'with="two words"']))
    assert walk.twice("rustc", "@args") == STORED_THEN_HIT


@pytest.mark.parametrize("words", [(), ("--error-format=human",), ("--error-format=short",)])
def test_warnings_come_back_in_colours_and_plain(words: tuple[str, ...], crates: Crates) -> None:
    """What is kept in colours is given plain where it is asked so: hazard 140."""
    command = crates.command("mid", *words, needs=("dep",))
    crates.make("dep")
    coloured = crates.walk.bare(*command, "--color=always").stderr

    assert crates.walk.walk(*command, colour=True).how == "stored"
    again = crates.walk.walk(*command, colour=True)
    assert (again.how, again.left.stderr) == ("hit", coloured)
    assert crates.same("mid", *words, needs=("dep",)) == "hit"


def test_a_lost_jobserver_is_not_kept(crates: Crates) -> None:
    crates.walk.env["MAKEFLAGS"] = "-j --jobserver-auth=88,89"
    how = crates.same("dep")

    # Old compilers go on without a word.
    assert how in {Reason.JOBSERVER_LOST.word, "stored"}
    assert how == Reason.JOBSERVER_LOST.word or other_rust() is None


def test_a_failed_compile_says_why_each_time(crates: Crates) -> None:
    crates.walk.put("dep.rs", 'pub fn f() -> u32 { "no" }\n')

    assert [crates.same("dep") for _ in "12"] == [Reason.COMPILE_FAILED.word] * 2


def test_tails_are_as_cargos() -> None:
    assert tail_of("dep") == "-6465700000000000"


@pytest.mark.skipif(other_rust() is None, reason="old compilers know no libraries by their whole names")
def test_a_native_file_that_the_source_names_as_it_is_counts(crates: Crates) -> None:
    """#[link] with +verbatim: hazard 130."""
    walk = crates.walk
    link = '#[link(name = "part.lib", kind = "static", modifiers = "+verbatim")]'
    walk.put("dep.rs", f'{link}\nextern "C" {{ pub fn part() -> i32; }}\n')

    def make(value: int) -> None:
        walk.put("part.c", f"int part(void) {{ return {value}; }}\n")
        walk.bare("gcc", "-c", "part.c")
        walk.bare("ar", "rcsD", "native/part.lib", "part.o")
        walk.settle()

    walk.put("native/note", "")
    make(1)
    hows = walk.to_and_fro(crates.command("dep", "-Lnative=native"), lambda: make(2), lambda: make(1))

    assert hows == ["stored", "hit", "stored", "hit", "hit"]
