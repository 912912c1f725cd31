"""Knows where everything lies below the cache root, and where the root is.

The root is chosen by ZCCACHE_CACHE_DIR alone (a settings file would have to be found first).
"""

import os
import stat
from collections.abc import Mapping
from typing import Final, NamedTuple

from zccache.common.errors import RootUnusable
from zccache.common.paths import absolute

FOLDERS: Final = ("artifacts", "tmp", "logs", "crashes", "locks", "sockets")

_OF_OTHER_TOOLS: Final = ("downloads", "cargo-registry", "ino")
# What file systems, desktops and backups put anywhere.
_OF_NOBODY: Final = ("lost+found", "CACHEDIR.TAG", ".gitignore", ".DS_Store")
_OURS: Final = frozenset((*FOLDERS, *_OF_OTHER_TOOLS, *_OF_NOBODY))


class Root(NamedTuple):
    """A cache root and the rule that chose it: env:ZCCACHE_CACHE_DIR, default:home or fallback:private."""

    path: str
    source: str


class Layout:
    """The names below one cache root; root is absolute."""

    __slots__ = ("root",)

    def __init__(self, root: str) -> None:
        """Take the root; nothing is looked at."""
        self.root: Final = root

    @property
    def artifacts(self) -> str:
        """Folder of the content-addressed blobs."""
        return f"{self.root}/artifacts"

    @property
    def index(self) -> str:
        """The SQLite file."""
        return f"{self.root}/index.sqlite3"

    @property
    def tmp(self) -> str:
        """Folder for files that are not complete yet and for injected reports."""
        return f"{self.root}/tmp"

    @property
    def logs(self) -> str:
        """Folder of the daemon log and the journal."""
        return f"{self.root}/logs"

    @property
    def journal(self) -> str:
        """The compile journal, one JSON object a line."""
        return f"{self.root}/logs/compile_journal.jsonl"

    @property
    def daemon_log(self) -> str:
        """The daemon's log."""
        return f"{self.root}/logs/daemon.log"

    @property
    def crashes(self) -> str:
        """Folder of crash dumps and of what was set aside as damaged."""
        return f"{self.root}/crashes"

    @property
    def locks(self) -> str:
        """Folder of the lock files."""
        return f"{self.root}/locks"

    @property
    def start_lock(self) -> str:
        """Held (flock) by whoever is starting a daemon."""
        return f"{self.root}/locks/start.lock"

    @property
    def start_failed(self) -> str:
        """Marker: its mtime says when a daemon could not be started."""
        return f"{self.root}/locks/start.failed"

    @property
    def trim_lock(self) -> str:
        """Held (flock) by whoever removes results to make room."""
        return f"{self.root}/locks/trim.lock"

    @property
    def daemon_lock(self) -> str:
        """Held (flock) by the daemon for its life; text `pid starttime version`."""
        return f"{self.root}/locks/daemon.lock"

    @property
    def sockets(self) -> str:
        """Folder of the sockets."""
        return f"{self.root}/sockets"

    @property
    def daemon_socket(self) -> str:
        """The daemon's socket."""
        return f"{self.root}/sockets/daemon.sock"

    def create(self) -> None:
        """Make the root and its folders, 0700.

        Raises RootUnusable when that cannot be, when another owns it, or when it holds what is no cache.
        """
        try:
            os.makedirs(self.root, mode=0o700, exist_ok=True)
            self._refuse_if_taken()
            for name in FOLDERS:
                os.makedirs(f"{self.root}/{name}", mode=0o700, exist_ok=True)
            status = os.stat(self.root)
        except OSError as error:
            raise RootUnusable(self.root, error.strerror or str(error)) from error
        self._refuse_if_foreign(status)
        if stat.S_IMODE(status.st_mode) & 0o077:
            os.chmod(self.root, 0o700)

    def check(self) -> None:
        """Raise RootUnusable where create() could not make the root, or not write to it; touch nothing."""
        place = self.root
        while not os.path.lexists(place) and place != os.path.dirname(place):
            place = os.path.dirname(place)
        try:
            status = os.stat(place)
        except OSError as error:
            raise RootUnusable(self.root, f"{place}: {error.strerror}") from error
        name = "" if place == self.root else f"{place} "
        if not stat.S_ISDIR(status.st_mode):
            raise RootUnusable(self.root, f"{name}is not a folder")
        if place == self.root:
            self._refuse_if_foreign(status)
            self._refuse_if_taken()
        if not os.access(place, os.W_OK | os.X_OK):
            raise RootUnusable(self.root, f"{name}cannot be written")

    def _refuse_if_taken(self) -> None:
        """Raise RootUnusable for a folder with other uses: its tmp/ would be swept, others kept out."""
        if os.path.lexists(self.index):
            return
        try:
            names = sorted(os.listdir(self.root))
        except OSError:
            return
        other = next((name for name in names if not _is_ours(name)), None)
        if other is not None and not set(FOLDERS).issubset(names):
            raise RootUnusable(self.root, f"is in use for other things ({other})")

    def _refuse_if_foreign(self, status: os.stat_result) -> None:
        if hasattr(os, "getuid") and status.st_uid != os.getuid():
            raise RootUnusable(self.root, f"belongs to uid {status.st_uid}")


def _is_ours(name: str) -> bool:
    return name in _OURS or name.startswith(("index.sqlite3-", ".nfs"))


def find_root(env: Mapping[str, str], cwd: str) -> Root:
    """Return the cache root that this environment means.

    A relative ZCCACHE_CACHE_DIR is taken against cwd; empty counts as unset. Without a
    home that can be written, a private folder per user below the system's temporary
    folder. Raises RootUnusable when that folder exists and is not ours.
    """
    named = env.get("ZCCACHE_CACHE_DIR", "")
    if named:
        return Root(absolute(named, cwd), "env:ZCCACHE_CACHE_DIR")
    home = env.get("HOME") or env.get("USERPROFILE", "")
    if (
        os.path.isabs(home)
        and os.path.isdir(home)
        and (os.access(home, os.W_OK) or os.path.isdir(f"{home}/.zccache"))
    ):
        return Root(os.path.join(home, ".zccache"), "default:home")
    return Root(_private_root(env), "fallback:private")


def _private_root(env: Mapping[str, str]) -> str:
    user = str(os.getuid()) if hasattr(os, "getuid") else env.get("USERNAME", "user")
    folder = env.get("TMPDIR", "")
    if not (os.path.isabs(folder) and os.path.isdir(folder)):
        folder = _temporary_folder()
    path = os.path.join(folder, f"zccache-{user}")
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return path
    if not stat.S_ISDIR(status.st_mode) or (hasattr(os, "getuid") and status.st_uid != os.getuid()):
        raise RootUnusable(path, "exists and is not a folder of ours")
    return path


def _temporary_folder() -> str:
    if os.name == "posix":
        return "/tmp"
    # With all that it imports a tenth of a daemon's start.
    import tempfile

    return tempfile.gettempdir()
