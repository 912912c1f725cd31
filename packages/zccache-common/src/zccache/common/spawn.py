"""Starting a daemon: one starter at a time, detached from whoever starts it, done when it answers.

The native front does the same, with the same lock and the same marker.
"""

import contextlib
import os
import time
from collections.abc import Mapping
from typing import ClassVar, Final, NoReturn

from zccache.common.errors import DaemonSilent, DaemonUnreachable, WireBroken, ZccacheError
from zccache.common.layout import Layout, find_root
from zccache.common.locks import has_ended, start_lock
from zccache.common.paths import find_sibling
from zccache.common.wire.control import ask
from zccache.common.wire.endpoint import Endpoint, parse_endpoint

DAEMON: Final = "zccache-daemon"
START_WITHIN_S: Final = 10.0
# After a failed start nobody tries again for so long: a build must not pay once for each of its files.
RETRY_AFTER_S: Final = 30.0
_POLL_S: Final = 0.005
_PING_S: Final = 1.0
# What is meant for the compiler or its front alone, and would change the Python that a daemon runs in.
_NOT_FOR_A_DAEMON: Final = frozenset(
    (
        "LD_PRELOAD",
        "DYLD_INSERT_LIBRARIES",
        "PYTHONHOME",
        "PYTHONPATH",
        "MAKEFLAGS",
        "ZCCACHE_GUARD",
        "ZCCACHE_DEBUG",
        "ZCCACHE_LOG",
    )
)


class NotStarted(ZccacheError):
    """No daemon could be started."""

    exit_status: ClassVar[int] = DaemonUnreachable.exit_status

    def __init__(self, endpoint: Endpoint, why: str) -> None:
        super().__init__(f"daemon at {endpoint} could not be started: {why}")


def endpoint_of(env: Mapping[str, str], cwd: str) -> Endpoint:
    """Return where the daemon of this environment listens; raises BadSetting or RootUnusable."""
    layout = Layout(find_root(env, cwd).path)
    if named := env.get("ZCCACHE_ENDPOINT", ""):
        return parse_endpoint(named, cwd, layout.sockets)
    return Endpoint(layout.daemon_socket)


def start_daemon(env: Mapping[str, str], cwd: str, *, insist: bool = False) -> bool:
    """Return when a daemon answers: True if it is a new one, False if it was there already.

    insist tries even shortly after a failure. Raises NotStarted with the cause, RootUnusable
    or BadSetting.
    """
    from filelock import Timeout

    layout = Layout(find_root(env, cwd).path)
    layout.create()
    endpoint = endpoint_of(env, cwd)
    if not insist:
        _respect_failure(layout, endpoint)
    try:
        with start_lock(layout, timeout_s=START_WITHIN_S):
            if _answers_or_makes_way(endpoint):
                return False
            if not insist:
                _respect_failure(layout, endpoint)
            _start(layout, endpoint, env)
    except Timeout:
        # Who holds it may be stopped, and hold it for long: one wait is enough for all.
        _mark_failure(layout)
        raise NotStarted(endpoint, f"another process has been at it for {START_WITHIN_S:.0f} s") from None
    return True


def answers(endpoint: Endpoint) -> bool:
    """Tell whether a daemon answers there."""
    try:
        ask(endpoint, {"command": "ping"}, timeout_s=_PING_S)
    except (DaemonUnreachable, WireBroken):
        return False
    return True


def _respect_failure(layout: Layout, endpoint: Endpoint) -> None:
    try:
        age_s = time.time() - os.stat(layout.start_failed).st_mtime
    except FileNotFoundError:
        return
    if 0 <= age_s < RETRY_AFTER_S:
        raise NotStarted(endpoint, f"the last try was {age_s:.0f} s ago; `zccache start` tries again at once")


def _mark_failure(layout: Layout) -> None:
    with contextlib.suppress(OSError), open(layout.start_failed, "w", encoding="utf-8"):
        pass


def _answers_or_makes_way(endpoint: Endpoint) -> bool:
    """Tell whether a daemon answers; one that is silent is put aside, and its successor ends it."""
    try:
        ask(endpoint, {"command": "ping"}, timeout_s=_PING_S)
    except (DaemonSilent, WireBroken):
        with contextlib.suppress(OSError):
            os.rename(endpoint.path, endpoint.put_aside.path)
        return False
    except DaemonUnreachable:
        return False
    return True


def _start(layout: Layout, endpoint: Endpoint, env: Mapping[str, str]) -> None:
    try:
        program = find_sibling(DAEMON, env)
        if program is None:
            raise NotStarted(endpoint, f"{DAEMON} is neither beside zccache nor on PATH; install {DAEMON}")
        _wait_for(program, _detach(program, _daemon_env(env, layout, endpoint)), endpoint)
    except NotStarted:
        _mark_failure(layout)
        raise
    with contextlib.suppress(FileNotFoundError):
        os.unlink(layout.start_failed)


def _wait_for(program: str, pid: int, endpoint: Endpoint) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    is_gone = False
    while not answers(endpoint):
        if is_gone:
            raise NotStarted(endpoint, f"it ended at once; `{program} --foreground` shows why")
        if time.monotonic() > deadline:
            raise NotStarted(endpoint, f"{program} (pid {pid}) does not answer after {START_WITHIN_S:.0f} s")
        # Asked once more after its end: it may have met a daemon that was started by hand.
        is_gone = has_ended(pid)
        time.sleep(_POLL_S)


def _daemon_env(env: Mapping[str, str], layout: Layout, endpoint: Endpoint) -> dict[str, str]:
    """Return the environment for a process whose folder is another: its relative paths made absolute."""
    own = {name: value for name, value in env.items() if name not in _NOT_FOR_A_DAEMON}
    if own.get("ZCCACHE_CACHE_DIR"):
        own["ZCCACHE_CACHE_DIR"] = layout.root
    if own.get("ZCCACHE_ENDPOINT"):
        own["ZCCACHE_ENDPOINT"] = str(endpoint)
    return own


def _detach(program: str, env: dict[str, str]) -> int:
    """Start the program as nobody's child, in its own session, with nothing of ours open; return its pid.

    Twice forked: the front may become a compiler, whose waiting must not find a child that it never had.
    """
    read_fd, write_fd = os.pipe()
    middle = os.fork()
    if middle == 0:
        _leave_a_daemon_behind(program, env, write_fd)
    os.close(write_fd)
    with open(read_fd, "rb") as report:
        told = report.read()
    os.waitpid(middle, 0)
    return int(told or b"0")


def _leave_a_daemon_behind(program: str, env: dict[str, str], report_fd: int) -> NoReturn:
    try:
        os.setsid()
        pid = os.fork()
        if pid:
            os.write(report_fd, str(pid).encode())
        else:
            os.chdir("/")
            null = os.open(os.devnull, os.O_RDWR)
            for fd in (0, 1, 2):
                os.dup2(null, fd)
            os.closerange(3, os.sysconf("SC_OPEN_MAX"))
            _restore_signals()
            os.execve(program, [DAEMON], env)
    finally:
        os._exit(0)


def _restore_signals() -> None:
    import signal

    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
