"""Whatever becomes of the cache's files, each compile ends as a bare one; `status` tells what happened."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from chaos import CLI, PATIENCE_S, Units, install_front
from mounted import frozen, may_mount, mountable, mounted
from zccache.common.reasons import Reason

if sys.platform != "linux":
    pytest.skip("looks at processes through /proc", allow_module_level=True)

PAGE = 4096
# Less than a second more than bare is measured; a front that waits for the daemon takes two minutes.
SOON_S = 5.0


@pytest.fixture(params=["native", "twin"])
def units(request: pytest.FixtureRequest, tmp_path: Path, cache_root: Path) -> Units:
    return Units(tmp_path / "work", install_front(request.param, tmp_path / "bin"), cache_root)


def artifacts(root: Path) -> list[Path]:
    return [path for path in (root / "artifacts").rglob("*") if path.is_file()]


def flip(path: Path) -> None:
    """Change one bit of a file, and put its mode and time back."""
    before = path.stat()
    path.chmod(0o600)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    path.chmod(before.st_mode & 0o777)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("daemon", ["goes on", "starts anew", "is none"])
def test_with_every_blob_flipped_nothing_wrong_is_given(units: Units, daemon: str) -> None:
    """hazard 97"""
    units.build()
    if daemon != "goes on":
        units.stop()
    if daemon == "is none":
        units.env["ZCCACHE_NO_SPAWN"] = "1"
    blobs = artifacts(units.root)

    for blob in blobs:
        flip(blob)
    units.build()

    assert blobs
    damaged = units.status()["damaged_blobs"]
    # A daemon that goes on has the bytes of small blobs in its memory, and may need none from the disk.
    assert damaged in (range(len(units.names) + 1) if daemon == "goes on" else {len(units.names)})
    units.build()
    assert units.status()["damaged_blobs"] == damaged


def test_with_every_blob_gone_nothing_wrong_is_given(units: Units) -> None:
    units.build()
    # With it goes what it has in memory.
    units.stop()

    for blob in artifacts(units.root):
        blob.unlink()
    units.build()

    assert units.status()["missing_blobs"] == len(units.names)


CUTS: dict[str, Callable[[int], int]] = {
    "empty": lambda size: 0,
    "one byte": lambda size: 1,
    "in the magic": lambda size: 15,
    "after the magic": lambda size: 16,
    "in the header": lambda size: 99,
    "after the header": lambda size: 100,
    "in the first page": lambda size: PAGE // 2,
    "one page": lambda size: PAGE,
    "a byte more than a page": lambda size: PAGE + 1,
    "half": lambda size: size // 2,
    "half, by pages": lambda size: size // 2 // PAGE * PAGE,
    "without the last page": lambda size: size - PAGE,
    "without the last byte": lambda size: size - 1,
}


def test_with_an_index_cut_anywhere_nothing_wrong_is_given(units: Units) -> None:
    """hazard 97"""
    units.build()
    units.stop()
    kept = units.folder / "index.kept"
    index = units.root / "index.sqlite3"
    shutil.copy(index, kept)
    size = kept.stat().st_size
    units.env["ZCCACHE_NO_SPAWN"] = "1"
    told = {}

    for where, cut in CUTS.items():
        for path in units.root.glob("index.sqlite3*"):
            path.unlink()
        shutil.copy(kept, index)
        os.truncate(index, cut(size))
        units.build(units.names[:1])
        told[where] = bool(units.status()["index_set_aside"])

    assert size >= 4 * PAGE
    # SQLite takes a file of less than a page's beginning for a new one, and pads the last page.
    unseen = {where for where, is_told in told.items() if not is_told}
    assert unseen == {"empty", "one byte", "without the last byte"}


def test_with_an_index_of_noise_under_a_running_daemon_nothing_wrong_is_given(units: Units) -> None:
    units.build()
    index = units.root / "index.sqlite3"

    with index.open("r+b") as file:
        for page in range(1, index.stat().st_size // PAGE):
            file.seek(page * PAGE)
            file.write(os.urandom(PAGE))
    units.edit(1)
    units.build()
    units.stop()
    units.build()
    units.build()

    assert units.status()["running"]


def in_own_mounts(units: Units, prepare: str) -> tuple[str, str]:
    """Compile all units twice in a mount namespace of its own, after a preparation by the shell.

    Return what went wrong and what `status` said. The daemon ends before the namespace does.
    """
    if not may_mount():
        pytest.skip("needs root and CAP_SYS_ADMIN: mounts")
    bare = units.folder / "bare"
    bare.mkdir()
    for name, data in units.bare.items():
        (bare / f"{name}.o").write_bytes(data)
    lines = [prepare]
    for name in units.names * 2:
        lines += [
            f"'{units.front}' gcc -c {name}.c > said 2>&1 || echo '{name} failed'; cat said",
            f"cmp {name}.o bare/{name}.o; rm -f {name}.o",
        ]
    lines += [f"'{CLI}' status > status 2>&1", f"'{CLI}' stop > said 2>&1 || cat said"]
    done = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", "\n".join(lines)],
        cwd=units.folder,
        env=units.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=PATIENCE_S,
        text=True,
    )
    return done.stdout, (units.folder / "status").read_text()


def test_a_root_that_cannot_be_written_does_not_keep_a_compile(units: Units) -> None:
    """hazard 99"""
    units.build()
    units.stop()
    root = units.root

    wrong, said = in_own_mounts(units, f"mount --bind '{root}' '{root}' && mount -o remount,bind,ro '{root}'")

    assert wrong == ""
    assert "Read-only file system" in said


@pytest.mark.parametrize("front_name", ["native", "twin"])
def test_a_disk_that_does_not_answer_does_not_keep_a_compile(front_name: str, tmp_path: Path) -> None:
    """hazard 100"""
    if "xfs" not in mountable():
        pytest.skip("needs root, CAP_SYS_ADMIN, loop devices and mkfs.xfs: apt-get install xfsprogs")
    took_s = []
    with mounted("xfs", tmp_path) as place:
        units = Units(tmp_path / "work", install_front(front_name, tmp_path / "bin"), place / "cache")
        units.build()
        units.build()
        units.edit(1)
        with frozen(place):
            for name in units.names:
                began = time.monotonic()
                units.build([name])
                took_s.append(time.monotonic() - began)
            units.edit(0)
            units.build()
        units.edit(2)
        units.build()
        passed_by = units.status()["passed_by"]
        units.stop()

    print(f"took {[f'{seconds:.2f}' for seconds in took_s]} s")
    assert max(took_s) < SOON_S
    assert isinstance(passed_by, dict)
    assert passed_by.keys() == {Reason.CACHE_BLOCKED.word}


@pytest.mark.parametrize("size_kib", [64, 1024])
def test_a_root_that_is_full_does_not_keep_a_compile(units: Units, size_kib: int) -> None:
    """hazard 89, hazard 100"""
    units.root.mkdir()
    root = units.root

    wrong, said = in_own_mounts(
        units,
        f"mount -t tmpfs -o size={size_kib}k,mode=700 tmpfs '{root}'\n"
        f"head -c {size_kib - 8}K /dev/zero > '{root}/lost+found'",
    )

    assert wrong == ""
    assert "disk is full" in said or "No space left" in said
