"""Command lines of link.exe and lld-link as build systems write them: what each comes to."""

import pytest

from zccache.common.command.invocation import Invocation
from zccache.common.command.plan import Dialect, Plan, Refusal
from zccache.common.command.response_files import split_windows
from zccache.common.reasons import Reason
from zccache.common.tools.registry import tool_for

QUIET = "/nologo /INCREMENTAL:NO /MANIFEST:NO /NODEFAULTLIB"
CACHED = {
    f"link.exe {QUIET} /OUT:app.exe a.obj b.res /SUBSYSTEM:CONSOLE /MACHINE:X64 /ENTRY:main": "app.exe",
    f"LINK.EXE {QUIET} /DLL /OUT:bin\\x.dll /IMPLIB:lib\\x.lib a.obj /DEF:x.def /OPT:REF": "bin\\x.dll",
    f"link.exe {QUIET} a.obj kernel32.lib /LIBPATH:lib /STACK:1000,1000 -dynamicbase /Brepro": "a.exe",
    f"link.exe {QUIET} /debug:none dir/a.obj /merge:.rdata=.text /guard:cf /map": "a.exe",
    "lld-link /nodefaultlib /entry:f a.obj /debug /pdb:p.pdb /out:a.exe /brepro": "a.exe",
    "lld-link-14 -nodefaultlib -dll -noentry -out:x.dll a.o /order:@order.txt": "x.dll",
    "lld-link /tmp/a.obj /nodefaultlib /wholearchive:b.lib /lldmap:m.txt": "a.exe",
}
PASSED = {
    "link.exe /OUT:app.exe a.obj": Reason.UNSEEN_INPUT,
    "link.exe /NODEFAULTLIB a.obj": Reason.UNMODELLED_OUTPUT,
    "link.exe /NODEFAULTLIB:libcmt a.obj": Reason.UNSEEN_INPUT,
    f"link.exe {QUIET} /DEBUG a.obj": Reason.UNMODELLED_OUTPUT,
    "link.exe /NODEFAULTLIB /INCREMENTAL /MANIFEST:NO a.obj": Reason.UNMODELLED_OUTPUT,
    f"link.exe {QUIET} /MANIFEST:EMBED a.obj": Reason.UNMODELLED_OUTPUT,
    f"link.exe {QUIET} /TIME a.obj": Reason.UNMODELLED_OUTPUT,
    f"link.exe {QUIET} /LIB a.obj": Reason.UNMODELLED_OUTPUT,
    f"link.exe {QUIET} /STUB:dos.exe a.obj": Reason.UNKNOWN_OPTION,
    f"link.exe {QUIET} /OUT:a.obj a.obj": Reason.BAD_COMMAND_LINE,
    "link.exe /?": Reason.NOT_A_COMPILE,
    "link.exe": Reason.NO_SOURCE,
    "lld-link a.obj": Reason.UNSEEN_INPUT,
    "lld-link /nodefaultlib a.obj /lldltocache:c": Reason.UNMODELLED_OUTPUT,
    "lld-link /nodefaultlib a.obj /manifest": Reason.UNMODELLED_OUTPUT,
    "lld-link /nodefaultlib a.obj /manifestinput:x": Reason.UNKNOWN_OPTION,
}


def plan_of(line: str, env: dict[str, str] | None = None) -> Plan | Refusal:
    program, *args = split_windows(line, "line")
    tool = tool_for(program)
    assert tool is not None
    return tool.plan(Invocation(program, tuple(args), "/src", env or {}), dialect=Dialect.MSVC)


@pytest.mark.parametrize("line", CACHED)
def test_a_line_makes_its_image(line: str) -> None:
    plan = plan_of(line)

    assert isinstance(plan, Plan), plan
    assert plan.unit.outputs[0].path == CACHED[line]


@pytest.mark.parametrize("line", PASSED)
def test_a_line_is_passed_on_for_its_reason(line: str) -> None:
    plan = plan_of(line)

    assert isinstance(plan, Refusal), plan
    assert plan.reason is PASSED[line]


def test_libraries_are_sought_in_every_folder() -> None:
    plan = plan_of("lld-link /nodefaultlib a.obj k.lib /libpath:one", {"LIB": "two;three"})

    assert isinstance(plan, Plan)
    assert plan.probes == ("k.lib", "one/k.lib", "two/k.lib", "three/k.lib")


@pytest.mark.parametrize("name", ["LINK", "_LINK_"])
def test_words_of_the_environment_are_not_guessed(name: str) -> None:
    plan = plan_of("lld-link /nodefaultlib a.obj", {name: "/dll"})

    assert isinstance(plan, Refusal)
    assert plan.reason is Reason.ENVIRONMENT_OUTPUT


@pytest.mark.parametrize("program", ["link", "/usr/bin/link", "lld-linker"])
def test_other_programs_of_such_names_are_not_ours(program: str) -> None:
    assert tool_for(program) is None
