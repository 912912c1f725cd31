"""What the compiler printed comes back: bytes, colours as asked, and only of compiles that succeeded."""

from pathlib import Path

import pytest

from terminal import printed_on_a_terminal
from tools import require_tool
from walk import TO_AND_FRO, Walk
from zccache.common.reasons import Reason
from zccache.common.streams import strip_colours

WARNING = """\
static int unused;
int f(int x, const char *s) {
    int y = s;
    if (x = 1) return "tab\tand ä";
    return x == 1 ? y / 0 : undeclared(x);
}
"""


@pytest.mark.parametrize("words", [["-c"], ["-S", "-MD"], ["-c", "-fdiagnostics-color=never"], ["-c", "-w"]])
def test_warnings_come_back_once_and_exactly(walk: Walk, cc: str, words: list[str]) -> None:
    """hazard 93"""
    walk.put("a.c", WARNING)

    assert walk.twice(cc, *words, "-Wall", "-Wextra", "-Wno-error", "a.c") == ["stored", "hit"]


def test_a_warning_that_moved_is_told_of_its_new_line(walk: Walk, cc: str) -> None:
    """hazard 40, hazard 41"""
    walk.put("a.c", WARNING)

    hows = walk.to_and_fro(
        [cc, "-c", "-g", "-Wall", "a.c"],
        lambda: walk.put("a.c", "\n\n" + WARNING),
        lambda: walk.put("a.c", WARNING),
    )

    assert hows == TO_AND_FRO


@pytest.mark.parametrize("source", ["int f(void) { return }\n", '#include "missing.h"\n', "#error no\n"])
def test_an_error_is_not_kept(walk: Walk, compiler: str, source: str) -> None:
    """hazard 90, hazard 94"""
    walk.put("a.cc", source)

    assert walk.twice(compiler, "-c", "-MD", "a.cc") == [Reason.COMPILE_FAILED.word] * 2


def test_a_warning_that_is_an_error_is_not_kept(walk: Walk, cc: str) -> None:
    """hazard 94"""
    walk.put("a.c", WARNING)

    assert walk.twice(cc, "-c", "-Wall", "-Werror", "a.c") == [Reason.COMPILE_FAILED.word] * 2


def test_an_error_leaves_the_old_object_as_the_compiler_does(walk: Walk, cc: str) -> None:
    """hazard 90"""
    walk.put("a.c", "int f(void) { return }\n")

    def old() -> None:
        (walk.folder / "a.o").write_text("old")

    assert walk.same(cc, "-c", "a.c", given=old) == "compile_failed"


def test_colours_are_those_of_a_terminal(walk: Walk, cc: str) -> None:
    """hazard 56"""
    walk.put("a.c", WARNING)
    walk.env["TERM"] = "xterm"
    argv = [cc, "-c", "-Wall", "a.c"]
    shown = printed_on_a_terminal(argv, walk.folder, walk.env)
    assert b"\x1b[" in shown

    hows = [walk.walk(*argv, colour=True) for _ in range(2)]

    assert [walked.how for walked in hows] == ["stored", "hit"]
    assert [walked.left.stderr for walked in hows] == [shown, shown]


def test_colours_are_taken_off_for_a_pipe(walk: Walk, cc: str) -> None:
    """hazard 56: what is stored in colours serves both."""
    walk.put("a.c", WARNING)
    argv = [cc, "-c", "-Wall", "-Wextra", "a.c"]
    assert walk.walk(*argv, colour=True).how == "stored"

    assert walk.same(*argv) == "hit"


def test_colours_are_not_made_up(walk: Walk, cc: str) -> None:
    """hazard 56: what is stored without colours does not serve a terminal."""
    walk.put("a.c", WARNING)
    argv = [cc, "-c", "-Wall", "a.c"]
    assert walk.same(*argv) == "stored"

    coloured = walk.walk(*argv, colour=True)

    assert coloured.how == "stored"
    assert b"\x1b[" in coloured.left.stderr
    assert walk.same(*argv) == "hit"
    assert walk.walk(*argv, colour=True).left.stderr == coloured.left.stderr


@pytest.mark.parametrize("word", ["-fdiagnostics-color=always", "-fdiagnostics-color=never"])
def test_colours_that_the_user_decides_are_his(walk: Walk, cc: str, word: str) -> None:
    """hazard 56"""
    walk.put("a.c", WARNING)
    argv = [cc, "-c", "-Wall", word, "a.c"]

    assert walk.twice(*argv) == ["stored", "hit"]
    assert walk.walk(*argv, colour=True).left.stderr == walk.bare(*argv).stderr


def test_a_silent_compile_serves_pipe_and_terminal(walk: Walk, cc: str) -> None:
    assert walk.walk(cc, "-c", "a.c", colour=True).how == "stored"

    assert walk.same(cc, "-c", "a.c") == "hit"
    assert walk.walk(cc, "-c", "a.c", colour=True).how == "hit"


def test_escapes_of_the_source_are_not_colours(walk: Walk, cc: str) -> None:
    """hazard 56: a quoted line may hold an escape sequence of its own."""
    walk.put("a.c", b'int f(char *s) { int u; s = "\x1b[31m"; return s; }\n')
    argv = [cc, "-c", "-Wall", "a.c"]

    assert walk.walk(*argv, colour=True).how == Reason.ESCAPES_IN_SOURCE.word
    assert walk.twice(*argv) == ["stored", "hit"]


@pytest.mark.parametrize("form", ["json", "text"])
def test_other_forms_of_diagnostics_come_back(walk: Walk, form: str) -> None:
    require_tool("gcc", "gcc")
    walk.put("a.c", WARNING)
    walk.env["TERM"] = "xterm"
    argv = ["gcc", "-c", "-Wall", f"-fdiagnostics-format={form}", "a.c"]

    assert walk.twice(*argv) == ["stored", "hit"]
    assert walk.walk(*argv, colour=True).left.stderr == printed_on_a_terminal(argv, walk.folder, walk.env)


def test_long_output_comes_back(walk: Walk, cc: str) -> None:
    walk.put("a.c", "".join(f"int f{n}(void) {{ int unused{n}; }}\n" for n in range(300)))

    assert walk.twice(cc, "-c", "-Wall", "a.c") == ["stored", "hit"]


def _wrapped(tmp_path: Path, script: str) -> str:
    wrapper = tmp_path / "bin" / "gcc"
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\n{script}\nexec {require_tool("gcc", "gcc")} "$@"\n')
    wrapper.chmod(0o755)
    return str(wrapper)


def test_both_streams_come_back(walk: Walk, tmp_path: Path) -> None:
    """hazard 93"""
    gcc = _wrapped(tmp_path, 'case "$*" in *a.c*) echo out; echo err >&2;; esac')

    assert walk.twice(gcc, "-c", "a.c") == ["stored", "hit"]


def test_two_streams_in_one_place_are_not_kept(walk: Walk, tmp_path: Path) -> None:
    """hazard 93: their order is not known."""
    gcc = _wrapped(tmp_path, 'case "$*" in *a.c*) echo out; echo err >&2;; esac')
    walk.streams_are_one = True

    assert walk.twice(gcc, "-c", "a.c") == [Reason.STREAMS_MIXED.word] * 2


def test_two_streams_kept_apart_do_not_serve_one_place(walk: Walk, tmp_path: Path) -> None:
    gcc = _wrapped(tmp_path, 'case "$*" in *a.c*) echo out; echo err >&2;; esac')
    assert walk.same(gcc, "-c", "a.c") == "stored"

    walk.streams_are_one = True

    assert walk.same(gcc, "-c", "a.c") == Reason.STREAMS_MIXED.word


def test_a_killed_compiler_is_not_kept(walk: Walk, tmp_path: Path) -> None:
    """hazard 92"""
    gcc = _wrapped(tmp_path, 'case "$*" in *a.c*) kill -9 $$;; esac')

    assert walk.twice(gcc, "-c", "a.c") == [Reason.COMPILER_KILLED.word] * 2


def test_stripped_colours_leave_the_text() -> None:
    assert (
        strip_colours(b"\x1b[01m\x1b[Ka.c:1:\x1b[m\x1b[K x \x1b]8;;http://u\x07link\x1b]8;;\x07")
        == b"a.c:1: x link"
    )
