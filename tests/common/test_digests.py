"""Digests of files, also while somebody else writes to them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from blake3 import blake3

from zccache.common.digests import digest_descriptor, digest_file, signature_of

_SHRINKS = 200
_HASHES_ON_AND_ON = """
import sys
from zccache.common.digests import digest_file
print("ready", flush=True)
for line in sys.stdin:
    digest_file(sys.argv[1])
    print("hashed", flush=True)
"""


@pytest.mark.parametrize("size", [0, 1, (1 << 18) - 1, 1 << 18, (1 << 18) + 1, (1 << 22) + 7])
def test_a_file_of_any_length_has_the_digest_of_its_bytes(tmp_path: Path, size: int) -> None:
    path = tmp_path / "file"
    data = bytes(range(251)) * (size // 251 + 1)
    path.write_bytes(data[:size])

    digest, signature = digest_file(str(path))

    assert digest == blake3(data[:size]).digest()
    assert signature == signature_of(path.stat())


def test_a_descriptor_is_read_from_its_position_on(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"head and tail")
    fd = os.open(path, os.O_RDONLY)

    try:
        os.lseek(fd, 5, os.SEEK_SET)
        assert digest_descriptor(fd) == blake3(b"and tail").digest()
    finally:
        os.close(fd)


def test_a_file_that_shrinks_while_it_is_hashed_ends_no_process(tmp_path: Path) -> None:
    """A mapping of it would: reading behind the new end is a SIGBUS."""
    path = tmp_path / "libbig.a"
    size = 1 << 25
    path.touch()
    with subprocess.Popen(
        [sys.executable, "-c", _HASHES_ON_AND_ON, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as hashing:
        assert hashing.stdin is not None
        assert hashing.stdout is not None
        assert hashing.stdout.readline() == "ready\n"

        for _ in range(_SHRINKS):
            os.truncate(path, size)
            hashing.stdin.write("again\n")
            os.truncate(path, 0)
            assert hashing.stdout.readline() == "hashed\n"
        hashing.stdin.close()

    assert hashing.returncode == 0
