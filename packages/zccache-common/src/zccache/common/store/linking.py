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
from zccache.common.store.copying import copy
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


def was_linked(status: os.stat_result, umask: int) -> bool:
    """Tell whether a file with this status looks like a name of a blob, which may be gone by now."""
    return stat.S_ISREG(status.st_mode) and stat.S_IMODE(status.st_mode) == LINK_MODE & ~umask


def detach(artifacts: Artifacts, path: str, *, umask: int, left_over_too: bool = False) -> bool:
    """Make an output that is a name of a blob a file of its own, lest a compiler write into the cache.

    Its bytes and times stay, for a compiler that fails may leave it as it was; its mode is
    what the compiler would have given it. Where there is no room for it, it goes. What is
    left over of a blob that is gone is read-only too, and rustc and clang write to no such file.
    """
    try:
        old = os.lstat(path)
        if not is_linked(artifacts, path, old) and not (left_over_too and was_linked(old, umask)):
            return False
        try:
            _replace_by_copy(path, old, 0o666 & ~umask)
        except OSError:
            os.unlink(path)
    except OSError:
        return False
    return True


def _replace_by_copy(path: str, old: os.stat_result, mode: int) -> None:
    temporary = f"{os.path.dirname(path)}/.zccache-{os.getpid()}-{os.urandom(6).hex()}"
    with open(path, "rb", buffering=0) as source:
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        try:
            os.fchmod(fd, mode)
            copy(source.fileno(), fd, old.st_size)
            os.utime(fd, ns=(old.st_atime_ns, old.st_mtime_ns))
            os.rename(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
        finally:
            os.close(fd)
