"""Knows how a daemon's parts are put together, and the order in which it comes and goes."""

import contextlib
import gc
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from zccache.common.crashes import Crashes
from zccache.common.layout import Layout, find_root
from zccache.common.settings import Problem, Settings, home_of, load
from zccache.common.version import VERSION
from zccache.common.wire.endpoint import Endpoint, parse_endpoint
from zccache.daemon.handlers import Door, Handler, Outside
from zccache.daemon.late_handler import LateHandler
from zccache.daemon.lifetime import Claim, Lifetime
from zccache.daemon.log import Log
from zccache.daemon.pool import Pool
from zccache.daemon.reception import BACKLOG, Reception
from zccache.daemon.server import Limits, Server

MOST_CONNECTIONS: Final = 4096
# Descriptors that are not connections: the index in every thread, files being hashed, pipes of probes.
_DESCRIPTORS_FOR_WORK: Final = 256
_POOL_THREADS: Final = max(4, min(16, (os.cpu_count() or 1) * 2))
# A pool thread that computes in Python lets the loop go on after this; the default of 5 ms is many hits long.
_SWITCH_S: Final = 0.0005


class Orders(NamedTuple):
    """What the command line asks for; None leaves it to the environment and the user's file."""

    is_in_foreground: bool = False
    endpoint: str | None = None
    idle_timeout_s: float | None = None
    log_level: str | None = None
    log_file: str | None = None


class _Outside(NamedTuple):
    """What a handler sees of server and pool."""

    server: Server
    pool: Pool

    def answer(self, connection_id: int, frame: bytes) -> None:
        self.server.answer(connection_id, frame)

    def is_waiting(self, connection_id: int) -> bool:
        return self.server.is_waiting(connection_id)

    def submit(self, work: Callable[[], None], connection_id: int | None = None) -> None:
        self.pool.submit(work, connection_id)

    def is_held_up(self) -> bool:
        return self.pool.is_held_up()


MakeHandler = Callable[[Layout, Settings, Outside, Log], Handler]


class _Site(NamedTuple):
    """Where a daemon lives, and by which rules."""

    layout: Layout
    endpoint: Endpoint
    settings: Settings
    problems: tuple[Problem, ...]
    lines: Log


def serve(orders: Orders, make_handler: MakeHandler) -> int:
    """Be the daemon of the environment's cache root until there is a reason to end; return the exit status.

    Raises RootUnusable, BadSetting, LockHeld, and AlreadyRunning (whose exit status is 0).
    """
    os.umask(0o077)
    # A build tool may have blocked signals around the start of its jobs; a mask outlives exec.
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    site = _find_site(orders)
    # Our folder must not keep a file system from being unmounted.
    os.chdir("/")
    claim = Claim(site.layout, site.endpoint)
    claim.take()
    try:
        with _fatal_signals_leave_a_trace(site.layout):
            _live(site, claim, make_handler)
    except BaseException as error:
        path = Crashes(site.layout.crashes).write("daemon", "end", error, {})
        site.lines.error(f"pid {os.getpid()} ends by {type(error).__name__}: {error}; see {path}")
        raise
    finally:
        claim.release()
        site.lines.close()
    return 0


def _find_site(orders: Orders) -> _Site:
    cwd = os.getcwd()
    layout = Layout(find_root(os.environ, cwd).path)
    layout.create()
    loaded = load(os.environ, "/", home_of(os.environ))
    settings = loaded.settings
    if orders.idle_timeout_s is not None:
        settings = settings._replace(idle_timeout_s=orders.idle_timeout_s)
    if orders.log_level is not None:
        settings = settings._replace(log_level=orders.log_level)
    named = orders.endpoint or settings.endpoint
    endpoint = parse_endpoint(named, cwd, layout.sockets) if named else Endpoint(layout.daemon_socket)
    path = None if orders.is_in_foreground else layout.daemon_log
    if orders.log_file is not None:
        path = os.path.join(cwd, orders.log_file)
    return _Site(layout, endpoint, settings, loaded.problems, Log(path, settings.log_level))


def _live(site: _Site, claim: Claim, make_handler: MakeHandler) -> None:
    lines = site.lines
    for problem in site.problems:
        lines.warning(str(problem))
    limits = Limits(connections=_most_connections())
    listener, token = claim.listen(BACKLOG)
    server = Server(Reception(listener, os.geteuid(), lines, token), limits, lines)
    _obey_signals(server)
    pool = Pool(_POOL_THREADS)
    outside = _Outside(server, pool)

    def stop(reason: str) -> None:
        # Before the answer goes out: its reader may start the next daemon at once, which must not find us.
        claim.retire()
        server.stop(reason)

    def make() -> Handler:
        made = make_handler(site.layout, site.settings, outside, lines)
        # What lives as long as the daemon need not be walked by every collection.
        gc.freeze()
        gc.set_threshold(20_000, 20, 100)
        gc.enable()
        return made

    handler = LateHandler(make, outside, stop)
    door = Door(
        handler,
        outside,
        _facts(site),
        stop=stop,
        is_stopping=lambda: server.is_stopping,
        crashes=Crashes(site.layout.crashes),
        log=lines,
    )
    pool.on_crash(door.work_crashed)
    claim.publish()
    if claim.displaced:
        lines.warning(f"pid {os.getpid()} takes the place of pid {claim.displaced}, which answered nothing")
    lines.info(f"pid {os.getpid()} version {VERSION} serves {site.layout.root} at {site.endpoint}")
    sys.setswitchinterval(_SWITCH_S)
    # Not before: its imports would take the interpreter away from what a front waits for.
    handler.start()
    reason = server.serve(door, Lifetime(claim, site.settings.idle_timeout_s), pool.is_busy)
    pool.close(limits.drain_s)
    door.close()
    if handler.failure is not None:
        raise handler.failure
    lines.info(f"pid {os.getpid()} ends: {reason}")


def _facts(site: _Site) -> dict[str, object]:
    """Return what a ping tells."""
    return {
        "pid": os.getpid(),
        "version": VERSION,
        "root": site.layout.root,
        "endpoint": str(site.endpoint),
        "started_ns": time.time_ns(),
    }


def _most_connections() -> int:
    """Raise the limit of descriptors as far as we may, and return how many connections fit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + _DESCRIPTORS_FOR_WORK
    limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    return max(1, min(MOST_CONNECTIONS, limit - _DESCRIPTORS_FOR_WORK))


def _obey_signals(server: Server) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda caught, _frame: server.stop(f"signal {signal.Signals(caught).name}"))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


@contextlib.contextmanager
def _fatal_signals_leave_a_trace(layout: Layout) -> Iterator[None]:
    """Have a death by SIGSEGV and its kin write its stacks; the next start makes a crash dump of them."""
    import faulthandler

    path = f"{layout.logs}/daemon.fatal"
    with open(path, "a+", encoding="utf-8", errors="replace") as file:
        file.seek(0)
        if text := file.read():
            Crashes(layout.crashes).write_text("daemon", "fatal-signal", text)
            file.truncate(0)
        faulthandler.enable(file)
        try:
            yield
        finally:
            faulthandler.disable()
