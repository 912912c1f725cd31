"""`zccache cache-root`: the folder of the cache, for scripts."""

import json

from zccache.cli.options import Options
from zccache.cli.place import Place

USAGE = """Print the folder of everything that zccache keeps.

Usage:
  zccache cache-root [--json]

Options:
  --json  print {"cache_root": ..., "source": ...}; the source says which rule chose it
"""


def run(options: Options) -> int:
    """Print the root; it need not exist yet."""
    root = Place.of(options).refuse_bad_settings().root
    print(json.dumps({"cache_root": root.path, "source": root.source}) if options["--json"] else root.path)
    return 0
