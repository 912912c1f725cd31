"""What a command line asks for, by its usage text; a command line that does not fit it ends here."""

import sys
from collections.abc import Mapping

USAGE_STATUS = 2

Options = Mapping[str, str | bool | list[str] | None]


def parse(usage: str, words: list[str], *, options_first: bool = False) -> Options:
    """Return the options by name; print the usage and leave with 2 where the words do not fit it.

    --help prints the usage and leaves with 0.
    """
    from docopt import DocoptExit, docopt

    if "--help" in words or "-h" in words:
        print(usage, end="")
        raise SystemExit(0)
    try:
        return dict(docopt(usage, words, default_help=False, options_first=options_first))
    except DocoptExit as error:
        print(f"zccache: cannot make sense of `zccache {' '.join(words)}`", file=sys.stderr)
        print(f"{error.usage.strip()}\nzccache --help tells more", file=sys.stderr)
        raise SystemExit(USAGE_STATUS) from None
