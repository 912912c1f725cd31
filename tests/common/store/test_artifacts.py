"""The blobs: put once whatever happens, never under a name that their bytes do not have."""

import os
import stat
from pathlib import Path

import pytest

from results import digest_of, new_layout
from zccache.common.digests import Digest, digest_bytes
from zccache.common.errors import ArtifactMissing, StoreUnavailable
from zccache.common.store.artifacts import IN_MEMORY_BYTES, Artifacts

LARGE = os.urandom(1 << 16) * (IN_MEMORY_BYTES // (1 << 16)) + b"more"


def content(artifacts: Artifacts, digest: Digest) -> bytes:
    with os.fdopen(artifacts.open(digest), "rb") as file:
        return file.read()


@pytest.fixture
def artifacts(tmp_path: Path) -> Artifacts:
    return Artifacts(new_layout(tmp_path))


@pytest.mark.parametrize("data", [b"", b"object", LARGE], ids=["empty", "small", "large"])
def test_a_file_comes_back_as_it_was_put(artifacts: Artifacts, tmp_path: Path, data: bytes) -> None:
    source = tmp_path / "a.o"
    source.write_bytes(data)

    blob = artifacts.put_file(str(source))

    assert blob == (digest_bytes(data), len(data))
    assert content(artifacts, blob.digest) == data
    assert artifacts.verify(blob.digest)
    assert artifacts.total_bytes() == len(data)
    assert list((tmp_path / "cache/tmp").iterdir()) == []


def test_a_blob_lies_read_only_under_the_name_of_its_digest(artifacts: Artifacts, tmp_path: Path) -> None:
    name = digest_bytes(b"object").hex()

    artifacts.put_bytes(b"object")

    path = tmp_path / "cache/artifacts" / name[:2] / name[2:]
    assert path.read_bytes() == b"object"
    assert stat.S_IMODE(path.stat().st_mode) & 0o222 == 0


@pytest.mark.parametrize("data", [b"object", LARGE], ids=["small", "large"])
def test_the_same_content_twice_is_written_once(artifacts: Artifacts, tmp_path: Path, data: bytes) -> None:
    source = tmp_path / "a.o"
    source.write_bytes(data)
    first = artifacts.put_file(str(source))
    inode = os.stat(artifacts.path(first.digest)).st_ino

    second = artifacts.put_file(str(source))

    assert second == first
    assert os.stat(artifacts.path(first.digest)).st_ino == inode
    assert list((tmp_path / "cache/tmp").iterdir()) == []


def test_a_torn_blob_is_written_anew_by_the_next_put(artifacts: Artifacts, tmp_path: Path) -> None:
    """hazard 89"""
    blob = artifacts.put_bytes(b"object")
    path = Path(artifacts.path(blob.digest))
    path.unlink()
    path.write_bytes(b"obj")

    artifacts.put_bytes(b"object")

    assert artifacts.verify(blob.digest)


def test_a_file_on_another_file_system_is_stored(artifacts: Artifacts, tmp_path: Path) -> None:
    """hazard 100"""
    elsewhere = Path("/dev/shm")
    if not elsewhere.is_dir() or elsewhere.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("no second file system at /dev/shm")
    source = elsewhere / f"zccache-test-{os.getpid()}.o"
    source.write_bytes(LARGE)

    try:
        blob = artifacts.put_file(str(source))
    finally:
        source.unlink()

    assert content(artifacts, blob.digest) == LARGE


def test_what_is_no_regular_file_is_not_stored(artifacts: Artifacts, tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)

    for path in (fifo, tmp_path, tmp_path / "missing"):
        with pytest.raises(StoreUnavailable):
            artifacts.put_file(str(path))


def test_a_root_that_is_gone_is_said_and_not_made_again(artifacts: Artifacts, tmp_path: Path) -> None:
    (tmp_path / "cache").rename(tmp_path / "moved")

    with pytest.raises(StoreUnavailable):
        artifacts.put_bytes(b"object")

    assert not (tmp_path / "cache").exists()


def test_a_blob_that_was_never_put_is_missing(artifacts: Artifacts) -> None:
    with pytest.raises(ArtifactMissing):
        artifacts.open(digest_of("nothing"))
    artifacts.remove(digest_of("nothing"))


def test_an_open_blob_outlives_its_removal(artifacts: Artifacts) -> None:
    """hazard 102"""
    blob = artifacts.put_bytes(b"object")
    fd = artifacts.open(blob.digest)

    artifacts.remove(blob.digest)

    assert os.read(fd, 100) == b"object"
    os.close(fd)
    with pytest.raises(ArtifactMissing):
        artifacts.open(blob.digest)


def test_only_some_damaged_blobs_are_kept_for_a_look(artifacts: Artifacts, tmp_path: Path) -> None:
    blobs = [artifacts.put_bytes(bytes([number])) for number in range(30)]

    for blob in blobs:
        artifacts.set_aside(blob.digest)

    assert list(artifacts.digests()) == []
    assert 1 <= len(list((tmp_path / "cache/crashes").iterdir())) <= 8


def test_files_of_strangers_among_the_blobs_are_left_alone(artifacts: Artifacts, tmp_path: Path) -> None:
    artifacts.put_bytes(b"object")
    strangers = [tmp_path / "cache/artifacts/notes", tmp_path / "cache/artifacts/zz/odd"]
    strangers[1].parent.mkdir()
    for stranger in strangers:
        stranger.write_text("not a blob")

    artifacts.clear()

    assert list(artifacts.digests()) == []
    assert all(stranger.exists() for stranger in strangers)
