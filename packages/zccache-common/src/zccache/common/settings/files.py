"""Where a zccache.toml can lie, and which of them may be trusted; never what its words mean."""

import os
import stat
from collections.abc import Mapping
from typing import Final, NamedTuple

FILE_NAME: Final = "zccache.toml"

_LARGEST_BYTES: Final = 1 << 20

FileSignature = tuple[int, int, int, int, int]
Consulted = tuple[str, FileSignature | None]


class Table(NamedTuple):
    """The pairs of one readable file."""

    path: str
    pairs: Mapping[str, object]


class Refused(NamedTuple):
    """A file that is there and is not used: what is wrong, and what would be right."""

    path: str
    wrong: str
    allowed: str


def user_file(env: Mapping[str, str], home: str) -> str | None:
    """Return where the user's file would be; None without a home."""
    folder = env.get("XDG_CONFIG_HOME", "")
    if not folder.startswith("/"):
        folder = os.path.join(home, ".config") if home else ""
    return os.path.join(folder, "zccache", FILE_NAME) if folder else None


def project_files(cwd: str) -> list[str]:
    """Return where the project's file could be: the folder itself and every one above it, nearest first."""
    folders = [cwd]
    while (parent := os.path.dirname(folders[-1])) != folders[-1]:
        folders.append(parent)
    return [os.path.join(folder, FILE_NAME) for folder in folders]


def signature_of(path: str) -> FileSignature | None:
    """Return what changes when the file does; None where there is no file."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def read(path: str) -> Table | Refused:
    """Return the pairs of a file that is there, or why it is refused.

    A file is trusted when its owner is this user and nobody else can put another in its place.
    """
    import tomllib

    try:
        # A fifo would be waited for, and every compile with it.
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        if refused := _distrust(path, os.fstat(fd)):
            os.close(fd)
            return refused
        with open(fd, "rb") as file:
            return Table(path, tomllib.load(file))
    except tomllib.TOMLDecodeError as error:
        return Refused(path, str(error), "a file in TOML")
    except RecursionError:
        return Refused(path, "nested too deeply", "a file in TOML, as `zccache config` shows it")
    except (OSError, UnicodeDecodeError) as error:
        return Refused(path, f"not readable ({error})", "a file in TOML, in UTF-8")


def _distrust(path: str, found: os.stat_result) -> Refused | None:
    allowed = f"a regular file of uid {os.geteuid()}"
    if not stat.S_ISREG(found.st_mode):
        return Refused(path, "not a regular file", allowed)
    if found.st_size > _LARGEST_BYTES:
        return Refused(path, f"{found.st_size} bytes", f"at most {_LARGEST_BYTES} bytes")
    if found.st_uid != os.geteuid():
        return Refused(path, f"owned by uid {found.st_uid}", allowed)
    # Both, where a link leads elsewhere: whoever can write to either folder can choose the words.
    for folder in dict.fromkeys((os.path.dirname(path), os.path.dirname(os.path.realpath(path)))):
        if os.stat(folder).st_mode & stat.S_IWOTH:
            return Refused(
                path, f"everybody may write to {folder}", "a folder that only its owner can write to"
            )
    return None
