"""File systems that can share blocks between files, mounted from images where this process may mount."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

_MAKERS = {"xfs": ("mkfs.xfs", "-q", "-m", "reflink=1"), "btrfs": ("mkfs.btrfs", "-q")}
_IMAGE_BYTES = 400 << 20
_CAP_SYS_ADMIN = 1 << 21


def mountable() -> list[str]:
    """Return the kinds that can be made and mounted here: as root, with loop devices, in the kernel."""
    if not may_mount() or not os.path.exists("/dev/loop-control") or shutil.which("mount") is None:
        return []
    known = Path("/proc/filesystems").read_text().split()
    return [kind for kind, (maker, *_) in _MAKERS.items() if kind in known and shutil.which(maker)]


@contextlib.contextmanager
def mounted(kind: str, folder: Path) -> Iterator[Path]:
    """Give a folder on a file system of this kind; unmounted afterwards."""
    image, place = folder / f"{kind}.image", folder / kind
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(_IMAGE_BYTES)
    subprocess.run([*_MAKERS[kind], str(image)], check=True, capture_output=True)
    subprocess.run(["mount", "-o", "loop", str(image), str(place)], check=True, capture_output=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True, capture_output=True)
        image.unlink()


@contextlib.contextmanager
def frozen(place: Path) -> Iterator[None]:
    """Have the disk below a mounted folder not answer: whoever writes there waits, and nothing wakes him."""
    subprocess.run(["fsfreeze", "--freeze", str(place)], check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["fsfreeze", "--unfreeze", str(place)], check=True, capture_output=True)


def may_mount() -> bool:
    """Tell whether this process may mount."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return False
    effective = next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff:"))
    return os.geteuid() == 0 and bool(int(effective, 16) & _CAP_SYS_ADMIN)


@contextlib.contextmanager
def small_disk(place: Path, size_kib: int) -> Iterator[None]:
    """Have a folder be a file system of its own that holds no more than so much."""
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={size_kib}k", "tmpfs", str(place)]
    subprocess.run(words, check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(place)], check=True, capture_output=True)
