"""Knows how blobs become the files that a compiler would have written; it never learns which compiler.

A file is staged beside its destination, so that an error leaves all outputs as they were.
An old output is then unlinked and the new one renamed to its name. Renaming over it would
leave no moment without a file, but ext4 (auto_da_alloc) begins to write such a file to
disk at once: 197 us instead of 47 for 100 kB, 1186 instead of 205 for 1 MB. The assembler
unlinks too, and a crash in between leaves a missing output, which is rebuilt.

What the tool itself would rewrite in place (a depfile that is there) is rewritten in
place: inode, mode, owner and other hard links stay as with the tool, at 7 us where a new
file costs 53. Whoever is killed half way leaves what a killed tool leaves.
"""

import contextlib
import itertools
import os
import stat
import sys
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import Final, NamedTuple

from zccache.common.blobs import Blob
from zccache.common.digests import signature_of
from zccache.common.errors import NotDeliverable
from zccache.common.store.artifacts import Artifacts
from zccache.common.store.checking import check_open_blob, damaged, prove_blob, read_blob
from zccache.common.store.copying import clone, copy, write_all
from zccache.common.store.linking import detach, is_linked, link_blob
from zccache.common.store.proven import SMALL_BYTES, SignatureMemo
from zccache.common.values import dataclass

__all__ = ["Method", "Mode", "Placement", "SignatureMemo", "deliver", "detach", "read_blob"]

_PROCESS_WORD: Final = os.urandom(3).hex()
_NUMBERS: Final = itertools.count()


class Mode(Enum):
    """How outputs are wanted, where it can be had; the value is its word in the settings."""

    AUTO = "auto"
    REFLINK = "reflink"
    COPY = "copy"
    HARDLINK = "hardlink"


class Method(Enum):
    """How a file's bytes came to their place; the value is its word in the counters."""

    CLONE = "clone"
    COPY = "copy"
    LINK = "link"
    MEMORY = "memory"
    REWRITE = "rewrite"


@dataclass(frozen=True, slots=True)
class Placement:
    """A blob and the absolute place where it goes, with mode_bits less the umask.

    in_place: the tool truncates a file that is there (depfiles; gcc -S), where others
    make a new one (as; clang's own outputs). Such a file is never a hard link, nor is one
    that is to be executable.
    """

    blob: Blob
    destination: str
    mode_bits: int
    in_place: bool = False
    mode: Mode = Mode.AUTO

    @property
    def may_be_a_link(self) -> bool:
        """Whether the file may be another name of the blob."""
        return self.mode is Mode.HARDLINK and not self.in_place and not self.mode_bits & 0o111


class _Staged(NamedTuple):
    """A file made ready: temporary is its name until it is published, empty for one to be rewritten."""

    placement: Placement
    temporary: str
    replaces: bool
    method: Method


def deliver(
    artifacts: Artifacts,
    placements: Sequence[Placement],
    *,
    umask: int,
    memo: SignatureMemo,
    still_asked: Callable[[], bool] | None = None,
) -> tuple[Method, ...]:
    """Put every blob to its destination, in this order, with times of now; return how each got there.

    All or nothing, but for what befalls a folder or the disk in the instant between two
    files. still_asked is called when all is ready, and nothing is changed where it says no.
    Raises NotDeliverable then, and when a destination does not take a file as the compiler
    would write it (the caller runs the compiler), ArtifactMissing and ArtifactDamaged when
    a blob is not what the index said (a miss).
    """
    staged: list[_Staged] = []
    try:
        for placement in placements:
            _stage(artifacts, placement, umask, memo, staged)
        if still_asked is not None and not still_asked():
            raise NotDeliverable("nobody waits for it any more")
        for file in staged:
            if file.method is Method.REWRITE:
                _rewrite(artifacts, file.placement, memo)
                continue
            if file.replaces:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(file.placement.destination)
            os.rename(file.temporary, file.placement.destination)
    except OSError as error:
        _discard(staged)
        raise NotDeliverable(f"{error.filename2 or error.filename or 'output'}: {error.strerror}") from error
    except BaseException:
        _discard(staged)
        raise
    return tuple(file.method for file in staged)


def _stage(
    artifacts: Artifacts, placement: Placement, umask: int, memo: SignatureMemo, staged: list[_Staged]
) -> None:
    old = _replaceable(artifacts, placement.destination)
    if placement.in_place and old is not None and not is_linked(artifacts, placement.destination, old):
        prove_blob(artifacts, placement.blob, memo)
        staged.append(_Staged(placement, "", True, Method.REWRITE))
        return
    folder = os.path.dirname(placement.destination)
    temporary = f"{folder}/.zccache-{os.getpid()}-{_PROCESS_WORD}-{next(_NUMBERS)}"
    # On the list before it is made, so that whatever happens next finds it there to remove.
    staged.append(_Staged(placement, temporary, old is not None, Method.LINK))
    has_acl = _has_default_acl(folder)
    if placement.may_be_a_link and not has_acl:
        if link_blob(artifacts, placement.blob, temporary, umask, memo):
            return
    elif has_acl and placement.mode_bits & 0o111:
        raise NotDeliverable(f"{folder}: its access list decides who may execute")
    # Under an access list the kernel heeds no umask: what it makes of the bits is right.
    wanted = placement.mode_bits & (0o777 if has_acl else ~umask)
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, wanted)
    try:
        made = os.fstat(fd)
        method = _fill(artifacts, placement, fd, made.st_dev, memo)
        if stat.S_IMODE(made.st_mode) != wanted and not has_acl:
            os.fchmod(fd, wanted)
    finally:
        os.close(fd)
    staged[-1] = staged[-1]._replace(method=method)


if sys.platform == "linux":

    def _has_default_acl(folder: str) -> bool:
        """Tell whether what is made in a folder gets its mode from an access list."""
        try:
            return bool(os.getxattr(folder or ".", "system.posix_acl_default"))
        except OSError:
            return False

else:

    def _has_default_acl(folder: str) -> bool:  # noqa: ARG001 (told by other means, if at all)
        """Return False: not known here."""
        return False


def _rewrite(artifacts: Artifacts, placement: Placement, memo: SignatureMemo) -> None:
    # Not truncated first: ext4 would write the file to disk at its closing (144 us against 7).
    fd = os.open(placement.destination, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        _fill(artifacts, placement, fd, os.fstat(fd).st_dev, memo)
        os.ftruncate(fd, placement.blob.size_bytes)
    finally:
        os.close(fd)


def _fill(artifacts: Artifacts, placement: Placement, fd: int, device: int, memo: SignatureMemo) -> Method:
    blob, mode = placement.blob, placement.mode
    if blob.size_bytes <= SMALL_BYTES and mode is not Mode.REFLINK:
        write_all(fd, read_blob(artifacts, blob, memo))
        return Method.MEMORY
    source = artifacts.open(blob.digest)
    try:
        signature = signature_of(os.fstat(source))
        check_open_blob(artifacts, blob, source, signature, memo)
        devices = (signature.dev, device)
        if mode is not Mode.COPY and devices not in memo.unable_to_clone:
            if clone(source, fd):
                return Method.CLONE
            memo.unable_to_clone.add(devices)
        if copy(source, fd, blob.size_bytes, may_share=mode is not Mode.COPY) != blob.size_bytes:
            raise damaged(artifacts, blob)
    finally:
        os.close(source)
    return Method.COPY


def _replaceable(artifacts: Artifacts, path: str) -> os.stat_result | None:
    """Return the status of an old output, if any; raise NotDeliverable where it is not a plain file of ours.

    Only the plain case is ours: whatever compilers answer differently from tool to tool
    (a link, a device, a file that they may not write) is left to the compiler.
    """
    try:
        old = os.lstat(path)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(old.st_mode):
        raise NotDeliverable(f"{path}: not a regular file")
    user = os.geteuid()
    if user == 0 or (old.st_uid == user and (old.st_mode & stat.S_IWUSR or is_linked(artifacts, path, old))):
        return old
    raise NotDeliverable(f"{path}: not ours to write")


def _discard(staged: Iterable[_Staged]) -> None:
    for file in staged:
        with contextlib.suppress(OSError):
            os.unlink(file.temporary)
