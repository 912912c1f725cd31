"""Check-ups of the place: settings, the cache root, its file system, the kernel's limits, the daemon."""

import os
import shutil
import stat
from collections.abc import Iterator
from typing import Final

from zccache.cli.amounts import size
from zccache.cli.control import Daemon, NoDaemon, control, find_daemon
from zccache.cli.findings import Finding, broken, note, ok
from zccache.cli.place import Place
from zccache.common.errors import RootUnusable, ZccacheError
from zccache.common.spawn import start_daemon
from zccache.common.store.copying import clone
from zccache.common.version import VERSION

_LEAST_FREE_BYTES: Final = 1 << 30
_LEAST_WATCHES: Final = 65_536
_INOTIFY: Final = "/proc/sys/fs/inotify"
_UNCOVERED: Final = {
    "file_system": "inputs on a file system whose changes can escape this kernel (overlay, network, FUSE)",
    "open_for_writing": "inputs that a program has open for writing",
    "watch_limit": "the kernel gives no more watches",
    "owned_by_another": "inputs of another user, which only root could watch for sure",
}


def check_settings(place: Place) -> Iterator[Finding]:
    """Say which settings are not used, or which are not the defaults."""
    for problem in place.loaded.problems:
        yield broken("settings", str(problem), f"correct or remove it in {problem.source}")
    if place.env.get("ZCCACHE_GUARD"):
        what = "ZCCACHE_GUARD is set, as below a compile: every front runs its compiler bare"
        yield broken("settings", what, "unset it; find out what exports it")
    if place.loaded.settings.disable:
        yield note("settings", "ZCCACHE_DISABLE is set: every front runs its compiler bare", "unset it")
    own = [key for key in place.loaded.provenance if place.loaded.is_set(key)]
    if not place.loaded.problems:
        yield ok("settings", f"given: {', '.join(own)}" if own else "all defaults")


def check_root(place: Place) -> Iterator[Finding]:
    """Say whether the cache root can be used, is ours alone, and has room."""
    root = place.root.path
    try:
        place.layout.create()
    except RootUnusable as error:
        yield broken("cache root", f"{root}: {error.why}", "set ZCCACHE_CACHE_DIR to a folder of your own")
        return
    yield ok("cache root", f"{root} (chosen by {place.root.source})")
    if place.root.source == "fallback:private":
        yield note(
            "cache root",
            "the home folder is missing or cannot be written; this root may not outlive a reboot",
            "set HOME, or ZCCACHE_CACHE_DIR",
        )
    for name in sorted(os.listdir(root)):
        status = os.lstat(os.path.join(root, name))
        if status.st_uid != os.geteuid():
            what = f"{root}/{name} belongs to uid {status.st_uid}, you are {os.geteuid()}"
            yield broken("permissions", what, f"chown it, or remove it: `rm -r {root}/{name}`")
        elif stat.S_ISDIR(status.st_mode) and not os.access(os.path.join(root, name), os.W_OK | os.X_OK):
            yield broken("permissions", f"{root}/{name} cannot be written", f"`chmod u+rwx {root}/{name}`")
    free, limit = shutil.disk_usage(root).free, place.loaded.settings.max_size_bytes
    if free < _LEAST_FREE_BYTES:
        yield note("disk", f"{size(free)} free", "make room, or set ZCCACHE_MAX_SIZE lower: `zccache trim`")
    else:
        yield ok("disk", f"{size(free)} free, the cache may take {size(limit) if limit else 'all of it'}")


def check_file_system(place: Place) -> Iterator[Finding]:
    """Say what the root's file system can do."""
    stem = f"{place.layout.tmp}/doctor-{os.getpid()}"
    names = [f"{stem}-{number}" for number in range(3)]
    try:
        can_link, can_clone = _try_out(*names)
    except OSError as error:
        yield broken("file system", f"{place.layout.tmp}: {error.strerror}", "put the cache on another disk")
        return
    finally:
        for name in names:
            if os.path.lexists(name):
                os.unlink(name)
    abilities = [
        "exclusive creation",
        *(["hard links"] if can_link else []),
        *(["reflinks"] if can_clone else []),
    ]
    yield ok("file system", f"has {', '.join(abilities)}")
    mode = place.loaded.settings.mode
    if mode == "hardlink" and not can_link:
        yield note("file system", "no hard links: outputs are copied", "set ZCCACHE_MODE=auto")
    if mode == "reflink" and not can_clone:
        yield note("file system", "no reflinks: outputs are copied", "put cache and builds on btrfs or xfs")


def _try_out(first: str, second: str, third: str) -> tuple[bool, bool]:
    """Return whether hard links and reflinks work; raise OSError where even plain files do not."""
    with open(first, "xb") as file:
        file.write(b"x" * 4096)
    try:
        open(first, "xb").close()
    except FileExistsError:
        pass
    else:
        raise OSError(0, "creates a file that exists: O_EXCL does not hold")
    try:
        os.link(first, second)
        can_link = os.stat(first).st_nlink == 2
    except OSError:
        can_link = False
    with open(first, "rb") as source, open(third, "xb") as target:
        return can_link, clone(source.fileno(), target.fileno())


def check_kernel() -> Iterator[Finding]:
    """Say whether the kernel lets a daemon watch many files."""
    try:
        limits = {name: _number(f"{_INOTIFY}/{name}") for name in ("max_user_watches", "max_user_instances")}
    except (OSError, ValueError):
        yield note("kernel events", "no inotify here: inputs are checked one by one", "nothing to do")
        return
    words = ", ".join(f"{name} {number}" for name, number in limits.items())
    if limits["max_user_watches"] < _LEAST_WATCHES:
        step = f"`sysctl fs.inotify.max_user_watches={_LEAST_WATCHES * 8}` saves a look at each header"
        yield note("kernel events", words, step)
    else:
        yield ok("kernel events", words)


def check_daemon(place: Place) -> Iterator[Finding]:
    """Say whether a daemon answers (one is started where none does), and what it cannot watch."""
    daemon = find_daemon(place)
    if isinstance(daemon, NoDaemon):
        if place.loaded.settings.no_spawn:
            yield note("daemon", "none runs, and ZCCACHE_NO_SPAWN is set", "unset it: hits get much faster")
            return
        try:
            start_daemon(place.env, place.cwd, insist=True)
        except ZccacheError as error:
            yield broken("daemon", str(error), f"read {place.layout.daemon_log}")
            return
        daemon = find_daemon(place)
    if not isinstance(daemon, Daemon):
        yield broken("daemon", daemon.why, f"read {place.layout.daemon_log}")
        return
    if daemon.version != VERSION:
        what = f"version {daemon.version}, this is {VERSION}"
        yield note("daemon", what, "`zccache stop`; the next compile starts the new one")
    else:
        yield ok("daemon", f"answers at {daemon.endpoint}, pid {daemon.pid}")
    if daemon.root != place.root.path:
        step = "unset ZCCACHE_ENDPOINT, or give both the same root"
        yield note("daemon", f"serves another root: {daemon.root}", step)
    yield from _uncovered(control(place, daemon, "status").fence)


def _uncovered(fence: object) -> Iterator[Finding]:
    by_cause = fence.get("uncovered_by") if isinstance(fence, dict) else None
    for cause, number in by_cause.items() if isinstance(by_cause, dict) else ():
        what = f"{number} hits were checked file by file: {_UNCOVERED.get(cause, cause)}"
        yield note("kernel events", what, "nothing to do: it is right, and a little slower")


def _number(path: str) -> int:
    with open(path, encoding="ascii") as file:
        return int(file.read())
