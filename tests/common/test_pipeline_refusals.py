"""What is not cached runs as it would without a cache, and the reason is told."""

import os
import re
import threading
from pathlib import Path

import pytest

from tools import require_tool
from walk import Walk
from zccache.common.reasons import Reason

HELLO = '#include "own.h"\nint main(void) { return OWN; }\n'


@pytest.fixture
def project(walk: Walk) -> Walk:
    """Hand out a walk with two sources and a header."""
    walk.put("own.h", "#define OWN 0\n")
    walk.put("a.c", HELLO)
    walk.put("b.c", "int b;\n")
    return walk


COMMANDS = [
    ("-E a.c", Reason.PREPROCESS_ONLY),
    ("-E -dD -o a.i a.c", Reason.PREPROCESS_ONLY),
    ("-M a.c", Reason.DEPENDENCIES_ONLY),
    ("-MM -MF x.d a.c", Reason.DEPENDENCIES_ONLY),
    ("-fsyntax-only a.c", Reason.NOT_A_COMPILE),
    ("--version", Reason.NOT_A_COMPILE),
    ("-dumpversion", Reason.NOT_A_COMPILE),
    ("-print-prog-name=as", Reason.NOT_A_COMPILE),
    ("", Reason.NOT_A_COMPILE),
    ("-c", Reason.NO_SOURCE),
    ("-c a.c b.c -o x.o", Reason.SEVERAL_SOURCES),
    ("-c -x c -", Reason.STDIN_SOURCE),
    ("-S a.c -o -", Reason.OUTPUT_TO_STDOUT),
    ("-c -MD -MF - a.c", Reason.OUTPUT_TO_STDOUT),
    ("-c -save-temps -fstack-usage a.c", Reason.UNMODELLED_OUTPUT),
    ("-c missing.c", Reason.SOURCE_NOT_A_FILE),
    ("-c .", Reason.NO_SOURCE),
    ("-c folder.c", Reason.SOURCE_NOT_A_FILE),
    ("-c @missing a.c", Reason.BAD_RESPONSE_FILE),
    ("-c @loop a.c", Reason.BAD_RESPONSE_FILE),
    ("-c a.c -o", Reason.BAD_COMMAND_LINE),
    ("-c a.c -o a.c", Reason.BAD_COMMAND_LINE),
    ("-c a.asm", Reason.UNSUPPORTED_LANGUAGE),
    ("-c a.c --no-such-option", Reason.UNKNOWN_OPTION),
    ("-c a.c -aux-info x.aux", Reason.UNMODELLED_OUTPUT),
    ("-c a.c -Wp,-P", Reason.UNKNOWN_OPTION),
    ("-c a.c -O2 -fdump-tree-optimized", Reason.UNMODELLED_OUTPUT),
    ("-c a.c -O2 -fopt-info-all=x.txt", Reason.UNKNOWN_OPTION),
    ("-c a.c -fdiagnostics-format=sarif-file", Reason.UNMODELLED_OUTPUT),
    ("-c a.c -MD -MF x.d -Wp,-MD,y.d", Reason.UNMODELLED_OUTPUT),
    ("-c a.c -fplugin=own.so", Reason.UNSEEN_INPUT),
    ("-c a.c --config own.cfg", Reason.UNSEEN_INPUT),
    ("-c a.c -B none", Reason.UNSEEN_INPUT),
    ("-c a.c -fplugin=./none.so", Reason.UNSEEN_INPUT),
    ("-c a.c -fpass-plugin=./none.so", Reason.UNSEEN_INPUT),
    ("-c a.c -Xclang -load -Xclang ./none.so", Reason.UNKNOWN_OPTION),
    ("-c a.c -ivfsoverlay own.yaml", Reason.UNSEEN_INPUT),
    ("-c a.c -fbuild-session-file=own.h", Reason.UNSEEN_INPUT),
    ("-c a.c -fmodule-map-file=own.map", Reason.MODULES),
    ("-c a.c -fmodules -fmodules-cache-path=cache", Reason.MODULES),
    ("-c a.c -fdump-tree-all", Reason.UNMODELLED_OUTPUT),
    ("-c a.c -da", Reason.UNMODELLED_OUTPUT),
]

UNSTEADY = [
    ("-c own.h -fpch-deps", Reason.PRECOMPILED_HEADER),
    ("-c a.c -Wa,-ag=x.lst", Reason.UNKNOWN_OPTION),
    ("-c a.c -Wa,--MD=x.dep", Reason.UNKNOWN_OPTION),
    ("-c a.c -O2 -flto -fsave-optimization-record", Reason.UNMODELLED_OUTPUT),
    ("-c a.c -ftime-trace", Reason.UNMODELLED_OUTPUT),
]


@pytest.mark.parametrize(("line", "reason"), COMMANDS, ids=[line for line, _ in COMMANDS])
def test_a_command_is_passed_on_as_it_is(project: Walk, cc: str, line: str, reason: Reason) -> None:
    """hazard 24, hazard 27, hazard 30, hazard 31, hazard 32

    hazard 69, hazard 71, hazard 73, hazard 74, hazard 76, hazard 80
    """
    (project.folder / "folder.c").mkdir()
    project.put("loop", "@loop")
    project.put("own.so", "")
    project.put("own.cfg", "-DCONFIGURED\n")
    project.put("own.yaml", "{'version': 0, 'roots': []}\n")
    project.put("own.map", 'module own { header "own.h" }\n')
    project.put("a.asm", ".globl f\nf:\n")

    assert project.same(cc, *line.split()) == reason.word


@pytest.mark.parametrize(("line", "reason"), UNSTEADY, ids=[line for line, _ in UNSTEADY])
def test_a_command_whose_files_tell_times_is_passed_on(
    project: Walk, cc: str, line: str, reason: Reason
) -> None:
    """hazard 76: two runs of the bare compiler differ in these files as well."""
    bare = project.bare(cc, *line.split())
    for name in bare.files:
        (project.folder / name).unlink()

    walked = project.walk(cc, *line.split())

    assert walked.how == reason.word
    assert walked.left.status == bare.status
    assert walked.left.files.keys() == bare.files.keys()


def test_the_driver_explains_itself_as_ever(project: Walk, cc: str) -> None:
    """hazard 69: gcc and clang name temporary files there."""
    bare = project.bare(cc, "-###", "-c", "a.c")

    walked = project.walk(cc, "-###", "-c", "a.c")

    def untimed(text: bytes) -> bytes:
        return re.sub(rb"/tmp/[\w-]+", b"", text)

    assert walked.how == Reason.NOT_A_COMPILE.word
    assert untimed(walked.left.stderr) == untimed(bare.stderr)


@pytest.mark.parametrize("name", ["DEPENDENCIES_OUTPUT", "SUNPRO_DEPENDENCIES"])
def test_a_variable_that_writes_a_file_is_passed_on(project: Walk, cc: str, name: str) -> None:
    """hazard 57: nothing is left out of what the compiler would write."""
    project.env[name] = "more.d"

    assert project.same(cc, "-c", "a.c") == Reason.ENVIRONMENT_OUTPUT.word


TEXTS = [
    ("const char *t = __TIME__;", Reason.TIME_MACRO),
    ("const char *t = __DATE__;", Reason.TIME_MACRO),
    ("const char *t = __TIMESTAMP__;", Reason.TIME_MACRO),
    ("#define P(a, b) a##b\nconst char *t = P(__TI, ME__);", Reason.TIME_MACRO),
    ('__asm__(".incbin \\"own.h\\"");', Reason.ASSEMBLER_INCLUDE),
    ('__asm__(".inc" "bin \\"own.h\\"");', Reason.ASSEMBLER_INCLUDE),
    ('__asm__(".macro m x\\n.inc\\\\()\\\\x \\"own.h\\"\\n.endm\\nm bin");', Reason.ASSEMBLER_INCLUDE),
    ('__asm__(".include \\"empty\\"");', Reason.ASSEMBLER_INCLUDE),
    ("/* zccache:disable */ int x;", Reason.DISABLED_IN_SOURCE),
]


@pytest.mark.parametrize("place", ["source", "header", "forced header"])
@pytest.mark.parametrize(("text", "reason"), TEXTS, ids=[text for text, _ in TEXTS])
def test_a_text_with_more_in_it_than_can_be_seen_is_not_kept(
    walk: Walk, cc: str, text: str, reason: Reason, place: str
) -> None:
    """hazard 81, hazard 6, hazard 7, hazard 33, hazard 35, hazard 36, hazard 37b"""
    walk.put("own.h", "x")
    walk.put("empty", "")
    walk.put("text.h", text + "\n")
    walk.put("a.c", '#include "text.h"\n' if place == "header" else "" if "forced" in place else text + "\n")
    forced = ["-include", "text.h"] if "forced" in place else []

    walked = walk.walk(cc, "-c", *forced, "a.c")

    assert walked.left.status == 0, walked.left.stderr
    assert walked.how == reason.word
    # The second time gcc's assembler is asked what it reads.
    is_told = cc == "gcc" and reason is Reason.ASSEMBLER_INCLUDE
    assert walk.walk(cc, "-c", *forced, "a.c").how == ("stored" if is_told else reason.word)


def test_a_clock_in_a_definition_is_not_kept(walk: Walk, cc: str) -> None:
    """hazard 36"""
    walk.put("a.c", "const char *t = NOW;\n")

    assert walk.walk(cc, "-c", "-DNOW=__TIME__", "a.c").how == Reason.TIME_MACRO.word


def test_an_opaque_question_is_not_kept(walk: Walk, cc: str) -> None:
    """hazard 3"""
    walk.put("a.c", "#define G(x) <x.h>\n#if __has_include(G(own))\n#endif\n")

    assert walk.same(cc, "-c", "a.c") == Reason.OPAQUE_HAS_INCLUDE.word


def test_more_output_than_the_front_keeps_is_not_kept(walk: Walk, cc: str) -> None:
    walk.captures_all = False

    assert walk.twice(cc, "-c", "a.c") == [Reason.STREAMS_TOO_LARGE.word] * 2


def test_a_source_that_is_a_fifo_is_the_compilers_affair(walk: Walk, cc: str) -> None:
    """hazard 19: it can be read once, and the compiler is who reads it."""
    fifo = walk.folder / "f.c"
    os.mkfifo(fifo)
    writer = threading.Thread(target=fifo.write_text, args=("int f;\n",))
    writer.start()

    walked = walk.walk(cc, "-c", "f.c")
    writer.join()

    assert (walked.how, walked.left.status) == (Reason.SOURCE_NOT_A_FILE.word, 0)


def test_a_program_that_is_no_compiler_is_passed_on(walk: Walk) -> None:
    assert walk.same("env", "true") == Reason.UNKNOWN_PROGRAM.word


def test_a_compiler_that_does_not_say_what_it_is_is_passed_on(walk: Walk, tmp_path: Path) -> None:
    program = tmp_path / "gcc"
    program.write_text("#!/bin/sh\necho hello\n")
    program.chmod(0o755)

    assert walk.same(str(program), "-c", "a.c") == Reason.UNKNOWN_COMPILER.word


def test_a_program_that_is_nowhere_is_told_of(walk: Walk) -> None:
    walked = walk.walk("no-such-compiler", "-c", "a.c")

    assert (walked.how, walked.left.status) == ("fail", 127)
    assert b"no-such-compiler" in walked.left.stderr


def test_a_module_is_not_kept(walk: Walk) -> None:
    """hazard 24, hazard 25, hazard 26"""
    require_tool("g++", "g++")
    walk.put("a.cc", "export module m;\nexport int f() { return 1; }\n")

    assert walk.walk("g++", "-c", "-std=c++20", "-fmodules-ts", "a.cc").how == Reason.MODULES.word


def test_response_files_have_limits(walk: Walk, cc: str) -> None:
    """hazard 73"""
    for number in range(200):
        (walk.folder / f"r{number}").write_text(f"@r{number + 1}")
    walk.put("r200", "-DX")

    assert walk.same(cc, "-c", "@r0", "a.c") in {Reason.BAD_RESPONSE_FILE.word, "stored"}


def test_a_huge_command_line_hits(walk: Walk, cc: str) -> None:
    """hazard 77"""
    walk.put("many", "\n".join(f"-DMACRO_NUMBER_{number}={number}" for number in range(4000)))

    assert walk.twice(cc, "-c", "@many", "a.c") == ["stored", "hit"]
    assert walk.twice(cc, "-c", *(f"-DM{number}" for number in range(3000)), "a.c") == ["stored", "hit"]
