"""What linker scripts name."""

import pytest

from zccache.common.links.scripts import is_script, read_script

LIBC = b"""\
/* GNU ld script with GROUP ( not.this ) in a comment */
OUTPUT_FORMAT(elf64-x86-64)
GROUP ( /lib/libc.so.6 /usr/lib/libc_nonshared.a  AS_NEEDED ( /lib64/ld-linux-x86-64.so.2 -lextra ) )
"""


def test_libraries_and_files_are_named_by_groups() -> None:
    script = read_script(LIBC)

    assert script.files == ["/lib/libc.so.6", "/usr/lib/libc_nonshared.a", "/lib64/ld-linux-x86-64.so.2"]
    assert script.libraries == ["extra"]


def test_included_scripts_and_folders_are_named() -> None:
    script = read_script(
        b'SEARCH_DIR("=/opt/lib"); INCLUDE memory.ld\nINPUT(a.o, b.o) SECTIONS { .text : { *(.t) } }'
    )

    assert script.folders == ["=/opt/lib"]
    assert script.files == ["memory.ld", "a.o", "b.o"]


@pytest.mark.parametrize(
    ("head", "is_one"),
    [
        (b"GROUP (", True),
        (b"{ global: f; };", True),
        (b"\x7fELF\2", False),
        (b"!<arch>\n", False),
        (b"", False),
    ],
)
def test_text_may_be_a_script(head: bytes, is_one: bool) -> None:
    assert is_script(head) == is_one
