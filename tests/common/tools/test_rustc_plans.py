"""What a command of rustc or clippy-driver comes to: outputs, key, report, and refusals."""

import pytest

from planning import accepted, planned
from zccache.common.command.plan import OutputKind, Plan, Refusal
from zccache.common.command.reports import RustDepInfo
from zccache.common.reasons import Reason

CARGO = (
    "/opt/rust/bin/rustc --crate-name foo --edition=2021 src/lib.rs --error-format=json "
    "--json=diagnostic-rendered-ansi,artifacts,future-incompat --crate-type lib "
    "--emit=dep-info,metadata,link -C embed-bitcode=no -C debuginfo=2 -C metadata=ab12 "
    "-C extra-filename=-ab12 --out-dir /t/debug/deps -C incremental=/t/debug/incremental "
    "-L dependency=/t/debug/deps --extern bar=/t/debug/deps/libbar-77.rmeta --extern proc_macro"
)

OUTPUTS = [
    ("a.rs", "a"),
    ("d/a.b.rs", "a.b"),
    ("hello-world.rs", "hello-world"),
    ("hello-world.rs --crate-type lib", "libhello_world.rlib"),
    ("a.rs --crate-name x", "x"),
    ("a.rs -o out/y", "out/y"),
    ("a.rs -oy", "y"),
    ("a.rs --crate-type=lib --out-dir o", "o/liba.rlib"),
    ("a.rs --crate-type rlib,staticlib", "liba.rlib liba.a"),
    ("a.rs --crate-type cdylib --crate-type dylib -C extra-filename=-1", "liba-1.so"),
    ("a.rs --crate-type proc-macro -Cextra-filename=-1", "liba-1.so"),
    ("a.rs --test -C extra_filename=-1", "a-1"),
    ("a.rs --test --crate-type lib", "a"),
    ("a.rs --emit=metadata", "liba.rmeta"),
    ("a.rs --emit=metadata=m/x.rmeta,dep-info=x.d --crate-type=lib", "x.d m/x.rmeta"),
    ("a.rs --emit=asm,llvm-ir,llvm-bc,mir,obj", "a.s a.bc a.ll a.mir a.o"),
    ("a.rs --emit=obj -o x.o", "x.o"),
    ("a.rs --emit=dep-info=a.d,link -o x --crate-name q", "a.d x"),
    ("a.rs --emit dep-info --emit link --crate-type lib", "a.d liba.rlib"),
    ("a.rs -g -Csplit-debuginfo=packed", "a a.dwp"),
]


@pytest.mark.parametrize(("words", "outputs"), OUTPUTS, ids=[words for words, _ in OUTPUTS])
def test_the_outputs_are_those_of_rustc(words: str, outputs: str) -> None:
    found = planned(f"rustc {words}")

    if "cdylib --crate-type dylib" in words:
        # Both are the same file; rustc writes one over the other.
        assert found == Refusal(Reason.BAD_COMMAND_LINE, "two files of one name")
        return
    assert isinstance(found, Plan)
    assert [output.path for output in found.unit.outputs] == outputs.split()


def test_cargos_form_comes_to_a_plan() -> None:
    plan = accepted(CARGO)

    unit = plan.unit
    assert unit.source == "src/lib.rs"
    assert {output.path: output.kind for output in unit.outputs} == {
        "/t/debug/deps/foo-ab12.d": OutputKind.DEPFILE,
        "/t/debug/deps/libfoo-ab12.rlib": OutputKind.LIBRARY,
        "/t/debug/deps/libfoo-ab12.rmeta": OutputKind.CRATE_METADATA,
    }
    assert unit.report == RustDepInfo(
        "/t/debug/deps/foo-ab12.d", ("dependency=/t/debug/deps",), (), needs_objects=False
    )
    assert plan.read_files == ("/t/debug/deps/libbar-77.rmeta",)
    assert plan.kinds == ("lib", "incremental")
    assert plan.helpers == ()


def test_the_folder_of_incremental_state_is_not_in_the_key_but_that_there_is_one_is() -> None:
    plan = accepted(CARGO)

    assert accepted(CARGO.replace("incremental=/t/debug", "incremental=/u")).words == plan.words
    assert accepted(CARGO.replace("-C incremental=/t/debug/incremental ", "")).words != plan.words


def test_words_that_touch_stay_apart() -> None:
    assert accepted("rustc a.rs --cfg x --cfg y").words != accepted("rustc a.rs --cfg y --cfg x").words
    assert accepted("rustc a.rs -O -Copt-level=1").words != accepted("rustc a.rs -Copt-level=1 -O").words
    assert accepted("rustc -gO a.rs").words == ("-g", "-O", "--", "a.rs")


def test_what_is_linked_asks_the_linker_and_counts_it() -> None:
    plan = accepted("rustc a.rs -C linker=/usr/bin/clang-14 -Clink-arg=-fuse-ld=lld -l foo -L native=lib")

    assert plan.helpers == (("/usr/bin/clang-14", "-fuse-ld=lld"),)
    report = plan.unit.report
    assert isinstance(report, RustDepInfo)
    assert report.linker_words == ("-Clink-arg=-Xlinker", "-Clink-arg=--dependency-file=")
    assert (report.folders, report.libraries, report.needs_objects) == (("native=lib",), ("foo",), True)


@pytest.mark.parametrize(
    "words", ["--crate-type lib", "--emit=metadata", "--crate-type staticlib", "--emit=obj"]
)
def test_what_is_not_linked_asks_no_linker(words: str) -> None:
    plan = accepted(f"rustc a.rs {words}")

    report = plan.unit.report
    assert isinstance(report, RustDepInfo)
    assert (report.linker_words, plan.helpers) == ((), ())
    assert report.needs_objects == ("staticlib" in words)


def test_clippy_skips_the_rustc_that_cargo_names_and_probes_its_settings() -> None:
    env = {"CARGO_MANIFEST_DIR": "/src/a", "CLIPPY_ARGS": "-Wclippy::all__CLIPPY_HACKERY__"}
    plan = accepted("clippy-driver /opt/rust/bin/rustc a/src/lib.rs --emit=dep-info,metadata", env=env)

    assert plan.tool == "clippy"
    assert plan.unit.source == "a/src/lib.rs"
    assert plan.env_names == ("CLIPPY_ARGS",)
    assert {"/src/a/clippy.toml", "/src/.clippy.toml", "/clippy.toml", "/src/Cargo.lock"} <= set(plan.probes)
    assert plan.words == accepted("clippy-driver a/src/lib.rs --emit=dep-info,metadata", env=env).words
    # cargo clippy sets them for the dependencies too, which plain rustc compiles.
    assert accepted("rustc a/src/lib.rs --emit=dep-info,metadata", env=env).env_names == ()


def test_only_variables_that_can_reach_the_output_count() -> None:
    env = {
        "CARGO_PKG_VERSION": "1",
        "CARGO_CRATE_NAME": "foo",
        "RUSTC_BOOTSTRAP": "1",
        "CARGO_MAKEFLAGS": "-j",
        "CARGO_INCREMENTAL": "1",
        "CARGO_MANIFEST_DIR": "/src",
        "RUSTC_WRAPPER": "zccache",
        "RUST_BACKTRACE": "1",
        "LD_LIBRARY_PATH": "/t",
    }

    wanted = ("CARGO_CRATE_NAME", "CARGO_PKG_VERSION", "RUSTC_BOOTSTRAP")
    assert accepted("rustc a.rs --crate-type lib", env=env).env_names == wanted
    assert accepted("rustc a.rs", env=env).env_names == (*wanted[:2], "LD_LIBRARY_PATH", wanted[2])


REFUSED = [
    ("-vV", Reason.NOT_A_COMPILE),
    ("--version", Reason.NOT_A_COMPILE),
    ("- --crate-name ___ --print=file-names --crate-type bin", Reason.NOT_A_COMPILE),
    ("--print sysroot", Reason.NOT_A_COMPILE),
    ("-C help", Reason.NO_SOURCE),
    ("a.rs -C help", Reason.NOT_A_COMPILE),
    ("--explain E0001", Reason.NOT_A_COMPILE),
    ("", Reason.NO_SOURCE),
    ("-", Reason.STDIN_SOURCE),
    ("a.rs b.rs", Reason.BAD_COMMAND_LINE),
    ("a.rs --out-dir", Reason.BAD_COMMAND_LINE),
    ("a.rs -o a.rs", Reason.BAD_COMMAND_LINE),
    ("a.rs --sysroot /s", Reason.UNSEEN_INPUT),
    ("a.rs --extern foo", Reason.UNSEEN_INPUT),
    ("a.rs --frobnicate", Reason.UNKNOWN_OPTION),
    ("a.rs -q", Reason.UNKNOWN_OPTION),
    ("a.rs -C frobnicate=1", Reason.UNKNOWN_OPTION),
    ("a.rs -C llvm-args=-x", Reason.UNKNOWN_OPTION),
    ("a.rs -Z time-passes", Reason.UNKNOWN_OPTION),
    ("a.rs --emit=frob", Reason.UNKNOWN_OPTION),
    ("a.rs --crate-type=frob", Reason.UNKNOWN_OPTION),
    ("a.rs --emit=asm=-", Reason.OUTPUT_TO_STDOUT),
    ("a.rs --emit=asm -o -", Reason.OUTPUT_TO_STDOUT),
    ("a.rs -C save-temps", Reason.UNMODELLED_OUTPUT),
    ("a.rs -C split-debuginfo=unpacked", Reason.UNMODELLED_OUTPUT),
    ("a.rs -o x --emit=asm,link", Reason.UNMODELLED_OUTPUT),
    ("a.rs --target x86_64-pc-windows-gnu", Reason.SEVERAL_TARGETS),
    ("a.rs --target wasm32-unknown-unknown", Reason.SEVERAL_TARGETS),
    ("a.rs -C linker=ld.lld", Reason.UNKNOWN_OPTION),
    ("a.rs -C linker-flavor=ld", Reason.UNKNOWN_OPTION),
    ("a.rs -C link-arg=-Wl,-Map=x.map", Reason.UNKNOWN_OPTION),
    ("a.rs -C link-args='-s -Tx.ld'", Reason.UNKNOWN_OPTION),
    ("a.rs -C link-arg=-Xlinker -Clink-arg=-M", Reason.UNKNOWN_OPTION),
    ("a.rs -C link-arg=@words", Reason.UNKNOWN_OPTION),
    ("a.rs -C link-arg=-Wl,@words", Reason.UNKNOWN_OPTION),
]


@pytest.mark.parametrize(("words", "reason"), REFUSED, ids=[words for words, _ in REFUSED])
def test_what_is_passed_on_says_why(words: str, reason: Reason) -> None:
    found = planned(f"rustc {words}")

    assert isinstance(found, Refusal)
    assert found.reason is reason


@pytest.mark.parametrize(
    "words",
    [
        "-C link-arg=-fuse-ld=lld",
        "-C link-args='-Wl,-rpath,$ORIGIN -pthread -static-libgcc'",
        "-C link-arg=-Wl,-z,relro,--as-needed,--build-id",
        "-C link-arg=-Wl,--version-script=v.map -C link-arg=extra.o",
        "--target x86_64-unknown-linux-musl",
        "-C linker=aarch64-linux-gnu-gcc --target aarch64-unknown-linux-gnu",
        "--target wasm32-unknown-unknown --crate-type lib",
    ],
)
def test_usual_links_are_cached(words: str) -> None:
    assert accepted(f"rustc a.rs {words}").tool == "rustc"


@pytest.mark.parametrize("name", ["RUSTC_LOG", "RUSTC_LOG_COLOR", "RUST_TARGET_PATH"])
def test_variables_that_make_rustc_say_or_read_more_are_refused(name: str) -> None:
    found = planned("rustc a.rs", env={name: "x"})

    assert found == Refusal(Reason.ENVIRONMENT_OUTPUT, name)


def test_a_target_by_file_and_a_profile_are_read() -> None:
    plan = accepted("rustc a.rs --crate-type lib --target t/x.json -Cprofile-use=p.profdata")

    assert plan.read_files == ("t/x.json", "p.profdata")


def test_the_processor_counts_where_it_is_asked_for() -> None:
    assert accepted("rustc a.rs -C target-cpu=native").cpu_matters
    assert not accepted("rustc a.rs -C target-cpu=x86-64-v3").cpu_matters


@pytest.mark.parametrize(
    ("program", "is_known"),
    [
        ("rustc", True),
        ("/usr/bin/rustc-1.63", True),
        ("clippy-driver", True),
        ("rustdoc", False),
        ("cargo", False),
        ("myrustc", False),
    ],
)
def test_programs_are_known_by_name(program: str, *, is_known: bool) -> None:
    from zccache.common.tools.rustc import Rustc

    assert Rustc().recognizes(program) == is_known
