"""Command lines of cl and clang-cl as build systems write them: what each comes to."""

from pathlib import Path

import pytest

from planning import accepted, planned
from zccache.common.command.invocation import Invocation
from zccache.common.command.plan import Dialect, OutputKind, Plan, Refusal
from zccache.common.command.reports import AddedDepfile, AskedAside, DependencyJson, ShownIncludes
from zccache.common.command.response_files import split_windows
from zccache.common.reasons import Reason
from zccache.common.tools.msvc import ClangCl
from zccache.common.tools.registry import tool_for

HERE = Path(__file__).parent


def rows(name: str) -> list[list[str]]:
    """Return the cells of a file of lines as ninja files, nmake files and the logs of MSBuild hold them."""
    lines = (HERE / f"cl_lines_{name}.txt").read_text(encoding="utf-8").splitlines()
    return [[cell.strip() for cell in line.split(" | ")] for line in lines]


def plan_of(program: str, args: list[str]) -> Plan | Refusal:
    tool = tool_for(program)
    assert tool is not None
    dialect = Dialect.CLANG_CL if "clang" in program else Dialect.MSVC
    return tool.plan(Invocation(program, tuple(args), "/src", {}), dialect=dialect)


CACHED, PASSED = rows("cached"), rows("passed")


def test_there_are_enough_lines_of_both_kinds() -> None:
    assert len(CACHED) + len(PASSED) >= 40


@pytest.mark.parametrize(("line", "source", "outputs"), CACHED)
def test_a_line_has_its_source_and_outputs(line: str, source: str, outputs: str) -> None:
    program, *args = split_windows(line, "line")
    plan = plan_of(program, args)

    assert isinstance(plan, Plan), plan
    unit = plan.unit

    assert (unit.source, " ".join(output.path for output in unit.outputs)) == (source, outputs)


@pytest.mark.parametrize(("line", "reason"), PASSED)
def test_a_line_is_passed_on_for_its_reason(line: str, reason: str) -> None:
    program, *args = split_windows(line, "line")

    plan = plan_of(program, args)

    assert isinstance(plan, Refusal), plan
    assert plan.reason is Reason[reason]


def test_what_is_read_is_told_in_the_way_that_changes_nothing() -> None:
    assert isinstance(accepted("clang-cl /c a.c").unit.report, AddedDepfile)
    assert isinstance(accepted("clang-cl /c /Z7 a.c").unit.report, AskedAside)
    assert isinstance(accepted("cl /c a.c").unit.report, DependencyJson)
    assert isinstance(accepted("cl /c /showIncludes a.c").unit.report, ShownIncludes)


def test_the_question_aside_writes_no_output() -> None:
    report = accepted("clang-cl /c /Z7 /Foa.obj /FA /showIncludes /DX /Iinc a.c").unit.report

    assert report == AskedAside(("/c", "/Z7", "/DX", "/Iinc", "a.c", "/clang:-M", "/clang:-MF"))


def test_a_listing_is_an_output_that_may_be_missing() -> None:
    listing = accepted("clang-cl /c /FAs a.c").unit.outputs[1]

    assert listing.kind is OutputKind.ASSEMBLY
    assert not listing.required


def test_the_words_of_the_environment_are_words_of_the_command() -> None:
    plan = accepted("cl /c a.c", env={"CL": '/DA="x y" /O2', "_CL_": "/Fob.obj"})

    assert plan.words == ("/DA=x y", "/O2", "/c", "a.c", "/Fob.obj")
    assert plan.unit.outputs[0].path == "b.obj"


@pytest.mark.parametrize("text", ["/DX#1", "@more", '/D"X'])
def test_an_environment_that_is_not_clear_is_left_to_the_compiler(text: str) -> None:
    plan = planned("cl /c a.c", env={"CL": text})

    assert isinstance(plan, Refusal)
    assert plan.reason is Reason.BAD_COMMAND_LINE


@pytest.mark.parametrize(
    "program",
    ["cl", "cl.exe", "CL.EXE", "C:\\VC\\bin\\cl.exe", "clang-cl", "/usr/bin/clang-cl-14", "clang-cl.exe"],
)
def test_the_two_are_known_by_name(program: str) -> None:
    tool = tool_for(program)

    assert tool is not None
    assert tool.name == ("clang-cl" if "clang" in program else "cl")


@pytest.mark.parametrize("program", ["cls", "icl", "clang-cl-x", "clangcl", "xcl.exe"])
def test_others_are_not(program: str) -> None:
    tool = tool_for(program)

    assert tool is None or tool.name not in {"cl", "clang-cl"}


def test_each_of_several_sources_is_a_command() -> None:
    call = Invocation("clang-cl", ("/c", "/O2", "/Foout/", "a.c", "b.c"), "/src", {})

    steps = ClangCl().steps(call, dialect=Dialect.CLANG_CL)

    assert not isinstance(steps, Refusal)
    assert [step.invocation.args for step in steps] == [
        ("/c", "/O2", "/Foout/", "a.c"),
        ("/c", "/O2", "/Foout/", "b.c"),
    ]
