"""`zccache replay`: a recorded build, run again."""

import hashlib
import os
import re
import sys
import tempfile

from zccache.cli import origin
from zccache.cli.amounts import count
from zccache.cli.journal_lines import HANDED_ON, Told, read_lines
from zccache.cli.options import Options
from zccache.common.command.invocation import Invocation
from zccache.common.journal import REDACTED
from zccache.common.values import dataclass, field

USAGE = """Run the commands of a journal again, one after another, and tell which files come out different.

Each runs in its folder, with the recorded variables laid over those of the caller, through the cache.
It ends with 1 where a status or a file differs from before, or a command could not be run.

Usage:
  zccache replay [--bare] [--session ID] [--quiet] JOURNAL

Options:
  --bare        run the compilers without the cache
  --session ID  only the commands of this session
  --quiet       show nothing of what the commands print
"""


@dataclass(slots=True)
class _Replay:
    """A replay as it goes on: what lay where its commands may write before the first of them ran."""

    is_bare: bool
    is_quiet: bool
    folder: str
    before: dict[str, str | None] = field(default_factory=dict)
    ran: int = 0
    skipped: int = 0
    differences: list[str] = field(default_factory=list)

    def scratch(self, found: re.Match[str]) -> str:
        """Return the folder that stands in for one in which the steps of a command handed on files."""
        folder = f"{self.folder}/{found[1]}/"
        os.makedirs(folder, exist_ok=True)
        return folder


def run(options: Options) -> int:
    """Run the commands, report each difference, and return whether there was one."""
    try:
        lines = read_lines(str(options["JOURNAL"]))
    except OSError as error:
        print(f"zccache replay: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    session = options["--session"]
    with tempfile.TemporaryDirectory(prefix="zccache-replay-") as folder:
        replay = _Replay(
            bool(options["--bare"]), bool(options["--quiet"]), folder, skipped=len(lines.malformed)
        )
        for told in lines.commands:
            if session is None or told.session == str(session).lower():
                _run_again(told, replay)
    files = {path: digest for path, digest in replay.before.items() if digest is not None}
    for path, digest in files.items():
        now = _digest(path)
        if now != digest:
            replay.differences.append(f"{'is gone' if now is None else 'differs'}: {path}")
    print("".join(f"{difference}\n" for difference in replay.differences), end="")
    compared = f"{count(len(files), 'file')} compared, {count(len(replay.differences), 'difference')}"
    skipped = f", {replay.skipped} left out" if replay.skipped else ""
    print(f"{count(replay.ran, 'command')} run again{skipped}: {compared}.")
    return 1 if replay.differences or replay.skipped else 0


def _run_again(told: Told, replay: _Replay) -> None:
    """Run one command, and note where its end differs from the recorded one."""
    import subprocess

    args = tuple(HANDED_ON.sub(replay.scratch, word) for word in told.args)
    words = [told.compiler, *args]
    if any(REDACTED in word for word in words):
        replay.skipped += 1
        print(f"left out, its words held a secret: {' '.join(words)}")
        return
    env = {**origin.decoded(origin.environment()), **dict(told.env)}
    for path in _places(Invocation(told.compiler, args, told.cwd, env)):
        if path not in replay.before:
            replay.before[path] = _digest(path)
    # Nothing of ours may come behind what a command prints.
    sys.stdout.flush()
    try:
        done = subprocess.run(
            words if replay.is_bare else [*_front(), *words],
            cwd=told.cwd,
            env=env | ({"ZCCACHE_DISABLE": "1"} if replay.is_bare else {}),
            stdin=subprocess.DEVNULL,
            capture_output=replay.is_quiet,
            check=False,
        )
    except OSError as error:
        replay.skipped += 1
        print(f"left out, it cannot be run: {error.filename or told.compiler}: {error.strerror}")
        return
    replay.ran += 1
    if done.returncode != told.exit_code:
        ended = f"status {done.returncode}, it was {told.exit_code}"
        replay.differences.append(f"{ended}: {' '.join(words)} (in {told.cwd})")


def _front() -> list[str]:
    """Return the words before a compiler that lead through the cache."""
    beside = os.path.join(os.path.dirname(sys.argv[0]), "zccache")
    return [beside] if os.access(beside, os.X_OK) else [sys.executable, sys.argv[0], "wrap", "--"]


def _places(invocation: Invocation) -> list[str]:
    """Return where the command may write, as far as its words tell."""
    return list(dict.fromkeys(map(os.path.normpath, invocation.named_places())))


def _digest(path: str) -> str | None:
    """Return what a regular file holds, or None where there is none."""
    if not os.path.isfile(path):
        return None
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
