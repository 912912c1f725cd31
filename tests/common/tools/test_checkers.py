"""What command lines of clang-tidy and include-what-you-use come to, by their words alone."""

import pytest

from planning import CWD, accepted, planned
from zccache.common.command.database import CompileCommand, Database
from zccache.common.command.invocation import Invocation
from zccache.common.command.plan import Dialect, Plan, Refusal
from zccache.common.command.reports import HeaderList
from zccache.common.reasons import Reason
from zccache.common.tools.clang_tidy import ClangTidy
from zccache.common.tools.registry import tool_for


@pytest.mark.parametrize(
    ("program", "name"),
    [
        ("clang-tidy", "clang-tidy"),
        ("/usr/lib/llvm-14/bin/clang-tidy", "clang-tidy"),
        ("clang-tidy-19", "clang-tidy"),
        ("include-what-you-use", "iwyu"),
        ("iwyu", "iwyu"),
        ("iwyu-0.18", "iwyu"),
    ],
)
def test_checkers_are_known_by_their_names(program: str, name: str) -> None:
    tool = tool_for(program)

    assert tool is not None
    assert tool.name == name


@pytest.mark.parametrize(
    "program", ["run-clang-tidy", "clang-tidy-diff", "clang-tidy.py", "iwyu_tool", "iwyu_tool.py"]
)
def test_their_helpers_are_no_checkers(program: str) -> None:
    assert tool_for(program) is None


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("clang-tidy --fix a.cpp --", Reason.UNMODELLED_OUTPUT),
        ("clang-tidy -fix-errors a.cpp --", Reason.UNMODELLED_OUTPUT),
        ("clang-tidy --fix-notes a.cpp --", Reason.UNMODELLED_OUTPUT),
        ("clang-tidy --load=x.so a.cpp --", Reason.UNSEEN_INPUT),
        ("clang-tidy --vfsoverlay=x.yaml a.cpp --", Reason.UNSEEN_INPUT),
        ("clang-tidy --enable-check-profile a.cpp --", Reason.CHANGING_OUTPUT),
        ("clang-tidy --store-check-profile=x a.cpp --", Reason.CHANGING_OUTPUT),
        ("clang-tidy --list-checks", Reason.NOT_A_COMPILE),
        ("clang-tidy -list-checks -", Reason.NOT_A_COMPILE),
        ("clang-tidy --dump-config a.cpp --", Reason.NOT_A_COMPILE),
        ("clang-tidy --version", Reason.NOT_A_COMPILE),
        ("clang-tidy --brand-new a.cpp --", Reason.UNKNOWN_OPTION),
        ("clang-tidy a.cpp --checks", Reason.BAD_COMMAND_LINE),
        ("clang-tidy --quiet", Reason.NO_SOURCE),
        ("clang-tidy - --", Reason.STDIN_SOURCE),
        ("clang-tidy a.cpp -- -E", Reason.PREPROCESS_ONLY),
        ("clang-tidy a.cpp -- -H", Reason.NO_REPORT),
        ("clang-tidy a.cpp -- -include-pch x.pch", Reason.PRECOMPILED_HEADER),
        ("clang-tidy a.cpp -- -fmodules", Reason.MODULES),
        ("clang-tidy a.cpp -- -ivfsoverlay x", Reason.UNSEEN_INPUT),
        ("clang-tidy a.cpp -- -Xclang -load -Xclang x.so", Reason.UNKNOWN_OPTION),
        ("clang-tidy a.cpp --extra-arg=-fplugin=x.so --", Reason.UNSEEN_INPUT),
        ("clang-tidy a.cpp -- --driver-mode=cl", Reason.UNKNOWN_OPTION),
        ("clang-tidy a.rs --", Reason.UNSUPPORTED_LANGUAGE),
        ("clang-tidy a.cpp -- -save-temps", Reason.UNMODELLED_OUTPUT),
        ("iwyu -Xiwyu --export_mappings=out a.cpp", Reason.UNMODELLED_OUTPUT),
        ("iwyu -Xiwyu --verbose=4 a.cpp", Reason.CHANGING_OUTPUT),
        ("iwyu -Xiwyu --verbose -Xiwyu 10 a.cpp", Reason.CHANGING_OUTPUT),
        ("iwyu -Xiwyu --brand_new a.cpp", Reason.UNKNOWN_OPTION),
        ("iwyu -Xiwyu --help", Reason.NOT_A_COMPILE),
        ("iwyu --version", Reason.NOT_A_COMPILE),
        ("iwyu a.cpp -Xiwyu", Reason.BAD_COMMAND_LINE),
        ("iwyu -I.", Reason.NO_SOURCE),
        ("iwyu -x c++ -", Reason.STDIN_SOURCE),
        ("iwyu a.cpp b.cpp", Reason.SEVERAL_SOURCES),
        ("iwyu -fmodules a.cpp", Reason.MODULES),
    ],
)
def test_what_cannot_be_kept_is_passed_on(line: str, reason: Reason) -> None:
    refusal = planned(line)

    assert isinstance(refusal, Refusal)
    assert refusal.reason is reason


@pytest.mark.parametrize("line", ["clang-tidy a.cpp --", "iwyu a.cpp"])
def test_a_variable_that_makes_clang_write_elsewhere_is_a_refusal(line: str) -> None:
    refusal = planned(line, env={"CC_PRINT_HEADERS": "1"})

    assert refusal == Refusal(Reason.ENVIRONMENT_OUTPUT, "CC_PRINT_HEADERS")


def test_the_configuration_of_a_source_may_stand_in_every_folder_above() -> None:
    plan = accepted("clang-tidy sub/../other/a.cpp --", cwd="/one/two")

    assert set(plan.probes) == {
        f"{folder}.clang-tidy"
        for folder in ("/one/two/sub/../other/", "/one/two/sub/../", "/one/two/sub/", "/one/two/other/")
    } | {"/one/two/.clang-tidy", "/one/.clang-tidy", "/.clang-tidy"}


def test_what_is_looked_at_is_the_compile_behind_the_dashes() -> None:
    plan = accepted(
        "clang-tidy a.c b.cpp --extra-arg=-DY=2 --extra-arg-before=-Ifirst -- gcc -Ione -DX=1 -c a.c"
    )

    first, second = _report(plan).texts
    assert (first.source, first.language) == (f"{CWD}/a.c", "c")
    assert (second.source, second.language) == (f"{CWD}/b.cpp", "c++")
    assert first.search_words == second.search_words == ("-Ifirst", "-Ione")
    assert first.macro_values == ("1", "2")
    assert plan.read_files == (f"{CWD}/b.cpp",)


def test_what_a_database_says_is_part_of_the_key() -> None:
    plans = [_by_database("-Ione"), _by_database("-Itwo"), _by_database("-Ione")]

    assert plans[0].words == plans[2].words != plans[1].words
    text = _report(plans[0]).texts[0]
    assert (text.folder, text.search_words) == ("/build", ("-Ione",))


def test_a_compiler_for_another_target_is_not_guessed_about() -> None:
    refusal = _plan_by_database(CompileCommand("/build", "aarch64-linux-gnu-g++", (), f"{CWD}/a.cpp"))

    assert refusal == Refusal(Reason.COMPILATION_DATABASE, "aarch64-linux-gnu-g++")


def test_mapping_files_are_told_from_other_words() -> None:
    plan = accepted("iwyu -Xiwyu --mapping_file=a.imp -Xiwyu --mapping_file -Xiwyu b.imp -Iinc a.cpp")

    assert _report(plan).mappings == ("a.imp", "b.imp")
    assert _report(plan).texts[0].search_words == ("-Iinc",)


def _report(plan: Plan) -> HeaderList:
    report = plan.unit.report
    assert isinstance(report, HeaderList)
    return report


def _by_database(*words: str) -> Plan:
    plan = _plan_by_database(CompileCommand("/build", "/usr/bin/c++", words, f"{CWD}/a.cpp"))
    assert isinstance(plan, Plan)
    return plan


def _plan_by_database(command: CompileCommand) -> Plan | Refusal:
    found = Database(CWD, f"{CWD}/compile_commands.json", (), (command,))
    return ClangTidy().plan(Invocation("clang-tidy", ("a.cpp",), CWD, {}, found), dialect=Dialect.OTHER)
