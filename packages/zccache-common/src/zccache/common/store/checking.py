"""Knows how a blob is proven to hold what its name says before its bytes are used.

A small blob is read and hashed at once, then held. A larger one is hashed through the
descriptor that it is copied from, and not again while its signature stays the same.
"""

import os

from zccache.common.blobs import Blob
from zccache.common.digests import Signature, digest_bytes, digest_descriptor, signature_of
from zccache.common.errors import ArtifactDamaged
from zccache.common.freshness import changed_ns, tick_ns
from zccache.common.store.artifacts import Artifacts
from zccache.common.store.proven import SMALL_BYTES, SignatureMemo


def read_blob(artifacts: Artifacts, blob: Blob, memo: SignatureMemo) -> bytes:
    """Return a blob's bytes, checked; raise ArtifactMissing or ArtifactDamaged."""
    held = memo.bytes_of(blob.digest)
    if held is not None:
        return held
    fd = artifacts.open(blob.digest)
    try:
        data = os.read(fd, blob.size_bytes + 1)
    finally:
        os.close(fd)
    if len(data) != blob.size_bytes or digest_bytes(data) != blob.digest:
        raise damaged(artifacts, blob)
    if blob.size_bytes <= SMALL_BYTES:
        memo.hold(blob.digest, data)
    return data


def prove_blob(artifacts: Artifacts, blob: Blob, memo: SignatureMemo) -> None:
    """Raise what filling a file from a blob would raise, while nothing is changed yet."""
    if blob.size_bytes <= SMALL_BYTES:
        read_blob(artifacts, blob, memo)
        return
    source = artifacts.open(blob.digest)
    try:
        check_open_blob(artifacts, blob, source, signature_of(os.fstat(source)), memo)
    finally:
        os.close(source)


def check_open_blob(
    artifacts: Artifacts, blob: Blob, fd: int, signature: Signature, memo: SignatureMemo
) -> None:
    """Hash a blob, unless this very file was proven and has not changed since by its signature."""
    if signature.size != blob.size_bytes:
        raise damaged(artifacts, blob)
    if memo.is_proven(blob.digest, signature):
        return
    before_ns = tick_ns()
    if digest_descriptor(fd) != blob.digest:
        raise damaged(artifacts, blob)
    os.lseek(fd, 0, os.SEEK_SET)
    if changed_ns(signature) < before_ns:
        memo.prove(blob.digest, signature)


def damaged(artifacts: Artifacts, blob: Blob) -> ArtifactDamaged:
    """Set a blob aside and return what to raise."""
    artifacts.set_aside(blob.digest)
    return ArtifactDamaged(f"artifact {blob.digest.hex()} is damaged; it was set aside")
