"""Knows the folders of /etc/ld.so.conf, in which GNU ld seeks what libraries need."""

import glob
import os
from collections.abc import Callable

_DEEPEST: int = 5


def so_conf(path: str, read: Callable[[str], bytes | None], depth: int = 0) -> tuple[list[str], list[str]]:
    """Return the configuration files, as far as they are there, and the folders that they name."""
    data = read(path)
    if data is None or depth > _DEEPEST:
        return [], []
    files, folders = [path], []
    for line in os.fsdecode(data).splitlines():
        words = line.partition("#")[0].replace(",", " ").replace(":", " ").split()
        if words[:1] == ["include"]:
            for pattern in words[1:]:
                for name in sorted(glob.glob(os.path.join(os.path.dirname(path), pattern))):
                    inner_files, inner_folders = so_conf(name, read, depth + 1)
                    files += inner_files
                    folders += inner_folders
        elif words[:1] != ["hwcap"]:
            folders += [word for word in words if os.path.isabs(word)]
    return files, folders
