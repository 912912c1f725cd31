"""Sessions over real processes: what outlives a daemon, what a journal holds, what the daemon keeps open."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from daemons import daemon_pid
from fronts import make_front
from tools import require_tool
from waiting import wait_until

COMMANDS = Path(sys.executable).parent / "zccache-cli"


@dataclass(frozen=True)
class Site:
    """A folder to build in, the front there, and a cache root."""

    folder: Path
    front: Path
    root: Path

    def compile(self, *words: str, session: str = "", **env: str) -> None:
        """Compile through the cache."""
        whole = {**os.environ, "ZCCACHE_SESSION_ID": session, **env}
        subprocess.run([self.front, "gcc", *words], cwd=self.folder, env=whole, check=True, timeout=60)

    def command(self, *words: str) -> str:
        """Run a command and return what it printed."""
        done = subprocess.run(
            [COMMANDS, *words], cwd=self.folder, check=True, capture_output=True, text=True, timeout=60
        )
        return done.stdout

    def start(self, *words: str) -> str:
        """Begin a session and return its id."""
        session: str = json.loads(self.command("session-start", "--format", "json", *words))["session_id"]
        return session

    def stats(self, session: str) -> Mapping[str, object]:
        """Return what a session has seen."""
        told: dict[str, object] = json.loads(self.command("session-stats", session, "--json"))
        return told

    def journal(self) -> list[dict[str, object]]:
        """Return the lines of the global journal."""
        self.command("status")
        path = self.root / "logs" / "compile_journal.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def site(tmp_path: Path, cache_root: Path) -> Site:
    """Hand out a folder with a source, x.c, that includes x.h."""
    require_tool("gcc", "gcc")
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "x.h").write_text("#define X 1\n")
    (folder / "x.c").write_text('#include "x.h"\nint x = X;\n')
    return Site(folder, make_front("native", tmp_path).program, cache_root)


def test_a_session_outlives_the_daemon_and_counts_what_is_compiled_without_one(site: Site) -> None:
    session = site.start("--stats", "--journal", "build.jsonl")
    site.compile("-c", "x.c", session=session)
    site.command("stop")
    site.compile("-c", "x.c", session=session, ZCCACHE_NO_SPAWN="1")

    site.compile("-c", "x.c", session=session)

    stats = site.stats(session)
    assert (stats["compilations"], stats["hits"], stats["misses"]) == (3, 2, 1)
    assert stats["active"] is True
    lines = [json.loads(line) for line in (site.folder / "build.jsonl").read_text().splitlines()]
    assert [line["outcome"] for line in lines] == ["miss", "hit", "hit"]
    assert site.journal() == lines


def test_a_new_session_finds_what_the_daemon_has_in_memory(site: Site) -> None:
    for _ in range(2):
        site.compile("-c", "x.c")
    log = site.folder / "build.log"

    session = site.start("--log", str(log))
    site.compile("-c", "x.c", session=session)

    site.stats(session)
    assert log.read_text() == "[HIT_FAST] x.c -> x.o\n"


def test_two_sessions_do_not_see_each_other(site: Site) -> None:
    one, other = site.start("--stats"), site.start("--stats", "--log", "other.log")

    site.compile("-c", "x.c", session=one)
    site.compile("-c", "x.c", session=other.upper())

    assert [(site.stats(it)["hits"], site.stats(it)["misses"]) for it in (one, other)] == [(0, 1), (1, 0)]
    # Whether the daemon has made the result ready in memory by then is a matter of how busy it is.
    assert (site.folder / "other.log").read_text().replace("_FAST", "") == "[HIT] x.c -> x.o\n"
    assert [line["session_id"] for line in site.journal()] == [one, other]


def test_the_journal_and_the_log_tell_why_a_command_missed(site: Site) -> None:
    session = site.start("--log", "build.log")
    site.compile("-c", "x.c", session=session)
    (site.folder / "x.h").write_text("#define X 22\n")
    site.compile("-c", "x.c", session=session)
    site.compile("-c", "x.c", session=session, ZCCACHE_RECACHE="1")
    for blob in (site.root / "artifacts").glob("*/*"):
        blob.unlink()
    site.command("stop")
    site.compile("-c", "x.c", session=session)
    header = site.folder / "x.h"

    lines = site.journal()

    assert [line["miss_reason"] for line in lines] == [
        "context_not_found",
        "input_fingerprint_mismatch",
        "recache",
        "no_artifact_for_key",
    ]
    assert len({line["context_key"] for line in lines}) == 1
    assert (site.folder / "build.log").read_text() == (
        "[MISS] x.c -> x.o (reason: context_not_found)\n"
        f"[MISS] x.c -> x.o (reason: input_fingerprint_mismatch: {header})\n"
        "[MISS] x.c -> x.o (reason: recache)\n"
        "[MISS] x.c -> x.o (reason: no_artifact_for_key)\n"
    )


def test_a_failed_compile_is_told_with_the_reason_for_not_keeping_it(site: Site) -> None:
    session = site.start("--stats", "--log", "build.log")
    (site.folder / "x.c").write_text("int x = ;\n")

    with pytest.raises(subprocess.CalledProcessError):
        site.compile("-c", "x.c", session=session)

    stats = site.stats(session)
    assert stats["not_recorded_reasons"] == {"compile_failed": 1}
    text = "[MISS] x.c -> x.o (reason: context_not_found; not kept: compile_failed)\n"
    assert (site.folder / "build.log").read_text() == text


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_the_daemon_holds_no_file_of_a_session(site: Site) -> None:
    session = site.start("--stats", "--journal", "build.jsonl", "--log", "build.log")
    site.compile("-c", "x.c", session=session)
    assert wait_until((site.folder / "build.jsonl").read_bytes)

    site.command("session-end", session)

    pid = daemon_pid(site.root)
    opened = {os.readlink(fd) for fd in Path(f"/proc/{pid}/fd").iterdir() if fd.is_symlink()}
    assert not [path for path in opened if path.startswith(str(site.folder))]


def test_a_session_whose_files_are_gone_fails_no_compile(site: Site) -> None:
    logs = site.folder / "logs"
    logs.mkdir()
    session = site.start("--stats", "--journal", "logs/build.jsonl", "--log", "logs/build.log")
    for path in logs.iterdir():
        path.unlink()
    logs.rmdir()

    site.compile("-c", "x.c", session=session)

    assert site.stats(session)["misses"] == 1
    assert not logs.exists()


def test_a_journal_is_begun_anew_and_a_log_goes_on(site: Site) -> None:
    for name in ("build.jsonl", "build.log"):
        (site.folder / name).write_text("{}\n")

    site.start("--journal", "build.jsonl", "--log", "build.log")

    assert [(site.folder / name).read_text() for name in ("build.jsonl", "build.log")] == ["", "{}\n"]


def test_a_readonly_compile_is_counted_for_no_session(site: Site) -> None:
    session = site.start("--stats")

    site.compile("-c", "x.c", session=session, ZCCACHE_READONLY="1")

    assert site.stats(session)["compilations"] == 0


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_a_shell_can_eval_what_is_printed_quoted_or_not(site: Site, shell: str) -> None:
    require_tool(shell, shell)
    script = """
        eval "$(zccache session-start --stats)"; echo $ZCCACHE_SESSION_ID; sh -c 'echo $ZCCACHE_SESSION_ID'
        eval $(zccache session-start --stats --log build.log); echo $ZCCACHE_SESSION_ID
    """
    env = {**os.environ, "PATH": f"{COMMANDS.parent}:{os.environ['PATH']}"}

    done = subprocess.run(
        [shell, "-c", script], cwd=site.folder, env=env, capture_output=True, text=True, timeout=60
    )

    first, inherited, second = done.stdout.split()
    assert done.stderr == ""
    assert first == inherited != second
    assert site.stats(second)["stats_enabled"] is True
