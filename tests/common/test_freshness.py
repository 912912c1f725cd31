"""Files that change, and what their signatures prove."""

import mmap
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from waiting import wait_until
from zccache.common.digests import Digest, Signature, digest_bytes, digest_file
from zccache.common.freshness import FileDigests, changed_ns, signature_at, tick_ns, wait_for_next_tick

_ASK_FOR_EVER = """
import os, sys
from zccache.common.freshness import has_writer
fd = os.open(sys.argv[1], os.O_RDONLY)
print(flush=True)
while True:
    has_writer(fd)
"""


class CountingHasher:
    """Hashes files and counts how often."""

    def __init__(self) -> None:
        self.hashed: list[str] = []

    def __call__(self, path: str) -> tuple[Digest, Signature]:
        self.hashed.append(path)
        return digest_file(path)


def settled(path: Path) -> Path:
    """Wait until the tick in which the file changed is over."""
    signature = signature_at(str(path))
    assert signature is not None
    assert wait_until(lambda: tick_ns() > changed_ns(signature))
    return path


def test_a_settled_file_is_hashed_once(tmp_path: Path) -> None:
    hasher = CountingHasher()
    digests = FileDigests(hasher)
    path = tmp_path / "a.h"
    path.write_bytes(b"int a;")
    settled(path)

    first = digests.known(str(path))
    second = digests.known(str(path))

    assert first is not None
    assert first.digest == digest_bytes(b"int a;")
    assert first.is_proof
    assert second is first
    assert len(hasher.hashed) == 1


def test_many_files_are_hashed_two_at_a_time_and_each_once(tmp_path: Path) -> None:
    both = threading.Barrier(2, timeout=10)
    hasher = CountingHasher()

    def hash_beside_another(path: str) -> tuple[Digest, Signature]:
        both.wait()
        return hasher(path)

    digests = FileDigests(hash_beside_another)
    paths = [str(tmp_path / f"lib{number}.so") for number in range(4)]
    for path in paths:
        Path(path).write_text(path)
        settled(Path(path))

    digests.read_all([*paths, str(tmp_path / "missing.so")])

    assert sorted(hasher.hashed) == paths
    assert [digests.known(path) for path in paths] == [digests.known(path) for path in paths]
    assert len(hasher.hashed) == 4


def test_a_file_that_changed_in_this_tick_proves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.h"
    digests = FileDigests()
    deadline = time.monotonic() + 10
    fresh = None

    # Written and hashed within one tick: that needs a few tries on a busy machine.
    while (fresh is None or fresh.is_proof) and time.monotonic() < deadline:
        path.write_bytes(os.urandom(8))
        fresh = digests.known(str(path))

    assert fresh is not None
    assert not fresh.is_proof


def test_a_same_size_rewrite_with_the_old_mtime_is_seen(tmp_path: Path) -> None:
    """hazard 12"""
    path = tmp_path / "a.h"
    path.write_bytes(b"one")
    settled(path)
    digests = FileDigests()
    before = digests.known(str(path))
    times = path.stat()

    path.write_bytes(b"two")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    after = digests.known(str(path))

    assert before is not None
    assert after is not None
    assert after.digest == digest_bytes(b"two")


def test_a_touch_changes_the_signature_and_not_the_digest(tmp_path: Path) -> None:
    """hazard 17"""
    path = tmp_path / "a.h"
    path.write_bytes(b"one")
    settled(path)
    digests = FileDigests()
    before = digests.known(str(path))

    os.utime(path)
    after = digests.known(str(path))

    assert before is not None
    assert after is not None
    assert after.digest == before.digest
    assert after.signature != before.signature


def test_a_link_is_known_by_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"1")
    (tmp_path / "two").write_bytes(b"2")
    link = tmp_path / "link"
    link.symlink_to("one")
    digests = FileDigests()
    before = digests.known(str(link))

    link.unlink()
    link.symlink_to("two")
    after = digests.known(str(link))

    assert before is not None
    assert after is not None
    assert (before.digest, after.digest) == (digest_bytes(b"1"), digest_bytes(b"2"))


def test_what_is_no_readable_file_is_not_known(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    digests = FileDigests()

    found = [digests.known(str(path)) for path in (tmp_path, tmp_path / "pipe", tmp_path / "absent")]

    assert found == [None, None, None]


def test_a_proof_from_the_index_saves_the_hashing(tmp_path: Path) -> None:
    hasher = CountingHasher()
    digests = FileDigests(hasher)
    path = settled_file(tmp_path)
    digest, signature = digest_file(str(path))

    digests.learn(str(path), signature, digest)
    known = digests.known(str(path))

    assert known is not None
    assert known.digest == digest
    assert not hasher.hashed


def test_an_outdated_proof_from_the_index_does_no_harm(tmp_path: Path) -> None:
    digests = FileDigests()
    path = settled_file(tmp_path)
    outdated = Signature(1, 2, 3, 4, 5)

    digests.learn(str(path), outdated, Digest(b"?" * 32))
    known = digests.known(str(path))

    assert known is not None
    assert known.digest == digest_bytes(b"text")


def test_a_change_after_the_tick_was_taken_is_stamped_no_earlier(tmp_path: Path) -> None:
    path = tmp_path / "a.h"

    for number in range(200):
        before_ns = tick_ns()
        path.write_bytes(str(number).encode())
        signature = signature_at(str(path))
        assert signature is not None
        assert changed_ns(signature) >= before_ns


def test_waiting_for_the_next_tick_ends_in_a_later_one() -> None:
    now_ns = tick_ns()

    assert wait_for_next_tick(now_ns, limit_s=5) > now_ns


def test_a_time_in_the_future_is_not_waited_for() -> None:
    """hazard 16"""
    future_ns = tick_ns() + 10**12

    assert wait_for_next_tick(future_ns, limit_s=0.01) < future_ns


def settled_file(folder: Path) -> Path:
    path = folder / "settled.h"
    path.write_bytes(b"text")
    return settled(path)


@pytest.mark.skipif(sys.platform != "linux", reason="leases of Linux")
def test_a_file_that_somebody_maps_for_writing_is_hashed_each_time(tmp_path: Path) -> None:
    """hazard 116"""
    path = tmp_path / "a.h"
    path.write_bytes(b"int a;")
    settled(path)
    digests = FileDigests()
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
        mapped[:] = b"int b;"
        settled(path)
        first = digests.known(str(path))

        # The page is dirty already: this store changes no time.
        mapped[:] = b"int c;"

        second = digests.known(str(path))
    assert first is not None
    assert second is not None
    assert first.signature == second.signature
    assert second.digest == digest_bytes(b"int c;")
    assert not second.is_proof


@pytest.mark.skipif(sys.platform != "linux", reason="leases of Linux")
def test_who_opens_a_file_while_its_writers_are_asked_for_ends_no_process_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "a.h"
    path.write_bytes(b"int a;")
    asker = subprocess.Popen([sys.executable, "-c", _ASK_FOR_EVER, str(path)], stdout=subprocess.PIPE)
    with asker:
        assert asker.stdout is not None
        asker.stdout.read(1)

        for _ in range(3000):
            with path.open("r+b"):
                pass

        assert asker.poll() is None
        asker.kill()
