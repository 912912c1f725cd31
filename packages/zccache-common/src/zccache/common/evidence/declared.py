"""Knows for what else than dep-info cargo has a crate compiled anew: what its build script has told.

A macro that reads files of which rustc hears nothing is usually helped so: the build script
prints rerun-if-changed for them, cargo runs it again when they change, and rustc after it.
A script that prints nothing of the kind is run again when any file of its package changes.
Cargo keeps what it printed beside its OUT_DIR; where that is not to be found nothing is known.
"""

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from zccache.common.freshness import changed_ns
from zccache.common.includes.places import listing_digest
from zccache.common.reasons import Reason
from zccache.common.request import NotStored
from zccache.common.values import dataclass
from zccache.common.witness import look_into

# The latter in the layout that cargo 1.97 has under -Zbuild-dir-new-layout.
_PRINTED: Final = ("output", "run/stdout")
_SCRIPT: Final = "build.rs"
_KEY: Final = "cargo:"
_FILES: Final = "rerun-if-changed="
_VARIABLES: Final = "rerun-if-env-changed="
_MOST_FILES: Final = 4096


@dataclass(frozen=True, slots=True)
class Declared:
    """What a build script has declared: files, folders with all that is in them, places, variables."""

    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()


def read_declared(env: Mapping[str, str], cwd: str) -> Declared | NotStored:
    """Return what is declared for the crate that is compiled in this environment."""
    out_dir, package = env.get("OUT_DIR"), env.get("CARGO_MANIFEST_DIR")
    if not out_dir or not package:
        return Declared()
    out_dir, package = os.path.join(cwd, out_dir), os.path.join(cwd, package)
    told = _told(os.path.dirname(out_dir))
    if told is None:
        return NotStored(Reason.UNSEEN_INPUT, out_dir)
    paths = [os.path.join(package, line.removeprefix(_FILES)) for line in told if line.startswith(_FILES)]
    variables = tuple(sorted(line.removeprefix(_VARIABLES) for line in told if line.startswith(_VARIABLES)))
    folders = [path for path in paths if os.path.isdir(path)] if paths or variables else [package]
    files = [path for path in paths if os.path.isfile(path)]
    below: list[str] = []
    for folder in folders:
        for place, names in _walked(folder, out_dir):
            below.append(place)
            files += (os.path.join(place, name) for name in names)
            if len(files) > _MOST_FILES:
                return NotStored(Reason.UNSEEN_INPUT, folder)
    absent = tuple(path for path in paths if not os.path.lexists(path))
    # The script itself is for cargo to run, and no macro's business: what it makes is read elsewhere.
    read = dict.fromkeys(path for path in files if path != os.path.join(package, _SCRIPT))
    return Declared(tuple(read), tuple(dict.fromkeys(below)), absent, variables)


def listings(folders: Iterable[str], started_ns: int) -> tuple[tuple[str, str], ...] | NotStored:
    """Return each folder with the digest of its names, if none has come or gone since the compile began."""
    listed = []
    for folder in folders:
        seen = look_into(folder)
        if seen is None or seen.names is None:
            return NotStored(Reason.UNSEEN_INPUT, folder)
        if seen.signature is None or changed_ns(seen.signature) >= started_ns:
            return NotStored(Reason.APPEARED_DURING_COMPILE, folder)
        listed.append((folder, listing_digest(seen.names)))
    return tuple(listed)


def _told(folder: str) -> list[str] | None:
    """Return what a build script has told cargo, without what both spellings begin with; None: not kept."""
    printed = None
    for name in _PRINTED:
        with contextlib.suppress(OSError), open(os.path.join(folder, name), "rb") as file:
            printed = os.fsdecode(file.read())
            break
    if printed is None:
        return None
    lines = (line.strip() for line in printed.splitlines())
    return [line.removeprefix(_KEY).removeprefix(":") for line in lines if line.startswith(_KEY)]


def _walked(folder: str, out_dir: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each folder with the files in it; no other packages, and nothing that cargo itself makes."""
    for place, folders, names in os.walk(folder):
        folders[:] = [
            name
            for name in sorted(folders)
            if not out_dir.startswith(os.path.join(place, name, ""))
            and not os.path.exists(os.path.join(place, name, "Cargo.toml"))
            and name != ".git"
        ]
        yield place, sorted(name for name in names if os.path.isfile(os.path.join(place, name)))
