"""Folders whose access list decides the mode of what is made in them: there the umask does not count."""

import os
import struct
import sys

import pytest

from walk import Walk

_NOBODY = 0xFFFFFFFF
_OWNER, _USER, _GROUP, _MASK, _OTHER = 1, 2, 4, 0x10, 0x20
PRIVATE = [(_OWNER, 7, _NOBODY), (_GROUP, 0, _NOBODY), (_OTHER, 0, _NOBODY)]
SHARED = [
    (_OWNER, 7, _NOBODY),
    (_USER, 7, 1234),
    (_GROUP, 5, _NOBODY),
    (_MASK, 7, _NOBODY),
    (_OTHER, 0, _NOBODY),
]


@pytest.fixture(params=[PRIVATE, SHARED], ids=["private", "shared"])
def listed(walk: Walk, request: pytest.FixtureRequest) -> str:
    """Name a folder with a default access list."""
    (walk.folder / "out").mkdir()
    if sys.platform != "linux":
        pytest.skip("needs POSIX access lists: Linux")
    entries = b"".join(struct.pack("<HHI", *entry) for entry in request.param)
    try:
        os.setxattr(walk.folder / "out", "system.posix_acl_default", struct.pack("<I", 2) + entries)
    except OSError as error:
        pytest.skip(f"needs a file system with POSIX access lists for the temporary folder: {error.strerror}")
    return "out"


@pytest.mark.parametrize("umask", [0o022, 0o077])
@pytest.mark.parametrize("mode", ["auto", "hardlink"])
def test_a_hit_has_the_mode_that_the_access_list_gives(
    walk: Walk, cc: str, listed: str, umask: int, mode: str
) -> None:
    walk.env["ZCCACHE_MODE"] = mode
    command = [cc, "-c", "-MD", "a.c", "-o", f"{listed}/a.o"]

    assert [walk.same(*command, umask=umask) for _ in range(3)] == ["stored", "hit", "hit"]


def test_a_program_in_such_a_folder_is_linked_anew(walk: Walk, listed: str) -> None:
    walk.put("a.c", "int main(void) { return 0; }\n")
    command = ["gcc", "a.c", "-o", f"{listed}/a"]

    hows = [walk.same(*command) for _ in range(2)]

    assert hows[1].endswith("stored")
