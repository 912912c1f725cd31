"""Knows how an output becomes another name of a blob, and what follows: one inode, two owners.

Whoever writes into such an output in place writes into the cache. So a blob is hashed
before each link, unless its signature was proven since it was last linked: a link, like a
write, changes its ctime, and within one tick of the clock the two cannot be told apart.
All names share one mtime: a delivery here makes the same output look fresh in another tree.
"""

import os
import stat

from zccache.common.blobs import Blob
from zccache.common.digests import digest_file, signature_of
from zccache.common.errors import ArtifactMissing
from zccache.common.store.artifacts import Artifacts
from zccache.common.store.checking import check_open_blob, damaged
from zccache.common.store.proven import SignatureMemo

LINK_MODE = 0o444
"""What an output that is a link may be: everybody who writes into it is to notice."""


def link_blob(artifacts: Artifacts, blob: Blob, temporary: str, umask: int, memo: SignatureMemo) -> bool:
    """Make temporary a name of a blob, with times of now; False where the file system has no such link.

    Raises ArtifactMissing, and ArtifactDamaged for a blob that somebody wrote into.
    """
    source = artifacts.open(blob.digest)
    try:
        before = os.fstat(source)
        check_open_blob(artifacts, blob, source, signature_of(before), memo)
        try:
            os.link(artifacts.path(blob.digest), temporary)
        except FileNotFoundError as error:
            raise ArtifactMissing(f"artifact {blob.digest.hex()} is gone") from error
        except OSError:
            # Another file system, one without links, a blob with as many names as it may have.
            return False
        linked = os.stat(temporary)
        if not os.path.samestat(before, linked) or linked.st_mtime_ns != before.st_mtime_ns:
            os.unlink(temporary)
            raise damaged(artifacts, blob)
        os.utime(source)
        if stat.S_IMODE(linked.st_mode) != LINK_MODE & ~umask:
            os.fchmod(source, LINK_MODE & ~umask)
    finally:
        os.close(source)
    return True


def is_linked(artifacts: Artifacts, path: str, status: os.stat_result) -> bool:
    """Tell whether an output with this status is a name of a blob; where it has one name, without a look."""
    if status.st_nlink < 2 or not stat.S_ISREG(status.st_mode):
        return False
    try:
        return os.path.samestat(status, os.stat(artifacts.path(digest_file(path)[0])))
    except OSError:
        return False


def detach(artifacts: Artifacts, path: str) -> bool:
    """Unlink an output that is a name of a blob, lest a compiler write into the cache."""
    try:
        if is_linked(artifacts, path, os.lstat(path)):
            os.unlink(path)
            return True
    except OSError:
        return False
    return False
