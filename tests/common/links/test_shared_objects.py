"""What shared objects need, as real linkers write it."""

import subprocess
from pathlib import Path

import pytest

from tools import require_tool
from zccache.common.links.shared_objects import NOTHING, needs_of


@pytest.fixture
def needy(tmp_path: Path) -> Path:
    """Hand out a shared object that needs another, and names folders for it."""
    require_tool("gcc", "gcc")
    (tmp_path / "a.c").write_text("int a(void) { return 1; }\n")
    (tmp_path / "b.c").write_text("int a(void); int b(void) { return a(); }\n")
    for line in (
        "-shared -fPIC -nostdlib a.c -o liba.so -Wl,-soname,liba.so.7",
        "-shared -fPIC -nostdlib b.c -o libb.so -L. -la -Wl,-rpath,$ORIGIN/x:/opt/y",
    ):
        subprocess.run(["gcc", *line.split()], cwd=tmp_path, check=True)
    return tmp_path / "libb.so"


def test_needs_and_folders_are_read(needy: Path) -> None:
    needs = needs_of(needy.read_bytes())

    assert needs.names == ("liba.so.7",)
    assert needs.folders == ("$ORIGIN/x", "/opt/y")


def test_other_files_need_nothing(needy: Path) -> None:
    data = needy.read_bytes()

    assert needs_of(b"") == NOTHING
    assert needs_of(b"!<arch>\n") == NOTHING
    assert needs_of(data[:16] + b"\1\0" + data[18:]) == NOTHING


def test_no_cut_of_one_breaks_the_reader(needy: Path) -> None:
    data = needy.read_bytes()

    for length in range(0, len(data), 61):
        needs_of(data[:length])
