"""`zccache doctor`: what works here, what does not, and what to do about it."""

import platform
import sys
from collections.abc import Iterator

from zccache.cli.compiler_checks import check_compilers, check_names, check_programs
from zccache.cli.findings import Finding, Level, ok
from zccache.cli.options import Options
from zccache.cli.place import Place
from zccache.cli.place_checks import (
    check_daemon,
    check_file_system,
    check_kernel,
    check_root,
    check_settings,
)
from zccache.common.version import VERSION

USAGE = """Look at everything that zccache stands on, and compile a small file twice with each compiler.

It ends with 0 when nothing is broken, else with 1. A daemon is started where none runs.

Usage:
  zccache doctor [--endpoint E] [COMPILER...]

Options:
  --endpoint E  where the daemon listens: unix:PATH, an absolute path or tcp://127.0.0.1:PORT
"""

_WIDTH = 14


def run(options: Options) -> int:
    """Print each finding with its next step, and return whether something is broken."""
    named = options["COMPILER"]
    place = Place.of(options)
    is_broken = False
    for finding in _look(place, list(named) if isinstance(named, list) else []):
        print(f"{finding.level.value:7} {finding.about:{_WIDTH}} {finding.what}")
        if finding.next_step:
            print(f"{'':7} {'':{_WIDTH}} -> {finding.next_step}")
        sys.stdout.flush()
        is_broken = is_broken or finding.level is Level.BROKEN
    return int(is_broken)


def _look(place: Place, compilers: list[str]) -> Iterator[Finding]:
    versions = (
        f"zccache {VERSION}, Python {platform.python_version()}, {platform.system()} {platform.release()}"
    )
    yield ok("versions", versions)
    yield from check_programs(place)
    yield from check_settings(place)
    root = list(check_root(place))
    yield from root
    # Without a root there is no daemon, and nothing to compile into.
    if any(finding.level is Level.BROKEN for finding in root):
        return
    yield from check_file_system(place)
    yield from check_kernel()
    yield from check_daemon(place)
    yield from check_names(place)
    yield from check_compilers(place, compilers)
