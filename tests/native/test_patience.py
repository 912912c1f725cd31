"""How long the front waits for a daemon that goes on saying BUSY; with a limit that a test can wait for."""

import fcntl
import subprocess
from pathlib import Path

import pytest

from fake_daemon import Call, FakeDaemon, busy, hit, says, says_and_hangs_up, wait_until_settled
from native_front import SOURCE, Front, cold_words
from tools import require_tool

LIMITS = {
    "ANSWER_AT_LAST_MS = 120000": "ANSWER_AT_LAST_MS = 500",
    "START_WITHIN_MS = 10000": "START_WITHIN_MS = 500",
}
COMPILE = ("gcc", "-c", "x.c")


@pytest.fixture
def hasty(cache_root: Path, tmp_path: Path) -> Front:
    """Hand out a front that waits half a second at most."""
    folder = tmp_path / "native"
    folder.mkdir()
    for path in SOURCE.parent.glob("*.[ch]"):
        text = path.read_text()
        for limit, short in LIMITS.items():
            assert path.name != "wire.h" or limit in text
            text = text.replace(limit, short)
        (folder / path.name).write_text(text)
    source, binary = folder / SOURCE.name, folder / "zccache"
    words = [require_tool("gcc", "gcc"), "-std=c11", "-D_GNU_SOURCE", "-o", str(binary), str(source)]
    subprocess.run(words, check=True, timeout=60)
    return Front(binary, cache_root, tmp_path)


def test_a_start_that_somebody_holds_up_is_waited_for_once(hasty: Front) -> None:
    hasty.install("zccache-daemon", "#!/bin/sh\nexit 1\n")
    lock = hasty.root / "locks" / "start.lock"
    lock.parent.mkdir(parents=True)
    starts = {"ZCCACHE_NO_SPAWN": "0"}

    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        first = hasty.run(*COMPILE, env=starts)
        second = hasty.run(*COMPILE, env=starts)

    assert first.stdout == cold_words("start_timeout", COMPILE)
    assert second.stdout == cold_words("start_failed_recently", COMPILE)


def is_busy_for_ever(call: Call) -> None:
    """Say BUSY until the caller goes."""
    call.say_until_the_end(busy(), every_s=0.05)


def test_busy_for_ever_ends_in_a_cold_walk_and_the_daemon_is_put_aside(hasty: Front) -> None:
    with FakeDaemon(hasty.socket, is_busy_for_ever):
        wait_until_settled(hasty.socket)
        run = hasty.run(*COMPILE)

        assert run.stdout == cold_words("busy_too_long", COMPILE)
        assert not hasty.socket.exists()
        assert hasty.socket.with_name("daemon.sock.suspect").is_socket()


def test_an_answer_in_crumbs_comes_to_an_end_too(hasty: Front) -> None:
    def crumbs(call: Call) -> None:
        call.say(hit(0, b"", b"x" * 1000)[:20])
        call.say_until_the_end(b"x", every_s=0.05)

    with FakeDaemon(hasty.socket, crumbs):
        run = hasty.run(*COMPILE)

    assert run.stdout == cold_words("busy_too_long", COMPILE)


def test_a_record_that_takes_for_ever_does_not_change_the_status(hasty: Front) -> None:
    compiler = hasty.install("compiler", "#!/bin/sh\nexit 3\n")

    def script(call: Call) -> None:
        call.order(str(compiler))
        call.read_finish()
        is_busy_for_ever(call)

    with FakeDaemon(hasty.socket, script):
        run = hasty.run(*COMPILE)

    assert (run.returncode, run.stdout, run.stderr) == (3, b"", b"")


def test_a_limit_that_is_not_reached_changes_nothing(hasty: Front) -> None:
    with FakeDaemon(hasty.socket, says(busy() * 3 + hit(7))):
        run = hasty.run(*COMPILE)

        assert run.returncode == 7
        assert hasty.socket.exists()


@pytest.mark.parametrize(
    "answer", [b"", hit()[:9], b"HTTP/1.1 400 Bad Request\r\n\r\n"], ids=["none", "half", "foreign"]
)
def test_a_daemon_without_an_answer_costs_one_compile_its_patience(hasty: Front, answer: bytes) -> None:
    with FakeDaemon(hasty.socket, says(answer)) as daemon:
        wait_until_settled(hasty.socket)
        runs = [hasty.run(*COMPILE) for _ in range(3)]

    assert [run.stdout for run in runs[1:]] == [cold_words("no_spawn", COMPILE)] * 2
    assert len(daemon.calls) == 1


def test_what_was_published_after_the_question_is_left_in_its_place(hasty: Front) -> None:
    def script(call: Call) -> None:
        hasty.socket.rename(hasty.socket.with_name("old"))
        hasty.socket.touch()
        call.wait_for_the_end()

    with FakeDaemon(hasty.socket, script):
        run = hasty.run(*COMPILE)

    assert run.stdout == cold_words("no_answer", COMPILE)
    assert hasty.socket.exists()


def test_a_daemon_that_hangs_up_is_not_put_aside(hasty: Front) -> None:
    with FakeDaemon(hasty.socket, says_and_hangs_up(hit()[:5])):
        run = hasty.run(*COMPILE)

        assert run.stdout == cold_words("closed", COMPILE)
        assert hasty.socket.exists()
