"""Knows the command line of `zccache-daemon`; never what it serves."""

import gc
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from zccache.common.layout import Layout
    from zccache.common.settings import Settings
    from zccache.daemon.handlers import Handler, Outside
    from zccache.daemon.log import Log
    from zccache.daemon.shell import MakeHandler, Orders

USAGE: Final = """Answer compile requests of one cache root with warm memory.

The front starts a daemon by itself; this command is for service managers, containers and
the curious. It runs until it is idle for long enough or gets SIGTERM, and never puts itself
into the background. It logs to logs/daemon.log below the cache root, with --foreground to
stderr. Where another daemon serves the same root already, it says so and exits with 0.

Usage:
  zccache-daemon [options]

Options:
  --foreground        Log to stderr.
  --endpoint E        Listen there: unix:PATH, a path or tcp://127.0.0.1:PORT [env: ZCCACHE_ENDPOINT].
  --idle-timeout S    End after that many seconds without work; 0 for never [env: ZCCACHE_IDLE_TIMEOUT].
  --log-level L       debug, info, warning or error [env: ZCCACHE_LOG_LEVEL].
  --log-file F        Log to that file.
  --version           Print the version.
  -h, --help          Print this text.
"""
USAGE_STATUS: Final = 2


def main() -> int:
    """Run the daemon that answers compile requests and return its exit status."""
    return run(sys.argv[1:], _compile_service)


def run(argv: Sequence[str], make_handler: "MakeHandler") -> int:
    """Run a daemon with that handler as the words say and return its exit status."""
    # Nothing that the imports make is garbage; the shell turns collection on again.
    gc.disable()
    from zccache.common.errors import ZccacheError
    from zccache.daemon.shell import serve

    try:
        orders = _orders(argv)
        if os.getpid() == 1:
            from zccache.daemon.first_process import run_as_first_process

            return run_as_first_process(lambda: serve(orders, make_handler))
        return serve(orders, make_handler)
    except ZccacheError as error:
        print(f"zccache-daemon: {error}", file=sys.stderr)
        return error.exit_status


def _compile_service(layout: "Layout", settings: "Settings", outside: "Outside", log: "Log") -> "Handler":
    from zccache.daemon.compile_service import CompileService

    return CompileService(layout, settings, outside, log)


def _orders(argv: Sequence[str]) -> "Orders":
    """Return what the command line and the environment ask for; exit where it says something else."""
    from zccache.daemon.shell import Orders

    if not argv:
        # As fronts start it: nothing to parse, and docopt costs as much as half an interpreter.
        return Orders()
    from docopt import DocoptExit, docopt

    from zccache.common.errors import BadSetting
    from zccache.common.settings import BY_KEY
    from zccache.common.version import VERSION

    try:
        words = docopt(USAGE, list(argv), version=f"zccache-daemon {VERSION}", options_first=True)
    except DocoptExit as error:
        print(f"zccache-daemon: cannot make sense of `zccache-daemon {' '.join(argv)}`", file=sys.stderr)
        print(f"{error.usage.strip()}\nzccache-daemon --help tells more", file=sys.stderr)
        raise SystemExit(USAGE_STATUS) from error

    def setting(option: str, key: str) -> str | None:
        text: str | None = words[option]
        if text is not None:
            try:
                BY_KEY[key].parse(text)
            except ValueError as error:
                raise BadSetting(option, text, BY_KEY[key].allowed) from error
        return text

    idle_timeout = setting("--idle-timeout", "idle_timeout")
    _refuse_if_unwritable(words["--log-file"])
    return Orders(
        is_in_foreground=bool(words["--foreground"]),
        endpoint=words["--endpoint"],
        idle_timeout_s=None if idle_timeout is None else float(idle_timeout),
        log_level=setting("--log-level", "log_level"),
        log_file=words["--log-file"],
    )


def _refuse_if_unwritable(log_file: str | None) -> None:
    """Raise BadSetting where the named log could not be written: the log itself would say nothing."""
    from zccache.common.errors import BadSetting

    if log_file is None:
        return
    folder = os.path.dirname(os.path.abspath(log_file))
    # It is made with its first line, not before.
    place = log_file if os.path.exists(log_file) else folder
    if os.path.isdir(log_file) or not os.access(place, os.W_OK):
        raise BadSetting("--log-file", log_file, "a file that can be written, in a folder that is there")


if __name__ == "__main__":
    sys.exit(main())
