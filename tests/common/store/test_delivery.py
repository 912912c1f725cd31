"""Delivery: the end state is the compiler's, or nothing has changed."""

import errno
import os
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from results import new_layout
from tools import require_tool
from waiting import wait_until
from zccache.common.blobs import Blob
from zccache.common.digests import Digest
from zccache.common.errors import ArtifactDamaged, ArtifactMissing, NotDeliverable
from zccache.common.store.artifacts import Artifacts
from zccache.common.store.delivery import Method, Placement, SignatureMemo, deliver, detach, read_blob
from zccache.common.store.proven import SMALL_BYTES

SMALL = b"small object"
LARGE = os.urandom(SMALL_BYTES + 1000)


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


def put(
    artifacts: Artifacts, place: Path, data: bytes, *, in_place: bool = False, mode_bits: int = 0o666
) -> Placement:
    return Placement(artifacts.put_bytes(data), str(place), mode_bits, in_place)


def damage(artifacts: Artifacts, blob: Blob) -> None:
    """Flip a byte of a blob in place and put its mtime back."""
    path = artifacts.path(blob.digest)
    before = os.stat(path)
    os.chmod(path, 0o644)
    with open(path, "r+b") as file:
        first = file.read(1)
        file.seek(0)
        file.write(bytes([first[0] ^ 1]))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("data", [b"", SMALL, LARGE], ids=["empty", "small", "large"])
def test_a_blob_arrives_whole_with_a_fresh_time_and_an_inode_of_its_own(
    artifacts: Artifacts, build: Path, data: bytes
) -> None:
    placement = put(artifacts, build / "a.o", data)
    blob_path = artifacts.path(placement.blob.digest)
    os.utime(blob_path, ns=(1, 1))
    before = time.time() - 1

    deliver(artifacts, [placement], umask=0o022, memo=SignatureMemo())

    found = (build / "a.o").stat()
    assert (build / "a.o").read_bytes() == data
    assert found.st_mtime >= before
    assert found.st_ino != os.stat(blob_path).st_ino
    assert found.st_nlink == 1


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o027])
@pytest.mark.parametrize("own_umask", [0o000, 0o022, 0o077])
def test_the_clients_umask_decides_the_mode_whatever_ours_is(
    artifacts: Artifacts, build: Path, umask: int, own_umask: int
) -> None:
    placements = [
        put(artifacts, build / "a.o", SMALL),
        put(artifacts, build / "a.out", LARGE, mode_bits=0o777),
    ]

    before = os.umask(own_umask)
    try:
        deliver(artifacts, placements, umask=umask, memo=SignatureMemo())
    finally:
        os.umask(before)

    assert stat.S_IMODE((build / "a.o").stat().st_mode) == 0o666 & ~umask
    assert stat.S_IMODE((build / "a.out").stat().st_mode) == 0o777 & ~umask


def test_several_outputs_arrive_in_the_given_order(artifacts: Artifacts, build: Path) -> None:
    placements = [put(artifacts, build / "same", SMALL), put(artifacts, build / "same", LARGE)]

    deliver(artifacts, placements, umask=0o022, memo=SignatureMemo())

    assert (build / "same").read_bytes() == LARGE


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("old_mode", [None, 0o600, 0o755, 0o444])
@pytest.mark.parametrize("word", ["-c", "-S"])
def test_the_mode_and_the_links_are_those_that_the_compiler_leaves(
    artifacts: Artifacts, build: Path, compiler: str, old_mode: int | None, word: str
) -> None:
    program = require_tool(compiler, compiler)
    source = build / "a.c"
    source.write_text("int f(void) { return 1; }\n")
    names = ("out", "out.d")
    old_files = {f"{where}.{name}": where for where in ("bare", "ours") for name in names}
    for name in old_files if old_mode is not None else ():
        (build / name).write_text("old" * 1000)
        (build / name).chmod(old_mode or 0)
        os.link(build / name, build / f"link.{name}")
    command = [program, word, "a.c", "-o", "bare.out", "-MD", "-MF", "bare.out.d"]

    subprocess.run(command, cwd=build, check=True, umask=0o027)
    rewrites = word == "-S" and compiler == "gcc"
    placements = [
        put(artifacts, build / "ours.out", (build / "bare.out").read_bytes(), in_place=rewrites),
        put(artifacts, build / "ours.out.d", (build / "bare.out.d").read_bytes(), in_place=True),
    ]
    deliver(artifacts, placements, umask=0o027, memo=SignatureMemo())

    for name in names:
        bare, ours = (build / f"bare.{name}").stat(), (build / f"ours.{name}").stat()
        assert (bare.st_mode, bare.st_nlink, bare.st_size) == (ours.st_mode, ours.st_nlink, ours.st_size)
        if old_mode is not None:
            bare_link, ours_link = build / f"link.bare.{name}", build / f"link.ours.{name}"
            assert (bare_link.read_text() == "old" * 1000) == (ours_link.read_text() == "old" * 1000)


@pytest.mark.parametrize("old", [b"", b"old", b"old" * 100_000], ids=["empty", "shorter", "longer"])
@pytest.mark.parametrize("data", [b"", SMALL, LARGE], ids=["to empty", "small", "large"])
def test_what_is_rewritten_in_place_has_the_new_bytes_and_a_fresh_time(
    artifacts: Artifacts, build: Path, old: bytes, data: bytes
) -> None:
    place = build / "a.d"
    place.write_bytes(old)
    os.utime(place, ns=(1, 1))
    inode, before = place.stat().st_ino, time.time() - 1

    deliver(artifacts, [put(artifacts, place, data, in_place=True)], umask=0o022, memo=SignatureMemo())

    assert place.read_bytes() == data
    assert place.stat().st_ino == inode
    assert place.stat().st_mtime >= before


@pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "large"])
def test_a_damaged_blob_leaves_a_file_to_be_rewritten_as_it_was(
    artifacts: Artifacts, build: Path, data: bytes
) -> None:
    (build / "a.d").write_bytes(b"old")
    placement = put(artifacts, build / "a.d", data, in_place=True)
    damage(artifacts, placement.blob)

    with pytest.raises(ArtifactDamaged):
        deliver(artifacts, [placement], umask=0o022, memo=SignatureMemo())

    assert (build / "a.d").read_bytes() == b"old"


def test_a_hard_link_of_an_object_keeps_its_old_bytes(artifacts: Artifacts, build: Path) -> None:
    (build / "a.o").write_bytes(b"old")
    os.link(build / "a.o", build / "other")

    deliver(artifacts, [put(artifacts, build / "a.o", SMALL)], umask=0o022, memo=SignatureMemo())

    assert (build / "a.o").read_bytes() == SMALL
    assert (build / "other").read_bytes() == b"old"


@pytest.mark.parametrize("kind", ["symlink", "dangling", "directory", "fifo"])
def test_what_only_the_compiler_can_answer_is_left_as_it_is(
    artifacts: Artifacts, build: Path, kind: str
) -> None:
    place = build / "a.o"
    (build / "target").write_bytes(b"old")
    match kind:
        case "symlink":
            place.symlink_to("target")
        case "dangling":
            place.symlink_to("nowhere")
        case "directory":
            place.mkdir()
        case _:
            os.mkfifo(place)
    before = os.lstat(place)
    placements = [put(artifacts, build / "a.d", SMALL), put(artifacts, place, SMALL, in_place=True)]

    with pytest.raises(NotDeliverable):
        deliver(artifacts, placements, umask=0o022, memo=SignatureMemo())

    after = os.lstat(place)
    assert (after.st_ino, after.st_mode) == (before.st_ino, before.st_mode)
    assert (build / "target").read_bytes() == b"old"
    assert not (build / "a.d").exists()


@pytest.mark.parametrize("place", ["missing/a.o", "file/a.o", "x" * 300])
def test_a_place_that_cannot_be_is_left_to_the_compiler(
    artifacts: Artifacts, build: Path, place: str
) -> None:
    (build / "file").write_bytes(b"")
    placements = [put(artifacts, build / "a.d", SMALL), put(artifacts, build / place, SMALL)]

    with pytest.raises(NotDeliverable):
        deliver(artifacts, placements, umask=0o022, memo=SignatureMemo())

    assert os.listdir(build) == ["file"]


def test_a_name_of_the_longest_length_is_delivered(artifacts: Artifacts, build: Path) -> None:
    deliver(artifacts, [put(artifacts, build / ("x" * 255), SMALL)], umask=0o022, memo=SignatureMemo())

    assert (build / ("x" * 255)).read_bytes() == SMALL


@pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "large"])
def test_a_missing_blob_is_a_miss_and_changes_nothing(artifacts: Artifacts, build: Path, data: bytes) -> None:
    """hazard 102"""
    (build / "a.o").write_bytes(b"old")
    placements = [put(artifacts, build / "a.o", SMALL + data), put(artifacts, build / "a.d", data)]
    artifacts.remove(placements[1].blob.digest)

    with pytest.raises(ArtifactMissing):
        deliver(artifacts, placements, umask=0o022, memo=SignatureMemo())

    assert (build / "a.o").read_bytes() == b"old"
    assert not (build / "a.d").exists()


@pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "large"])
def test_a_damaged_blob_is_set_aside_and_never_delivered(
    artifacts: Artifacts, build: Path, tmp_path: Path, data: bytes
) -> None:
    placement = put(artifacts, build / "a.o", data)
    damage(artifacts, placement.blob)

    with pytest.raises(ArtifactDamaged):
        deliver(artifacts, [placement], umask=0o022, memo=SignatureMemo())

    assert not (build / "a.o").exists()
    assert list(artifacts.digests()) == []
    assert len(list((tmp_path / "cache/crashes").iterdir())) == 1


@pytest.mark.parametrize("length", [0, 1, len(LARGE) - 1, len(LARGE) + 1])
def test_a_blob_of_another_length_is_never_delivered(artifacts: Artifacts, build: Path, length: int) -> None:
    placement = put(artifacts, build / "a.o", LARGE)
    path = artifacts.path(placement.blob.digest)
    os.chmod(path, 0o644)
    os.truncate(path, length)

    with pytest.raises(ArtifactDamaged):
        deliver(artifacts, [placement], umask=0o022, memo=SignatureMemo())

    assert not (build / "a.o").exists()


def test_a_blob_flipped_after_it_was_proven_is_caught_by_its_signature(
    artifacts: Artifacts, build: Path
) -> None:
    memo = SignatureMemo()
    placement = put(artifacts, build / "a.o", LARGE)

    def is_proven() -> bool:
        deliver(artifacts, [placement], umask=0o022, memo=memo)
        status = os.stat(artifacts.path(placement.blob.digest))
        signature = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        return memo.is_proven(placement.blob.digest, signature)  # type: ignore[arg-type]

    assert wait_until(is_proven)
    (build / "a.o").unlink()
    damage(artifacts, placement.blob)

    with pytest.raises(ArtifactDamaged):
        deliver(artifacts, [placement], umask=0o022, memo=memo)

    assert not (build / "a.o").exists()


def test_a_file_system_that_cannot_clone_is_asked_once(artifacts: Artifacts, build: Path) -> None:
    memo = SignatureMemo()
    placement = put(artifacts, build / "a.o", LARGE)

    methods = [deliver(artifacts, [placement], umask=0o022, memo=memo)[0] for _ in range(3)]

    assert methods in ([Method.COPY] * 3, [Method.CLONE] * 3)
    assert len(memo.unable_to_clone) == (methods[0] is Method.COPY)


def test_a_build_on_another_file_system_gets_its_outputs(artifacts: Artifacts, tmp_path: Path) -> None:
    """hazard 100"""
    elsewhere = Path("/dev/shm")
    if not elsewhere.is_dir() or elsewhere.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("no second file system at /dev/shm")
    place = elsewhere / f"zccache-test-{os.getpid()}.o"

    try:
        for data in (SMALL, LARGE):
            deliver(artifacts, [put(artifacts, place, data)], umask=0o022, memo=SignatureMemo())
            assert place.read_bytes() == data
    finally:
        place.unlink(missing_ok=True)


def test_a_full_disk_leaves_the_outputs_to_the_compiler(artifacts: Artifacts, build: Path) -> None:
    """hazard 89, hazard 100"""
    if sys.platform == "win32":
        pytest.skip("needs RLIMIT_FSIZE")
    (build / "a.o").write_bytes(b"old")
    placement = put(artifacts, build / "a.o", LARGE)
    # A limit on file size stops the copy half way, as a full disk does.
    script = (
        "import resource, signal, sys\n"
        "from zccache.common.blobs import Blob\n"
        "from zccache.common.errors import NotDeliverable\n"
        "from zccache.common.layout import Layout\n"
        "from zccache.common.store.artifacts import Artifacts\n"
        "from zccache.common.store.delivery import Placement, SignatureMemo, deliver\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))\n"
        "blob = Blob(bytes.fromhex(sys.argv[2]), int(sys.argv[3]))\n"
        "place = Placement(blob, sys.argv[4], 0o666)\n"
        "try:\n"
        "    deliver(Artifacts(Layout(sys.argv[1])), [place], umask=0, memo=SignatureMemo())\n"
        "except NotDeliverable as error:\n"
        "    sys.exit(error.__cause__.errno)\n"
    )
    root = os.path.dirname(os.path.dirname(os.path.dirname(artifacts.path(placement.blob.digest))))
    argv = [root, placement.blob.digest.hex(), str(placement.blob.size_bytes), str(build / "a.o")]

    done = subprocess.run([sys.executable, "-c", script, *argv], timeout=60)

    assert done.returncode == errno.EFBIG
    assert (build / "a.o").read_bytes() == b"old"


def test_small_blobs_in_memory_are_bounded_and_the_oldest_leave(artifacts: Artifacts) -> None:
    memo = SignatureMemo(held_bytes=100)
    blobs = [artifacts.put_bytes(bytes([number]) * 40) for number in range(3)]

    assert [read_blob(artifacts, blob, memo) for blob in blobs] == [bytes([n]) * 40 for n in range(3)]

    assert [memo.bytes_of(blob.digest) is not None for blob in blobs] == [False, True, True]


def test_an_output_that_is_a_link_into_the_store_is_detached_and_no_other(
    artifacts: Artifacts, build: Path
) -> None:
    blob = artifacts.put_bytes(SMALL)
    os.link(artifacts.path(blob.digest), build / "linked")
    (build / "own").write_bytes(SMALL)
    os.link(build / "own", build / "own too")

    detached = [
        detach(artifacts, str(build / name), umask=0o022) for name in ("linked", "own", "own too", "missing")
    ]

    assert detached == [True, False, False, False]
    assert sorted(os.listdir(build)) == ["linked", "own", "own too"]
    assert [(build / name).stat().st_nlink for name in ("linked", "own")] == [1, 2]
    assert artifacts.verify(Digest(blob.digest))


UNPRIVILEGED = """
import os, sys
from zccache.common.errors import NotDeliverable
from zccache.common.layout import Layout
from zccache.common.store.artifacts import Artifacts
from zccache.common.store.delivery import Placement, SignatureMemo, deliver

folder = sys.argv[1]
os.chmod(folder, 0o777)
if os.geteuid() == 0:
    # Imports come first: the interpreter itself may lie where only root can read.
    os.setgid(65534)
    os.setuid(65534)
layout = Layout(folder + "/cache")
layout.create()
artifacts = Artifacts(layout)
os.mkdir(folder + "/closed")
for name in ("read-only", "closed/a.o", "plain"):
    with open(f"{folder}/{name}", "w") as file:
        file.write("old")
os.chmod(folder + "/read-only", 0o444)
os.chmod(folder + "/closed", 0o555)
for name in ("read-only", "closed/a.o", "closed/new", "plain"):
    placement = Placement(artifacts.put_bytes(b"new"), f"{folder}/{name}", 0o666)
    try:
        deliver(artifacts, [placement], umask=0o022, memo=SignatureMemo())
        print(name, "delivered", open(f"{folder}/{name}").read())
    except NotDeliverable:
        print(name, "left", os.path.exists(f"{folder}/{name}") and open(f"{folder}/{name}").read())
os.chmod(folder + "/closed", 0o755)
"""


def test_what_the_user_may_not_write_is_left_to_the_compiler() -> None:
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", UNPRIVILEGED, folder], capture_output=True, text=True, timeout=60
        )

    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "read-only left old",
        "closed/a.o left old",
        "closed/new left False",
        "plain delivered new",
    ]
