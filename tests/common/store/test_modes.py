"""Modes of delivery: what each promises about inodes and blocks, and what becomes of a poisoned blob."""

import errno
import fcntl
import os
import stat
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mounted import mountable, mounted
from results import new_layout
from tools import require_tool
from zccache.common.blobs import Blob
from zccache.common.errors import ArtifactDamaged, ArtifactMissing
from zccache.common.store.artifacts import Artifacts
from zccache.common.store.delivery import Method, Mode, Placement, SignatureMemo, deliver, detach
from zccache.common.store.proven import SMALL_BYTES

SMALL = b"small object"
LARGE = os.urandom(SMALL_BYTES + 1000)
SIZES = pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "large"])
FS_IOC_FIEMAP = 0xC020660B


@pytest.fixture
def artifacts(tmp_path: Path) -> Artifacts:
    return Artifacts(new_layout(tmp_path))


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Path]:
    """Hand out an output folder, in which no temporary file may be left."""
    folder = tmp_path / "build"
    folder.mkdir()
    yield folder
    assert [name for name in os.listdir(folder) if "zccache" in name] == []


def place(path: Path, blob: Blob, mode: Mode, *, in_place: bool = False, bits: int = 0o666) -> Placement:
    return Placement(blob, str(path), bits, in_place, mode)


def give(
    artifacts: Artifacts, placement: Placement, memo: SignatureMemo | None = None, *, umask: int = 0o022
) -> Method:
    """Deliver one file and return how it came."""
    (method,) = deliver(artifacts, [placement], umask=umask, memo=memo or SignatureMemo())
    return method


def blob_status(artifacts: Artifacts, blob: Blob) -> os.stat_result:
    return os.stat(artifacts.path(blob.digest))


def write_into(path: Path, data: bytes) -> None:
    """Change a file's first bytes in place, as a tool of root's does: read-only stops nobody here."""
    mode = stat.S_IMODE(path.stat().st_mode)
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.write(data)
    path.chmod(mode)


@SIZES
def test_a_hard_link_is_a_read_only_name_of_the_blob_with_a_fresh_time(
    artifacts: Artifacts, build: Path, data: bytes
) -> None:
    blob = artifacts.put_bytes(data)
    os.utime(artifacts.path(blob.digest), ns=(1, 1))
    (build / "now").touch()

    method = give(artifacts, place(build / "a.o", blob, Mode.HARDLINK))

    found = (build / "a.o").stat()
    assert method is Method.LINK
    assert os.path.samestat(found, blob_status(artifacts, blob))
    assert stat.S_IMODE(found.st_mode) == 0o444
    assert found.st_mtime_ns >= (build / "now").stat().st_mtime_ns
    assert (build / "a.o").read_bytes() == data


def test_a_hard_link_is_readable_for_those_whom_the_clients_umask_lets(
    artifacts: Artifacts, build: Path
) -> None:
    before = os.umask(0o077)
    try:
        blob = artifacts.put_bytes(SMALL)
        give(artifacts, place(build / "a.o", blob, Mode.HARDLINK), umask=0o027)
    finally:
        os.umask(before)

    assert stat.S_IMODE((build / "a.o").stat().st_mode) == 0o440


@pytest.mark.parametrize("kind", ["rewritten in place", "executable"])
def test_what_is_written_in_place_or_run_is_never_a_hard_link(
    artifacts: Artifacts, build: Path, kind: str
) -> None:
    blob = artifacts.put_bytes(LARGE)
    placement = place(
        build / "out",
        blob,
        Mode.HARDLINK,
        in_place=kind == "rewritten in place",
        bits=0o777 if kind == "executable" else 0o666,
    )

    methods = [give(artifacts, placement) for _ in range(2)]

    assert Method.LINK not in methods
    assert blob_status(artifacts, blob).st_nlink == 1


def test_hard_links_of_one_blob_share_their_time_and_only_become_fresher(
    artifacts: Artifacts, build: Path
) -> None:
    """hazard 84"""
    blob = artifacts.put_bytes(LARGE)
    give(artifacts, place(build / "tree 1", blob, Mode.HARDLINK))
    os.utime(build / "tree 1", ns=(1, 1))
    (build / "now").touch()

    give(artifacts, place(build / "tree 2", blob, Mode.HARDLINK))

    times = [(build / name).stat().st_mtime_ns for name in ("tree 1", "tree 2")]
    assert times[0] == times[1]
    assert times[0] >= (build / "now").stat().st_mtime_ns


@SIZES
@pytest.mark.parametrize("again", ["same memory", "new process"])
def test_a_blob_that_was_written_into_through_a_hard_link_is_dropped(
    artifacts: Artifacts, build: Path, data: bytes, again: str
) -> None:
    blob = artifacts.put_bytes(data)
    memo = SignatureMemo()
    give(artifacts, place(build / "a.o", blob, Mode.HARDLINK), memo)
    # At once, with the same size and the old time: nothing but the bytes may tell.
    before = (build / "a.o").stat()
    write_into(build / "a.o", b"poison")
    os.utime(build / "a.o", ns=(before.st_atime_ns, before.st_mtime_ns))

    with pytest.raises(ArtifactDamaged):
        give(
            artifacts,
            place(build / "b.o", blob, Mode.HARDLINK),
            memo if again == "same memory" else SignatureMemo(),
        )

    assert not (build / "b.o").exists()
    with pytest.raises(ArtifactMissing):
        artifacts.open(blob.digest)
    assert (build / "a.o").read_bytes() == b"poison" + data[6:]


@pytest.mark.parametrize("tool", ["strip", "objcopy"])
def test_no_tool_that_writes_in_place_poisons_a_later_delivery(
    artifacts: Artifacts, build: Path, tool: str
) -> None:
    """hazard 85"""
    program, gcc = require_tool(tool, "binutils"), require_tool("gcc", "gcc")
    (build / "a.c").write_text("static int unused(void) { return 1; } int f(void) { return unused(); }\n")
    subprocess.run([gcc, "-g", "-c", "a.c"], cwd=build, check=True)
    wanted = (build / "a.o").read_bytes()
    blob = artifacts.put_bytes(wanted)
    memo = SignatureMemo()
    give(artifacts, place(build / "a.o", blob, Mode.HARDLINK), memo)

    subprocess.run([program, "--strip-debug", "a.o"], cwd=build, check=True)
    try:
        give(artifacts, place(build / "b.o", blob, Mode.HARDLINK), memo)
    except ArtifactDamaged:
        assert not (build / "b.o").exists()
    else:
        assert (build / "b.o").read_bytes() == wanted

    assert (build / "a.o").read_bytes() != wanted


def test_a_blob_without_a_place_for_another_name_is_copied(
    artifacts: Artifacts, build: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EMLINK, os.strerror(errno.EMLINK))

    monkeypatch.setattr(os, "link", refuse)

    method = give(artifacts, place(build / "a.o", artifacts.put_bytes(LARGE), Mode.HARDLINK))

    assert method in {Method.COPY, Method.CLONE}
    assert (build / "a.o").read_bytes() == LARGE


def test_a_hard_link_to_another_file_system_is_a_copy(artifacts: Artifacts, tmp_path: Path) -> None:
    """hazard 100"""
    shared_memory = Path("/dev/shm")
    if not shared_memory.is_dir() or shared_memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("no second file system at /dev/shm")

    with tempfile.TemporaryDirectory(dir=shared_memory) as folder:
        method = give(artifacts, place(Path(folder, "a.o"), artifacts.put_bytes(SMALL), Mode.HARDLINK))

        assert method is Method.MEMORY
        assert os.listdir(folder) == ["a.o"]


@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.COPY, Mode.REFLINK])
@SIZES
def test_no_other_mode_shares_an_inode_with_the_cache(
    artifacts: Artifacts, build: Path, mode: Mode, data: bytes
) -> None:
    blob = artifacts.put_bytes(data)

    method = give(artifacts, place(build / "a.o", blob, mode))
    write_into(build / "a.o", b"poison")

    assert method is not Method.LINK
    assert artifacts.verify(blob.digest)


def test_a_linked_output_that_a_tool_rewrites_is_replaced_and_not_written_into(
    artifacts: Artifacts, build: Path
) -> None:
    old, new = artifacts.put_bytes(b"from clang"), artifacts.put_bytes(b"from gcc")
    give(artifacts, place(build / "a.s", old, Mode.HARDLINK))

    give(artifacts, place(build / "a.s", new, Mode.AUTO, in_place=True))

    assert (build / "a.s").read_bytes() == b"from gcc"
    assert artifacts.verify(old.digest)


def test_a_detached_output_keeps_its_bytes_and_times(artifacts: Artifacts, build: Path) -> None:
    """hazard 86, hazard 90"""
    blob = artifacts.put_bytes(LARGE)
    give(artifacts, place(build / "a.o", blob, Mode.HARDLINK))
    linked = (build / "a.o").stat()

    assert detach(artifacts, str(build / "a.o"), umask=0o027)

    alone = (build / "a.o").stat()
    assert (build / "a.o").read_bytes() == LARGE
    assert (alone.st_nlink, alone.st_mtime_ns) == (1, linked.st_mtime_ns)
    assert stat.S_IMODE(alone.st_mode) == 0o640
    assert os.listdir(build) == ["a.o"]


def test_a_compiler_that_truncates_does_not_reach_a_detached_blob(artifacts: Artifacts, build: Path) -> None:
    """hazard 86"""
    gcc = require_tool("gcc", "gcc")
    (build / "a.c").write_text("int f(void) { return 1; }\n")
    blob = artifacts.put_bytes(b"assembly")
    give(artifacts, place(build / "a.s", blob, Mode.HARDLINK))

    assert detach(artifacts, str(build / "a.s"), umask=0o022)
    subprocess.run([gcc, "-S", "a.c"], cwd=build, check=True)

    assert artifacts.verify(blob.digest)
    assert b"f:" in (build / "a.s").read_bytes()


def test_a_read_only_leftover_does_not_stop_an_assembler_without_the_cache() -> None:
    program = require_tool("gcc", "gcc")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        artifacts = Artifacts(new_layout(folder))
        (folder / "a.c").write_text("int f(void) { return 1; }\n")
        give(artifacts, place(folder / "a.o", artifacts.put_bytes(LARGE), Mode.HARDLINK))
        user = 65534 if os.geteuid() == 0 else os.geteuid()
        for path in (folder, folder / "a.o", folder / "a.c"):
            os.chown(path, user, -1)

        done = subprocess.run([program, "-c", "a.c"], cwd=folder, user=user, capture_output=True)

        assert (done.returncode, done.stderr) == (0, b"")
        assert (folder / "a.o").read_bytes() != LARGE


UNPRIVILEGED = """
import os, sys
from zccache.common.layout import Layout
from zccache.common.store.artifacts import Artifacts
from zccache.common.store.delivery import Mode, Placement, SignatureMemo, deliver

folder = sys.argv[1]
os.chmod(folder, 0o777)
if os.geteuid() == 0:
    # Imports come first: the interpreter itself may lie where only root can read.
    os.setgid(65534)
    os.setuid(65534)
layout = Layout(folder + "/cache")
layout.create()
artifacts = Artifacts(layout)
for data in (b"one", b"two", b"two"):
    placement = Placement(artifacts.put_bytes(data), folder + "/a.o", 0o666, mode=Mode.HARDLINK)
    (method,) = deliver(artifacts, [placement], umask=0o022, memo=SignatureMemo())
    print(method.value, open(folder + "/a.o").read())
"""


def test_a_user_who_is_not_root_gets_a_hard_link_in_place_of_the_one_before() -> None:
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", UNPRIVILEGED, folder], capture_output=True, text=True, timeout=60
        )

    assert done.stderr == ""
    assert done.stdout.splitlines() == ["link one", "link two", "link two"]


def extents(path: Path) -> set[tuple[int, int]]:
    """Return where a file's blocks lie on the disk (FIEMAP), and how long each run is."""
    head = struct.pack("=QQLLLL", 0, (1 << 64) - 1, 1, 0, 16, 0)
    with path.open("rb") as file:
        found = fcntl.ioctl(file, FS_IOC_FIEMAP, head + bytes(56 * 16))
    count = struct.unpack_from("=L", found, 20)[0]
    runs = [struct.unpack_from("=QQQ", found, 32 + 56 * at) for at in range(count)]
    return {(physical, length) for _, physical, length in runs}


@pytest.mark.parametrize("kind", mountable())
def test_on_a_file_system_that_can_blocks_are_shared_unless_a_copy_is_wanted(
    kind: str, tmp_path: Path
) -> None:
    with mounted(kind, tmp_path) as disk:
        artifacts = Artifacts(new_layout(disk))
        blob = artifacts.put_bytes(os.urandom(1 << 20))
        original = Path(artifacts.path(blob.digest))

        methods = {
            mode: give(artifacts, place(disk / f"{mode.value}.o", blob, mode))
            for mode in (Mode.AUTO, Mode.REFLINK, Mode.COPY)
        }
        small = give(artifacts, place(disk / "small.o", artifacts.put_bytes(b"s" * 20_000), Mode.REFLINK))
        os.sync()

        assert methods == {Mode.AUTO: Method.CLONE, Mode.REFLINK: Method.CLONE, Mode.COPY: Method.COPY}
        assert small is Method.CLONE
        assert extents(disk / "auto.o") == extents(disk / "reflink.o") == extents(original)
        assert extents(disk / "copy.o").isdisjoint(extents(original))
        write_into(disk / "reflink.o", b"poison")
        assert artifacts.verify(blob.digest)


def test_a_reflink_that_cannot_be_had_is_a_copy(artifacts: Artifacts, build: Path) -> None:
    memo = SignatureMemo()
    blob = artifacts.put_bytes(SMALL)
    device = blob_status(artifacts, blob).st_dev
    memo.unable_to_clone.add((device, device))

    assert give(artifacts, place(build / "a.o", blob, Mode.REFLINK), memo) is Method.COPY
    assert (build / "a.o").read_bytes() == SMALL
