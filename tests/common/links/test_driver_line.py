"""The link commands that drivers print on -###."""

import subprocess
from pathlib import Path

import pytest

from tools import require_tool
from zccache.common.links.driver_line import link_command

GCC = b"""\
Using built-in specs.
COLLECT_GCC_OPTIONS='-o' 'a b' '-mtune=generic'
 /usr/lib/gcc/x/12/collect2 -plugin /usr/lib/p.so "-plugin-opt=-pass-through=-lgcc" -o "a b" a.o -lm
COLLECT_GCC_OPTIONS='-o' 'a b' '-mtune=generic'
"""
CLANG = b"""\
Debian clang version 14.0.6
InstalledDir: /usr/bin
 "/usr/bin/ld" "-pie" "-o" "a b" "q\\"uote\\\\.o" "-lm"
"""


def test_the_words_of_gcc_are_read() -> None:
    command = link_command(GCC)

    assert command is not None
    assert command[1:3] == ("-plugin", "/usr/lib/p.so")
    assert command[-4:] == ("-o", "a b", "a.o", "-lm")


def test_the_words_of_clang_are_read() -> None:
    assert link_command(CLANG) == ("/usr/bin/ld", "-pie", "-o", "a b", 'q"uote\\.o', "-lm")


@pytest.mark.parametrize("said", [b"", b"gcc: fatal error: no input files\n", CLANG + CLANG])
def test_no_command_or_two_are_no_answer(said: bytes) -> None:
    assert link_command(said) is None


@pytest.mark.parametrize("driver", ["gcc", "clang"])
def test_odd_names_come_back_from_real_drivers(driver: str, tmp_path: Path) -> None:
    require_tool(driver, driver)
    odd = "o d'd\"\\$.o"
    (tmp_path / odd).write_bytes(b"")

    said = subprocess.run([driver, "-###", odd, "-o", "a b"], cwd=tmp_path, capture_output=True, check=True)

    command = link_command(said.stderr)
    assert command is not None
    assert {odd, "a b"} <= set(command)
