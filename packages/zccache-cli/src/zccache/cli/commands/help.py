"""`zccache help`: the usage of zccache or of one command."""

import sys
from importlib import import_module

from zccache.cli.commands import COMMANDS
from zccache.cli.options import USAGE_STATUS, Options

USAGE = """Print the usage of zccache, or of one command.

Usage:
  zccache help [COMMAND]
"""


def run(options: Options) -> int:
    """Print a usage text."""
    from zccache.cli import main

    name = options["COMMAND"]
    if isinstance(name, str) and name in COMMANDS:
        print(import_module(f"zccache.cli.commands.{COMMANDS[name]}").USAGE, end="")
        return 0
    if name is not None:
        print(f"zccache help: there is no command '{name}'; zccache help lists them", file=sys.stderr)
        return USAGE_STATUS
    print(main.USAGE, end="")
    return 0
