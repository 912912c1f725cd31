"""What rustc links comes back as it was, and all that went into it counts."""

from rust import DEP, Crates
from zccache.common.reasons import Reason

STORED_THEN_HIT = ["stored", "hit"]


def test_every_type_of_crate_is_the_same_as_without_a_cache(any_crates: Crates) -> None:
    """Libraries, programs, harnesses; programs may be executed: hazard 133, hazard 141."""
    crates = any_crates
    assert [crates.same("dep"), crates.make("dep")] == STORED_THEN_HIT
    assert [crates.same("mid", needs=("dep",)), crates.make("mid", needs=("dep",))] == STORED_THEN_HIT

    for kind in ("bin", "test", "cdylib", "staticlib"):
        hows = [crates.same("main", needs=("mid",), kind=kind) for _ in "12"]
        assert (kind, hows) == (kind, STORED_THEN_HIT)
    assert crates.make("main", needs=("mid",), kind="bin") == "hit"
    assert crates.run("main") == "8 3S(1)\n"


def test_words_by_hand_need_no_dep_info(crates: Crates) -> None:
    crates.walk.put("a.rs", 'mod b;\nfn main() { println!("{}", b::T); }\n')
    crates.walk.put("b.rs", 'pub const T: &str = include_str!("t.txt");\nfn unused() {}\n')
    crates.walk.put("t.txt", "one")

    hows = crates.walk.to_and_fro(
        ["rustc", "a.rs"],
        lambda: crates.walk.put("t.txt", "two"),
        lambda: crates.walk.put("t.txt", "one"),
    )

    assert hows == ["stored", "hit", "stored", "hit", "hit"]


def test_a_crate_behind_another_is_found_and_counts(crates: Crates) -> None:
    """Found by what the metadata of the named ones says: hazard 129."""
    crates.make("dep")
    crates.make("mid", needs=("dep",))
    assert crates.same("main", needs=("mid",), kind="bin") == "stored"
    path = crates.walk.folder / crates.file("dep", ".rlib")
    original = path.read_bytes()
    other = [word.replace("--out-dir=deps", "--out-dir=other") for word in crates.command("dep")]
    (crates.walk.folder / "other").mkdir()
    left = crates.walk.bare(*other, "-Copt-level=1")
    assert left.status == 0, left.stderr
    path.write_bytes((crates.walk.folder / "other" / path.name).read_bytes())
    crates.walk.settle()

    assert crates.same("main", needs=("mid",), kind="bin") != "hit"
    path.write_bytes(original)
    crates.walk.settle()
    assert crates.same("main", needs=("mid",), kind="bin") == "hit"


def test_names_of_crates_need_no_tail(crates: Crates) -> None:
    walk = crates.walk
    plain = ["--crate-type=lib", "--emit=dep-info,metadata,link", "-Ldependency=."]
    walk.bare("rustc", "dep.rs", *plain)
    walk.bare("rustc", "mid.rs", *plain, "--extern=dep=libdep.rlib", "--edition=2018")
    link = ["rustc", "main.rs", "--edition=2018", "-Ldependency=.", "--extern=mid=libmid.rlib"]
    assert walk.same(*link) == "stored"
    walk.put("dep.rs", DEP.replace("7", "9"))
    walk.bare("rustc", "dep.rs", *plain)
    bare = walk.bare(*link)

    assert walk.same(*link) == ("stored" if bare.status == 0 else Reason.COMPILE_FAILED.word)


def test_a_library_that_appears_before_the_one_that_was_linked_counts(crates: Crates) -> None:
    """Sought along -L, words to the driver among it: hazard 130."""
    walk = crates.walk
    walk.put(
        "main.rs", 'extern "C" { fn part() -> i32; }\nfn main() { println!("{}", unsafe { part() }); }\n'
    )
    for folder, value in (("late", 1), ("early", 2)):
        walk.put(f"{folder}.c", f"int part(void) {{ return {value}; }}\n")
        walk.put(f"{folder}/note", "")
        walk.bare("gcc", "-shared", "-fPIC", f"{folder}.c", "-o", f"{folder}.so")
    late, early = walk.folder / "late/libpart.so", walk.folder / "early/libpart.so"
    late.write_bytes((walk.folder / "late.so").read_bytes())
    walk.settle()
    words = ["-Clink-arg=-Learly", "-Clink-arg=-Llate", "-lpart"]
    assert [crates.same("main", *words, kind="bin") for _ in "12"] == STORED_THEN_HIT

    early.write_bytes((walk.folder / "early.so").read_bytes())
    walk.settle()
    assert crates.same("main", *words, kind="bin") == "stored"
    early.unlink()
    assert crates.same("main", *words, kind="bin") == "hit"
