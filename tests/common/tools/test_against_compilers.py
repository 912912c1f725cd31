"""Plans against real gcc and clang: the files that appear, and an object that no report changes."""

import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from planning import accepted
from tools import require_tool
from zccache.common.command.plan import Unit
from zccache.common.command.reports import AddedDepfile, AddedHeaderList
from zccache.common.tools.flags import ACCEPTED, Role, Takes

SOURCE = """#include <stddef.h>
#include "own.h"
int f(int a) { int unused; int b[20]; b[a] = OWN; return b[a - 1]; }
"""

EVERYWHERE = [
    "-c s/a.c",
    "-c s/a.c -o d/x.b.o",
    "-c s/a.c -o d/x",
    "-c s/a.c -o d/.foo -MD",
    "-c s/a.c -o foo. -MD --coverage -frandom-seed=1",
    "-S s/a.c",
    "-S -c s/a.c -o d/x",
    "-c -x c s/noext",
    "-c -x c++ s/a.c",
    "-c s/a.b.c -MD",
    "-c s/a.c -MMD -MP -MT t -MF d/y.d",
    "-c s/a.c -Wp,-MD,d/y.d",
    "-c s/a.c -Wp,-MMD,d/.y.d",
    "-S s/a.c -MD -o d/x.s",
    "-c s/p.i",
    "-c s/p.i -MD",
    "-c s/p.ii -MMD -MF d/y.d",
    "-c s/a.c -Wall -H",
    "-c s/a.c -g3 -O2",
    "-c s/a.c -g -gsplit-dwarf",
    "-c s/a.c -g -gsplit-dwarf -o d/x.b.o -MD",
    "-c s/a.c --coverage -frandom-seed=1",
    "-S s/a.c --coverage -frandom-seed=1 -o d/x.s",
    "-c s/a.c -fprofile-arcs -ftest-coverage -frandom-seed=1 -o d/.foo",
    "-c s/a.c -fprofile-arcs -frandom-seed=1",
    "-c s/a.c -fprofile-generate -frandom-seed=1",
    "-c s/a.c -fstack-usage",
    "-c s/a.c -fstack-usage -o d/.foo",
    "-c s/a.c -flto -frandom-seed=1",
    "-c s/a.c -frecord-gcc-switches",
    "-c s/a.c -g -grecord-gcc-switches",
    "-c s/a.c -frecord-gcc-switches -MD",
    "-c s/a.c -fverbose-asm -S -o d/x.s",
    "-c s/a.c -fsanitize=undefined -fPIC -pipe",
    "-c s/a.c -include s/own.h -DX='\"s p\"' -Wa,--noexecstack",
]
GCC_ONLY = [
    "-c s/a.c -fcallgraph-info",
    "-S s/a.c -fcallgraph-info=su,da -o d/x.s",
    "-c s/a.c -fstack-usage -g -gsplit-dwarf --coverage -fcallgraph-info -frandom-seed=1 -MD -o d/x.o",
    "-c s/a.c -flto -ffat-lto-objects -frandom-seed=1",
]
CLANG_ONLY = [
    "-c s/a.c --serialize-diagnostics d/x.dia",
    "-c s/a.c -emit-llvm",
    "-S s/a.c -emit-llvm",
    "-c s/a.c -flto=thin",
    "-c s/a.c -frecord-command-line",
    "-c s/a.c -g -grecord-command-line",
    "-c s/a.c -fembed-bitcode=all -MD",
    "-c s/a.c -MP -MF unused.d",
    "-c s/a.c -no-integrated-as -g",
    "-c s/a.c -fprofile-instr-generate -fcoverage-mapping",
    "-c -o x.o -- s/a.c",
    "-c s/inc.i",
]
SAMPLE = [
    *((program, words) for program in ("gcc", "clang") for words in EVERYWHERE),
    *(("gcc", words) for words in GCC_ONLY),
    *(("clang", words) for words in CLANG_ONLY),
]


@dataclass(frozen=True)
class Done:
    """What a compile left: streams, new files with their bytes, and the report."""

    stdout: bytes
    stderr: bytes
    files: dict[str, bytes]
    report: bytes | None


def compiled(folder: Path, compiler: str, words: str, unit: Unit | None) -> Done:
    """Compile in a fresh tree, with the report of unit if there is one."""
    tree = folder / "tree"
    for name in ("s", "d"):
        (tree / name).mkdir(parents=True)
    for name in ("a.c", "a.b.c", "noext"):
        (tree / "s" / name).write_text(SOURCE)
    (tree / "s" / "own.h").write_text("#define OWN 7\n")
    for name in ("p.i", "p.ii"):
        (tree / "s" / name).write_text("int g(void) { return 3; }\n")
    (tree / "s" / "inc.i").write_text('#include "own.h"\nint g(void) { return OWN; }\n')
    before = set(tree.rglob("*"))
    report = folder / "report"
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
    added: tuple[str, ...] = ()
    if unit is not None and isinstance(unit.report, AddedDepfile):
        added = (*unit.report.words, str(report))
    if unit is not None and isinstance(unit.report, AddedHeaderList):
        env |= {"CC_PRINT_HEADERS": "1", "CC_PRINT_HEADERS_FILE": str(report)}
    command = [compiler, *added, *shlex.split(words)]
    done = subprocess.run(command, cwd=tree, env=env, capture_output=True, timeout=60, check=True)
    new = sorted(path for path in tree.rglob("*") if path not in before)
    files = {str(path.relative_to(tree)): path.read_bytes() for path in new}
    told = report.read_bytes() if report.exists() else None
    # The next tree has the same name, which stands in debug information.
    shutil.rmtree(tree)
    return Done(done.stdout, done.stderr, files, told)


@pytest.mark.parametrize(("program", "words"), SAMPLE, ids=[" ".join(pair) for pair in SAMPLE])
def test_the_compiler_writes_what_the_plan_says_and_the_report_changes_nothing(
    program: str, words: str, tmp_path: Path
) -> None:
    compiler = require_tool(program, program)
    unit = accepted(f"{program} {words}", cwd=str(tmp_path / "tree")).unit

    bare = compiled(tmp_path, compiler, words, None)
    reported = compiled(tmp_path, compiler, words, unit)

    assert set(bare.files) == {os.path.normpath(output.path) for output in unit.outputs}
    assert reported.files == bare.files
    assert (reported.stdout, reported.stderr) == (bare.stdout, bare.stderr)
    assert (reported.report is not None) == isinstance(unit.report, AddedDepfile | AddedHeaderList)


def test_a_header_list_names_what_a_preprocessed_source_includes(tmp_path: Path) -> None:
    compiler = require_tool("clang", "clang")
    unit = accepted("clang -c s/inc.i", cwd=str(tmp_path / "tree")).unit

    done = compiled(tmp_path, compiler, "-c s/inc.i", unit)

    assert done.report is not None
    assert b"own.h" in done.report


TAKING_NEXT = sorted(
    spelling
    for group in ACCEPTED
    if group.option.takes in {Takes.NEXT, Takes.EITHER}
    if group.option.role not in {Role.OUTPUT, Role.LANGUAGE, Role.FOR_CLANG, Role.FOR_LLVM, Role.PRECOMPILED}
    for spelling in group.spellings
)


@pytest.mark.parametrize("program", ["gcc", "clang"])
@pytest.mark.parametrize("spelling", TAKING_NEXT)
def test_an_option_that_takes_the_next_word_does_so_in_the_compiler(
    program: str, spelling: str, tmp_path: Path
) -> None:
    compiler = require_tool(program, program)
    (tmp_path / "a.c").write_text("int x;\n")

    command = [compiler, "-###", "-c", "a.c", spelling, "zz9.zz9"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60, text=True)

    unknown = ("unrecognized", "unknown argument", "unsupported option", "invalid")
    if not any(word in done.stderr for word in unknown):
        # A specs file is missed by its own words.
        said = [line for line in done.stderr.lower().splitlines() if "cannot read spec file" not in line]
        assert not any("no such file" in line for line in said)
        assert "linker input file unused" not in done.stderr


@pytest.mark.parametrize("program", ["gcc", "clang"])
@pytest.mark.parametrize(
    ("words", "magic"),
    [("-c -S", b"\t.file"), ("-S -c", b"\t.file"), ("-E -S -c", b"# "), ("-c -E", b"# ")],
)
def test_preprocessing_beats_assembly_and_assembly_beats_objects(
    program: str, words: str, magic: bytes, tmp_path: Path
) -> None:
    compiler = require_tool(program, program)
    (tmp_path / "a.c").write_text("int x;\n")

    command = [compiler, *words.split(), "a.c", "-o", "out"]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=60)

    assert magic in (tmp_path / "out").read_bytes()[:100]


COLOUR = re.compile(rb"\x1b\[[0-9;]*[mK]")


@pytest.mark.parametrize("program", ["gcc", "clang"])
@pytest.mark.parametrize(
    "words", ["-Wall", "-g -Wall", "-frecord-gcc-switches -Wall", "-flto -frandom-seed=1"]
)
def test_added_colour_changes_no_object_and_no_text(program: str, words: str, tmp_path: Path) -> None:
    compiler = require_tool(program, program)
    line = f"-c s/a.c {words}"
    plan = accepted(f"{program} {line}", cwd=str(tmp_path / "tree"))

    bare = compiled(tmp_path, compiler, line, None)
    coloured = compiled(tmp_path, compiler, shlex.join([*plan.colour_words, *shlex.split(line)]), None)

    assert coloured.files == bare.files
    assert COLOUR.sub(b"", coloured.stderr) == bare.stderr
