"""Writes docs/limits.md, what is not cached and why, from the enum of reasons: `make docs`."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from zccache.common.reasons import Reason
from zccache.common.tools.limits import describe_cl_limits, describe_limits, describe_link_limits

LIMITS: Final = Path(__file__).with_name("limits.md")

HEAD: Final = """\
# What is not cached, and why

Made by `make docs` from the list of reasons in the code; edit that, not this page.

A command that cannot be cached runs exactly as it would without zccache, and a result that cannot be
trusted is not kept. Each time is counted: `zccache status` shows the counters, and the journal
(`logs/compile_journal.jsonl` below the cache root) has the word on the line of the compile.

| word | why |
|---|---|
"""

OPTIONS: Final = """
## Options of gcc and clang

One that ends in `=` or `-` stands for all that begin so. An option that is not known is kept in the key
as it stands; where it looks as if it named a file to read or write, it counts as `unknown_option`.

| word | options |
|---|---|
"""

CL_OPTIONS: Final = """
## Options of cl and clang-cl

With a dash or a slash; what stands behind an option's name may be glued to it. `/Zi` is passed on by cl
alone. An option that is not known counts as `unknown_option`.

| word | options |
|---|---|
"""

LINKER_WORDS: Final = """
## Words of linkers

Typed to a linker, or handed to it by `-Wl,` and `-Xlinker`. A word that is not known counts as
`unknown_option`.

| word | words |
|---|---|
"""


def limits_page() -> str:
    """Return the text of docs/limits.md."""
    reasons = "".join(f"| `{reason.word}` | {escape(reason.meaning)} |\n" for reason in Reason)
    return "".join(
        (
            HEAD,
            reasons,
            OPTIONS,
            rows(describe_limits()),
            CL_OPTIONS,
            rows(describe_cl_limits()),
            LINKER_WORDS,
            rows(describe_link_limits()),
        )
    )


def rows(examples: Mapping[Reason, tuple[str, ...]]) -> str:
    """Return the rows of a table of spellings by reason."""
    return "".join(
        f"| `{reason.word}` | {' '.join(f'`{spelling}`' for spelling in spellings)} |\n"
        for reason, spellings in examples.items()
    )


def escape(text: str) -> str:
    """Return text that stays in its cell and keeps its underscores."""
    return text.replace("|", "\\|").replace("__", "\\_\\_")


def main() -> int:
    """Write the page anew."""
    LIMITS.write_text(limits_page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
