"""The commands that are not compiles: which word leads to which file, and how they end."""

import io
import os
import sys
from importlib import import_module

from zccache.cli import origin
from zccache.cli.commands import COMMANDS, is_command
from zccache.common.errors import ZccacheError
from zccache.common.version import VERSION

USAGE = """A compiler cache: put it before the compiler, or in the compiler's place on PATH.

Usage:
  zccache [--strict-paths=MODE] [wrap [--]] PROGRAM [ARGUMENT...]
  zccache COMMAND [ARGUMENT...]
  zccache -h | --help
  zccache -V | --version

Commands (zccache COMMAND --help tells more):
  start          start the daemon (a compile does so by itself)
  stop, kill     stop the daemon
  status         show hits, misses, time saved and what the cache holds
  clear          remove everything that is cached
  trim           remove what was not used for longest, down to a size or by age
  verify         check every byte of the cache, and repair it
  doctor         look for what is wrong here, and say what to do about it
  cache-root     print the folder of the cache
  crashes        list or delete crash dumps
  config         show every setting, its value and where it comes from
  session-start  begin to count, and to write down, what one build does
  session-stats  show what a session has seen
  session-end    end a session, and show what it has seen
  why            tell why a command was not in the cache
  inspect        show what the cache holds of a file or of a key
  analyze        tell from a journal what was slow, and what missed
  replay         run the commands of a journal again, and compare what they make

As other caches call them:
  -s, --show-stats    status
  -z, --zero-stats    status --zero
  --start-server      start
  --stop-server       stop
  --clear             clear

Options:
  -h, --help             print this text
  -V, --version          print the version
  --strict-paths=MODE    do not compile where paths of headers are spelled in ways that may be taken for
                         two: consistent, absolute (without a MODE) or off
"""

ALIASES = {
    "-s": ["status"],
    "--show-stats": ["status"],
    "-z": ["status", "--zero"],
    "--zero-stats": ["status", "--zero"],
    "--start-server": ["start"],
    "--stop-server": ["stop"],
    "--clear": ["clear"],
}


_CANNOT_WRITE = 74
_OUR_FAULT = 70


def main() -> int:
    """Be `zccache-cli` and return the exit status."""
    words = origin.without_options(sys.argv[1:])
    if not is_command(words):
        # Before anything else is imported: here the native front comes when it has no daemon.
        from zccache.cli.wrapper import wrap

        os._exit(wrap(words))
    return run(words)


def run(words: list[str]) -> int:
    """Carry out one command and return its exit status."""
    _be_able_to_print()
    if not words:
        print(USAGE, end="")
        return 1
    name, *rest = [*ALIASES.get(words[0], words[:1]), *words[1:]]
    try:
        if name in COMMANDS:
            return _command(name, rest)
        return _top(words)
    except ZccacheError as error:
        print(f"zccache: {error}", file=sys.stderr)
        return error.exit_status
    except BrokenPipeError:
        _print_no_more()
        return 0
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        # Files tell their name, and what a daemon or the index cannot do is an error of ours.
        if error.filename is None:
            _print_no_more()
        what = error.filename or "standard output"
        print(f"zccache {name}: {what}: {error.strerror}; it may be half done", file=sys.stderr)
        return _CANNOT_WRITE
    except Exception as error:  # noqa: BLE001 (the door: a traceback is for the dump, not for people)
        dump = _crash_dump(name, error)
        what = f"an error of zccache's own, {type(error).__name__}: {error}"
        print(f"zccache {name}: {what}; please report it with {dump or 'these words'}", file=sys.stderr)
        return _OUR_FAULT


def _be_able_to_print() -> None:
    """Have all three streams, also where the caller has closed them, and any path printable."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # Taken in their order, the lowest free descriptors are those that were closed.
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 (for good)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="surrogateescape")


def _print_no_more() -> None:
    """Let the interpreter's last flush go to nobody, who cannot complain about it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _crash_dump(name: str, error: Exception) -> str | None:
    from zccache.common.crashes import Crashes
    from zccache.common.layout import Layout, find_root

    try:
        root = find_root(origin.decoded(origin.environment()), os.getcwd()).path
    except (ZccacheError, OSError):
        return None
    return Crashes(Layout(root).crashes).write("cli", name, error, {})


def _command(name: str, words: list[str]) -> int:
    from zccache.cli.options import parse

    if isinstance(sys.stdout, io.TextIOWrapper):
        # A file's name may be no text at all: it is shown as its bytes.
        sys.stdout.reconfigure(errors="surrogateescape")
    module = import_module(f"zccache.cli.commands.{COMMANDS[name]}")
    status: int = module.run(parse(module.USAGE, [name, *words]))
    sys.stdout.flush()
    return status


def _top(words: list[str]) -> int:
    from zccache.cli.options import parse

    options = parse(USAGE, words, options_first=True)
    if options["--version"]:
        print(f"zccache {VERSION}")
    else:
        print(USAGE, end="")
    return 0
