"""Doing things as a user who is not root, for root ignores modes; whoever is not root stays who he is."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_NOBODY = 65534


@contextlib.contextmanager
def plain_folder() -> Iterator[Path]:
    """Give a folder of the plain user's own that he can reach, and remove it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="zccache-plain-"))
    if os.geteuid() == 0:
        os.chown(folder, _NOBODY, -1)
    try:
        yield folder
    finally:
        for found in (folder, *folder.rglob("*")):
            if found.is_dir() and not found.is_symlink():
                found.chmod(0o700)
        shutil.rmtree(folder)


@contextlib.contextmanager
def as_plain_user() -> Iterator[None]:
    """Be nobody, in this process and its children, where this process is root."""
    if os.geteuid() != 0:
        yield
        return
    os.setresuid(_NOBODY, _NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)
