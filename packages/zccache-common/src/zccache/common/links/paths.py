"""Knows when `..` can be taken out of a path: where no link stands before it."""

import os


def tidy(path: str) -> str:
    """Return a path without `.` and, where no link stands before them, without its `..`."""
    folder, name = os.path.split(path)
    return os.path.join(_tidy_folder(folder), name) if "/." in folder or "//" in folder else path


def _tidy_folder(folder: str) -> str:
    kept: list[str] = []
    for part in folder.split("/")[1:]:
        if part == "..":
            if os.path.islink("/" + "/".join(kept)):
                return folder
            del kept[-1:]
        elif part not in {"", "."}:
            kept.append(part)
    return "/" + "/".join(kept)
