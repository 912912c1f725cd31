"""What a cacheable command comes to: outputs, language, report, and what enters the key."""

import pytest

from planning import accepted
from zccache.common.command.plan import OutputKind
from zccache.common.command.reports import AddedDepfile, AddedHeaderList, NoReport, Report, UserDepfile

DEPFILE = AddedDepfile(("-MD", "-MF"))
LIST = AddedHeaderList()

OUTPUTS = [
    ("-c a.c", "a.o"),
    ("-c d/a.c", "a.o"),
    ("-c /abs/a.b.c", "a.b.o"),
    ("-c ../a.cc", "a.o"),
    ("-c a.C", "a.o"),
    ("-c a.c -o x.o", "x.o"),
    ("-c a.c -ox.o", "x.o"),
    ("-o d/x.o -c a.c", "d/x.o"),
    ("-c a.c -o /abs/x", "/abs/x"),
    ("-S a.c", "a.s"),
    ("-S -c a.c", "a.s"),
    ("-c -S a.c -o x.s", "x.s"),
    ("-c -x c noext", "noext.o"),
    ("-c -xc a.foo", "a.o"),
    ("-c -x c++ -x none a.c", "a.o"),
    ("-c a.i", "a.o"),
    ("-c a.i -MD", "a.o"),
    ("-c a.ii -MMD -MF a.d", "a.o"),
    ("-c a.c -MD", "a.o a.d"),
    ("-c d/a.c -MD", "a.o a.d"),
    ("-c a.c -MD -o x", "x x.d"),
    ("-c a.c -MD -o d/a.b.o", "d/a.b.o d/a.b.d"),
    ("-c a.c -MD -o d/.foo", "d/.foo d/.d"),
    ("-c a.c -MD -o foo.", "foo. foo.d"),
    ("-S a.c -MMD -o x.s", "x.s x.d"),
    ("-c a.c -MD -MF y.d -o x.o", "x.o y.d"),
    ("-c a.c -MD -MFy.d -o x.o", "x.o y.d"),
    ("-c a.c -MMD -MP -MT t -MQ q -MF y.d", "a.o y.d"),
    ("-c a.c -Wp,-MD,y.d -o x.o", "x.o y.d"),
    ("-c a.c -Wp,-MMD,y.d", "a.o y.d"),
    ("-c a.c -Wp,-DX=1,-MD,y.d", "a.o y.d"),
    ("-c a.c --coverage", "a.o a.gcno"),
    ("-c s/a.c -fprofile-arcs -ftest-coverage -o d/x.b.o", "d/x.b.o d/x.b.gcno"),
    ("-S a.c --coverage -o d/x.s", "d/x.s d/x.gcno"),
    ("-c a.c -fstack-usage", "a.o a.su"),
    ("-c a.c -fstack-usage -o d/x", "d/x d/x.su"),
    ("-c a.c -g -gsplit-dwarf", "a.o a.dwo"),
    ("-c a.c -gsplit-dwarf=split -ggdb3 -o d/x.o", "d/x.o d/x.dwo"),
    ("-c a.c -gsplit-dwarf=single -g", "a.o"),
    ("-c a.c -fprofile-arcs", "a.o"),
    ("-c a.c -g -gsplit-dwarf --coverage -fstack-usage -MD", "a.o a.dwo a.gcno a.su a.d"),
]


@pytest.mark.parametrize("program", ["gcc", "clang"])
@pytest.mark.parametrize(("words", "outputs"), OUTPUTS, ids=[words for words, _ in OUTPUTS])
def test_the_outputs_are_those_of_the_compiler(program: str, words: str, outputs: str) -> None:
    unit = accepted(f"{program} {words}").unit

    assert [output.path for output in unit.outputs] == outputs.split()
    optional = {output.kind for output in unit.outputs if not output.required}
    assert optional <= ({OutputKind.STACK_USAGE} if program == "clang" else set())


@pytest.mark.parametrize(
    ("line", "outputs"),
    [
        ("gcc -c a.c -fcallgraph-info=su,da -o d/x.o", "d/x.o d/x.ci"),
        ("gcc -c a.c -fstack-usage -o d/.foo", "d/.foo d/.foo.su"),
        ("clang -c a.c -fstack-usage -o d/.foo", "d/.foo d/.su"),
        ("clang -c a.c --serialize-diagnostics d/x.dia", "a.o d/x.dia"),
        ("clang -c a.c -serialize-diagnostics x.dia -MD", "a.o x.dia a.d"),
        ("clang -c a.c -emit-llvm", "a.bc"),
        ("clang -S a.c -emit-llvm", "a.ll"),
        ("clang -c a.c -flto", "a.o"),
        ("clang -c -o x.o -- a.c", "x.o"),
        ("gcc -c a.c -emit-llvm", "a.o"),
    ],
)
def test_the_outputs_of_one_dialect(line: str, outputs: str) -> None:
    unit = accepted(line).unit

    assert [output.path for output in unit.outputs] == outputs.split()


def test_each_output_has_its_kind() -> None:
    unit = accepted("gcc -c a.c -g -gsplit-dwarf --coverage -fstack-usage -fcallgraph-info -MD").unit

    assert [output.kind for output in unit.outputs] == [
        OutputKind.OBJECT,
        OutputKind.SPLIT_DEBUG,
        OutputKind.COVERAGE_NOTES,
        OutputKind.STACK_USAGE,
        OutputKind.CALL_GRAPH,
        OutputKind.DEPFILE,
    ]


@pytest.mark.parametrize(
    ("line", "report"),
    [
        ("gcc -c a.c", DEPFILE),
        ("clang -c a.c", DEPFILE),
        ("gcc -c a.c -MD -MF x.d", UserDepfile("x.d", complete=True)),
        ("clang -c a.c -MD -MF x.d", UserDepfile("x.d", complete=True)),
        ("clang -c a.c -MMD", UserDepfile("a.d", complete=False)),
        ("gcc -c a.c -Wp,-MD,d/.a.d", UserDepfile("d/.a.d", complete=True)),
        ("gcc -c a.c -Wp,-MMD,d/.a.d", UserDepfile("d/.a.d", complete=False)),
        ("gcc -c a.c -frecord-gcc-switches", DEPFILE),
        ("gcc -c a.c -g -grecord-gcc-switches", DEPFILE),
        ("clang -c a.c -frecord-command-line", LIST),
        ("clang -c a.c -frecord-gcc-switches", LIST),
        ("clang -c a.c -g -grecord-gcc-switches", LIST),
        ("clang -c a.c -g -grecord-command-line -MD", UserDepfile("a.d", complete=True)),
        ("clang -c a.c -gcodeview -MMD", UserDepfile("a.d", complete=False)),
        ("clang -c a.c -MF unused.d", LIST),
        ("clang -c a.c -MP", LIST),
        ("clang -c a.c -target x86_64-w64-windows-gnu", DEPFILE),
        ("gcc -c a.i", NoReport()),
        ("gcc -c a.ii -MD", NoReport()),
        ("clang -c a.i", LIST),
        ("clang -c a.mii -MD", LIST),
    ],
)
def test_the_report_leaves_object_and_streams_alone(line: str, report: Report) -> None:
    unit = accepted(line).unit

    assert unit.report == report


def test_an_environment_that_records_words_asks_for_a_header_list() -> None:
    plan = accepted("clang -c a.c", env={"RC_DEBUG_OPTIONS": "1"})

    assert plan.unit.report == LIST
    assert plan.colour_words == ()


@pytest.mark.parametrize(
    ("line", "language"),
    [
        ("gcc -c a.c", "c"),
        ("g++ -c a.c", "c++"),
        ("x86_64-linux-gnu-g++-12 -c a.c", "c++"),
        ("clang++-14 -c a.c", "c++"),
        ("g++ -c a.i", "c++-cpp-output"),
        ("gcc -c a.i", "cpp-output"),
        ("c++ -c a.m", "objective-c"),
        ("gcc -c a.mm", "objective-c++"),
        ("gcc -c a.mi", "objective-c-cpp-output"),
        ("gcc -c -x objc-cpp-output a.foo", "objective-c-cpp-output"),
        ("gcc -c a.C", "c++"),
        ("gcc -c a.c++", "c++"),
        ("clang -c a.CXX", "c++"),
        ("gcc -c -x c++ a.c", "c++"),
        ("g++ -c -x c a.cc", "c"),
        ("gcc -c -x c++ -x none a.c", "c"),
        ("gcc -c a.c -x c++", "c"),
    ],
)
def test_the_language_is_told_by_suffix_option_and_name(line: str, language: str) -> None:
    unit = accepted(line).unit

    assert unit.language == language


def test_the_words_of_the_key_are_all_words_in_order() -> None:
    line = "-Wfoo -c a.c -fsome-new-thing=7 -DX -O2 -o b/x.o -MD"

    plan = accepted(f"gcc {line}")

    assert plan.words == plan.run_words == tuple(line.split())


def test_the_search_path_is_probed_with_the_words_that_shape_it() -> None:
    plan = accepted(
        "clang -c a.c -Ia -I b -O2 -isystem c -iquoted -DX -std=c11 --target=arm-none-eabi -m32 -nostdinc "
        "--sysroot=/s -resource-dir r -fno-exceptions -Wall"
    )

    assert " ".join(plan.search_words) == (
        "--target=arm-none-eabi -Ia -I b -isystem c -iquoted -std=c11 -m32 -nostdinc "
        "--sysroot=/s -resource-dir r -fno-exceptions"
    )


def test_the_values_of_macros_are_told() -> None:
    plan = accepted("gcc -c a.c -DA=<x.h> -D B='\"y.h\"' -DC -Wp,-DD=1 -Xpreprocessor -DE=2 -U F")

    assert plan.macro_values == ("<x.h>", '"y.h"', "1", "2")


def test_forced_includes_are_told_in_order() -> None:
    unit = accepted("gcc -c a.c -include x.h -imacrosy.h -include z.h").unit

    assert unit.force_includes == ("x.h", "y.h", "z.h")


def test_a_preprocessed_source_has_no_forced_includes() -> None:
    unit = accepted("gcc -c a.i -include x.h").unit

    assert unit.force_includes == ()


@pytest.mark.parametrize(
    ("line", "files"),
    [
        ("clang -c a.c -fsanitize=address -fsanitize-ignorelist=i.txt", ("i.txt",)),
        ("clang -c a.c -fsanitize-blacklist=i.txt -fprofile-list=p", ("i.txt", "p")),
        ("clang -c a.c -fprofile-use=d/x.profdata", ("d/x.profdata",)),
        ("clang -c a.c -fprofile-instr-use=x.profdata", ("x.profdata",)),
        ("clang -c a.c -fprofile-sample-use=x.prof", ("x.prof",)),
        ("clang -c a.c -fmemory-profile-use=heap", ("heap",)),
        ("clang -c a.c -fexperimental-sanitize-metadata-ignorelist=skip", ("skip",)),
        ("gcc -c a.c -fauto-profile=x.afdo", ("x.afdo",)),
        ("gcc -c a.c", ()),
    ],
)
def test_files_that_no_report_names_are_told(line: str, files: tuple[str, ...]) -> None:
    assert accepted(line).read_files == files


@pytest.mark.parametrize(
    ("words", "matters"),
    [
        ("-march=native", True),
        ("-mtune=native", True),
        ("-mcpu=native+crypto", True),
        ("-march=nocona", False),
    ],
)
def test_the_machine_matters_where_the_code_is_made_for_it(words: str, matters: bool) -> None:
    """hazard 48"""
    assert accepted(f"gcc -c a.c {words}").cpu_matters is matters


@pytest.mark.parametrize(
    ("line", "is_free"),
    [
        ("gcc -c a.c", True),
        ("clang -c a.c", True),
        ("gcc -c a.c -frecord-gcc-switches", True),
        ("gcc -c a.c -fdiagnostics-color=auto", False),
        ("gcc -c a.c -fno-diagnostics-color", False),
        ("gcc -c a.c -fdiagnostics-plain-output", False),
        ("clang -c a.c -fcolor-diagnostics", False),
        ("clang -c a.c -fno-color-diagnostics", False),
        ("clang -c a.c -fansi-escape-codes", False),
        ("clang -c a.c -frecord-command-line", False),
        ("clang -c a.c -gcodeview -MD", False),
    ],
)
def test_colour_is_added_where_the_user_has_not_decided_it(line: str, is_free: bool) -> None:
    assert accepted(line).colour_words == (("-fdiagnostics-color=always",) if is_free else ())


@pytest.mark.parametrize(
    "words",
    [
        "-O3 -g -ggdb3 -gdwarf-5 -gz=zlib -Wall -Wextra -Werror=format-security -Wp,-D_FORTIFY_SOURCE=2",
        "-fPIC -fvisibility=hidden -fstack-protector-strong -fno-omit-frame-pointer -march=armv8.2-a+crypto",
        "-ffile-prefix-map=/a/b=. -fdebug-prefix-map=/a=b -fdebug-compilation-dir=. -frandom-seed=a.c",
        "-Wl,-z,relro -Wl,--as-needed -L/usr/lib -lm -l m -pthread -shared -static -s -Xlinker -x -u sym",
        "-flto=auto -flto=thin -fuse-ld=/usr/bin/mold -ffat-lto-objects -fprofile-generate=/tmp/p",
        "-Wa,--noexecstack -Wa,-mbranches-within-32B-boundaries -Wa,--compress-debug-sections=zlib -pipe",
        "-mmacosx-version-min=10.9 -fms-compatibility-version=19.20 -fclang-abi-compat=14.0 -fveclib=SVML",
        "-mllvm -asan-stack=0 -mllvm -inline-threshold=100 -Xclang -target-feature -Xclang +sse2 -Wno-x",
        "-Xclang -fdebug-compilation-dir -Xclang . -Xclang -Wno-x -fsanitize=address -fno-sanitize=vptr",
        "-fsanitize-coverage=trace-pc-guard -fcall-saved-r10 -fsplit-paths -fdeduce-init-list -fopt-info-vec",
        "-finput-charset=UTF-8 -fexec-charset=latin1 -fdiagnostics-format=json -fbasic-block-sections=all",
        "-fno-report-bug -fmax-errors=3 -ftemplate-depth=900 -falign-functions=16:8 -fpack-struct=2",
        "-T link.ld --param max-inline-insns-single=200 --param=ggc-min-expand=0 -z now -e main -H -w -p -pg",
    ],
)
@pytest.mark.parametrize("program", ["gcc", "clang"])
def test_words_of_every_day_are_cached(program: str, words: str) -> None:
    assert accepted(f"{program} -c a.c {words}").unit.outputs[0].path == "a.o"


@pytest.mark.parametrize(
    "words", ["-g", "-ggdb3", "-Wa,-g", "-Wa,--noexecstack,-g", "-Wa,--gdwarf-5", "-Xassembler -g"]
)
def test_debug_information_is_known_whoever_makes_it(words: str) -> None:
    assert accepted(f"gcc -c a.c {words}").has_debug
    assert not accepted("gcc -c a.c -O2 -Wa,--noexecstack").has_debug
