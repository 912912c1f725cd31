"""Writes docs/limits.md, what is not cached and why, from the enum of reasons: `make docs`."""

import sys
from pathlib import Path
from typing import Final

from zccache.common.reasons import Reason

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


def limits_page() -> str:
    """Return the text of docs/limits.md."""
    return HEAD + "".join(f"| `{reason.word}` | {escape(reason.meaning)} |\n" for reason in Reason)


def escape(text: str) -> str:
    """Return text that stays in its cell and keeps its underscores."""
    return text.replace("|", "\\|").replace("__", "\\_\\_")


def main() -> int:
    """Write the page anew."""
    LIMITS.write_text(limits_page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
