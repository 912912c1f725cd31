"""The disk of the build is full: what is left, and how it ends, is as with the bare compiler."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mounted import may_mount, small_disk
from walk import Left, Walk

ROOM_KIB = 1024
SOURCE = "const char big[300000] = {1};\nint f(int x) { return big[x]; }\n"
TEMPORARY = re.compile(rb"/tmp/[\w./-]+|-[0-9a-f]{6,}")


@pytest.fixture
def walk(tmp_path: Path) -> Iterator[Walk]:
    """Hand out a walk whose folder has a megabyte, and whose cache has all it needs."""
    if not may_mount():
        pytest.skip("needs root and CAP_SYS_ADMIN: mounts a tmpfs")
    folder = tmp_path / "src"
    with small_disk(folder, ROOM_KIB):
        walk = Walk(folder, tmp_path / "cache")
        walk.put("a.c", SOURCE)
        yield walk
        walk.close()


def fill(walk: Walk, left_kib: int) -> None:
    """Leave so much room."""
    disk = os.statvfs(walk.folder)
    (walk.folder / "filler").write_bytes(bytes(disk.f_bavail * disk.f_bsize - left_kib * 1024))


def told_by(left: Left) -> tuple[int, bytes, dict[str, bool]]:
    """Return how a command ended, what it said first but for names made up, and which files it left."""
    said = TEMPORARY.sub(b"", left.stderr.partition(b"\n")[0])
    return left.status, said, {name: trace is not None for name, trace in left.files.items()}


@pytest.mark.parametrize("left_kib", [4, 200])
@pytest.mark.parametrize("words", ["-c", "-S -MD", "-c -g -fstack-usage -MD"])
@pytest.mark.parametrize("is_old_there", [False, True])
def test_a_hit_for_which_there_is_no_room_ends_as_with_the_compiler(
    walk: Walk, cc: str, words: str, left_kib: int, is_old_there: bool
) -> None:
    """hazard 89"""
    argv = [cc, *words.split(), "a.c"]
    names = ["a.o", "a.s", "a.d", "a.su"]
    assert walk.same(*argv) == "stored"
    ends = []
    for run in (walk.bare, lambda *argv: walk.walk(*argv).left):
        for name in names:
            (walk.folder / name).unlink(missing_ok=True)
            if is_old_there and (name != "a.s" or "-S" in words):
                (walk.folder / name).write_text("old")
        fill(walk, left_kib)
        ends.append(told_by(run(*argv)))
        (walk.folder / "filler").unlink()
        for name in names:
            (walk.folder / name).unlink(missing_ok=True)

    bare, through_the_cache = ends

    assert through_the_cache == bare
    assert walk.same(*argv) == "hit"
