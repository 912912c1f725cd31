import os
import subprocess
from pathlib import Path

import pytest

from tools import require_tool
from zccache.common.includes.depfile import parse_depfile

NASTY_NAMES = [
    b"plain.h",
    b"two words.h",
    b"two  blanks.h",
    b"a#b.h",
    b"a$b.h",
    b"a$(b).h",
    b"a:b.h",
    b"colon:",
    b"a%b*.h",
    b"a'b.h",
    b"tab\tin.h",
    b"blank at end ",
    b"\xff\xfe not utf-8.h",
    b"sub dir/deep.h",
]
# clang 14 turns backslashes into slashes in its depfile, so no reader can get these back from it.
BACKSLASH_NAMES = [b"a\\b.h", b"a\\ b.h", b"a\\\\ b.h", b"a\\\\b.h", b"a\\#b.h", b"a\\$b.h"]


@pytest.mark.parametrize(
    ("compiler", "name"),
    [
        *(("gcc", name) for name in NASTY_NAMES + BACKSLASH_NAMES),
        *(("clang", name) for name in NASTY_NAMES),
    ],
)
def test_a_nasty_name_comes_back_from_a_real_depfile(compiler: str, name: bytes, tmp_path: Path) -> None:
    header = os.path.join(os.fsencode(tmp_path), name)
    os.makedirs(os.path.dirname(header), exist_ok=True)
    Path(os.fsdecode(header)).write_text("int in_header;\n")
    (tmp_path / "main file.c").write_bytes(b'#include "' + name + b'"\n')

    words = ["-MD", "-MF", "out.d", "-MP", "-MT", "a:b", "-MT", "c d", "-MQ", "e $f", "-c", "main file.c"]
    subprocess.run([require_tool(compiler, compiler), *words], cwd=tmp_path, check=True, capture_output=True)

    named = parse_depfile((tmp_path / "out.d").read_bytes())
    assert [each for each in named if not each.startswith("/usr/")] == ["main file.c", os.fsdecode(name)]


def test_long_lists_are_read_over_their_continued_lines() -> None:
    text = b"out.o: main.c \\\n  first.h \\\n second.h\\\n third.h\n"

    assert parse_depfile(text) == ("main.c", "first.h", "second.h", "third.h")


def test_windows_line_ends_are_line_ends() -> None:
    assert parse_depfile(b"out.o: main.c \\\r\n first.h\r\n\r\nfirst.h:\r\n") == ("main.c", "first.h")


def test_rules_without_prerequisites_are_passed_over() -> None:
    assert parse_depfile(b"out.o other.o: main.c a\\ b.h\n\na\\ b.h:\n") == ("main.c", "a b.h")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\n\n",
        b"no colon at all\n",
        b"out.o: main.c broken\nname.h\n",
        b"out.o: main.c broken\nname.h second.h:\n",
        b"out.o: main.c\nother.o: other.c\n",
    ],
)
def test_text_that_is_no_single_list_gives_nothing(text: bytes) -> None:
    assert parse_depfile(text) == ()
