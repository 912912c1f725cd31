"""What the words of a link come to, for drivers and for linkers."""

import pytest

from planning import accepted, planned
from zccache.common.command.plan import Refusal
from zccache.common.command.reports import LinkReport, NamedLibraries
from zccache.common.reasons import Reason
from zccache.common.tools.link_words import read_link_words

ACCEPTED = [
    "gcc a.o b.o -o app -lfoo -Lx -Wl,-rpath,/x -Wl,-rpath=/y -Wl,-z,relro -Wl,-O1 -Wl,--as-needed -s",
    "gcc -shared -fPIC a.o -Wl,-soname,libx.so.1 -Wl,-soname -Wl,libx.so.2 -Wl,--version-script,x.map",
    "gcc -Xlinker -Map -Xlinker x.map -Wl,-T,x.ld -Tdata.ld a.o -u sym -z now -e start -Wl,--gc-sections",
    "g++ -O2 -g -Wall -MD -pthread -std=c++20 -I. -DX a.o -o app -Wl,--no-undefined -Wl,-Bsymbolic-functions",
    "clang -fuse-ld=lld -flto a.o -Wl,--icf=all -Wl,-mllvm,-x -Wl,--threads=4 -Wl,--color-diagnostics",
    "gcc -nostdlib -nostartfiles -static -Wl,-Ttext=0x1000 -Wl,--defsym,a=1 -Wl,-section-start,.x=1 a.o",
    "x86_64-w64-mingw32-gcc -shared a.o -Wl,--out-implib,libx.dll.a -Wl,--subsystem,windows -Wl,--kill-at",
    "ld -m elf_x86_64 -melf_i386 -T x.ld -Tx.ld -r a.o -o b.o --build-id --hash-style=gnu -z norelro -( -)",
    "ld.lld -shared a.o -O2 --gc-sections --icf=safe --threads=2 -soname=x -o libx.so",
    "mold -shared a.o -o libx.so -Map x.map --thread-count=2",
]
REFUSED = {
    Reason.RANDOM_OUTPUT: (
        "gcc a.o -Wl,--build-id=uuid",
        "ld a.o -build-id=uuid",
        "ld.lld a.o --shuffle-sections=*=-1",
    ),
    Reason.UNKNOWN_OPTION: (
        "gcc a.o -Wl,--no-such-word",
        "ld a.o --outpu x",
        "ld a.o --shared=x",
        "ld a.o -Gx",
        "ld --l x a.o",
        "wasm-ld a.o --dependency-file=x",
    ),
    Reason.UNMODELLED_OUTPUT: (
        "ld.lld a.o --reproduce=x.tar",
        "ld.lld a.o --time-trace=x",
        "gcc -save-temps a.o",
        "gcc -flto -gsplit-dwarf -g a.o",
        "ld.lld a.o -save-temps",
        "gcc a.o -Wl,--dependency-file=a,--dependency-file=b",
    ),
    Reason.UNSEEN_INPUT: (
        "gcc a.o -Wl,-plugin,x.so",
        "ld -c x.mri a.o",
        "ld -dT x a.o",
        "gcc a.o -Wl,@words",
    ),
    Reason.CHANGING_OUTPUT: ("ld --stats a.o", "gcc -Wl,--stats a.o"),
    Reason.NOT_A_COMPILE: ("ld --version", "ld -v a.o", "gcc -Wl,--version a.o", "ld --help"),
    Reason.NO_SOURCE: ("ld -lx", "gcc -Wl,-x", "ld"),
    Reason.BAD_COMMAND_LINE: (
        "gcc a.o -o a -o b",
        "gcc a.o -o a -Wl,-Map=a",
        "ld a.o -o",
        "ld a.o -o a -o b",
    ),
    Reason.OUTPUT_TO_STDOUT: ("gcc a.o -o -",),
}
WORDS = """
    -o out -lfoo -l bar --library=baz -Lx -L y --library-path z -rpath a:b -rpath-link=c -R d -T s -Tt
    -Tdata 0 -shared -Bstatic -melf_x86_64 --sysroot=/r -output -h name -ename -export-dynamic
"""


@pytest.mark.parametrize("line", ACCEPTED)
def test_a_link_is_planned(line: str) -> None:
    assert accepted(line).tool == "link"


@pytest.mark.parametrize(
    ("line", "reason"), [(line, reason) for reason, lines in REFUSED.items() for line in lines]
)
def test_a_link_is_passed_on_with_its_reason(line: str, reason: Reason) -> None:
    plan = planned(line)

    expected = Reason.NOT_A_COMPILE if line == "gcc -Wl,-x" else reason
    assert isinstance(plan, Refusal), plan
    assert plan.reason is expected, plan


@pytest.mark.parametrize("name", ["MOLD_REPRO", "LLD_REPRODUCE"])
def test_a_variable_that_makes_a_linker_write_more_is_refused(name: str) -> None:
    for line in ("gcc a.o", "ld.lld a.o"):
        plan = planned(line, env={name: "x"})

        assert isinstance(plan, Refusal)
        assert plan.reason is Reason.ENVIRONMENT_OUTPUT


def test_inputs_and_lists_are_read_and_maps_are_written() -> None:
    plan = accepted(
        "gcc a.o libb.a -Wl,-retain-symbols-file=keep,-Map=m,--out-implib,i -Wl,--dependency-file=d -o app"
    )

    unit = plan.unit
    assert unit.source == "a.o"
    assert plan.read_files == ("a.o", "libb.a", "keep")
    assert [(output.path, output.in_place) for output in unit.outputs] == [
        ("app", False),
        ("m", True),
        ("i", True),
        ("d", True),
    ]
    assert unit.report == LinkReport(("-Xlinker", "--dependency-file="), "d")


@pytest.mark.parametrize(
    ("line", "output"),
    [
        ("gcc a.o", "a.out"),
        ("x86_64-w64-mingw32-gcc a.o", "a.exe"),
        ("x86_64-w64-mingw32-gcc a.o -o d.d/app", "d.d/app.exe"),
        ("x86_64-w64-mingw32-gcc a.o -o app.bin", "app.bin"),
        ("clang --target=x86_64-w64-mingw32 a.o -o app", "app"),
        ("ld a.o", "a.out"),
        ("ld a.o -oapp", "app"),
        ("ld a.o --output=app", "app"),
    ],
)
def test_the_output_has_its_name(line: str, output: str) -> None:
    assert accepted(line).unit.outputs[0].path == output


def test_the_words_that_decide_the_linker_are_told_apart() -> None:
    plan = accepted("clang -fuse-ld=lld -m32 -O2 -target x -L. a.o --sysroot=/s -lm")

    assert plan.linker_words == ("-fuse-ld=lld", "-m32", "-target", "x", "--sysroot=/s")
    assert accepted("ld a.o").linker_words is None


def test_a_linker_for_webassembly_tells_nothing() -> None:
    assert isinstance(accepted("wasm-ld a.o -o a.wasm").unit.report, NamedLibraries)


def test_words_are_read_as_linkers_read_them() -> None:
    words = read_link_words(WORDS.split())

    assert words.refusal is None
    assert words.outputs == ["out", "utput"]
    assert words.libraries == ["foo", "bar", "baz"]
    assert words.folders == ["x", "y", "z"]
    assert words.run_folders == ["a", "b", "c", "d"]
    assert words.scripts == ["s", "t"]
    assert (words.is_shared, words.wants_static, words.emulation) == (True, True, "elf_x86_64")
    assert (words.sysroot, words.inputs) == ("/r", [])
