"""`zccache crashes`: what went wrong inside zccache, for whoever wants to report it."""

from zccache.cli.options import Options
from zccache.cli.place import Place
from zccache.common.crashes import Crashes

USAGE = """List the crash dumps, newest first, or delete them.

Usage:
  zccache crashes [--clear]

Options:
  --clear  delete them all
"""


def run(options: Options) -> int:
    """Print one path a line, or how many dumps were deleted."""
    dumps = Crashes(Place.of(options).refuse_bad_settings().layout.crashes)
    if options["--clear"]:
        count = dumps.clear()
        print(f"Deleted {count} crash dump{'' if count == 1 else 's'}.")
        return 0
    paths = dumps.files()
    print("\n".join(paths) if paths else "No crash dumps found.")
    return 0
