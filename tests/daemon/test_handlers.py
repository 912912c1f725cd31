"""What a handler does wrong ends at the door: its front compiles alone, and a dump tells why."""

import os
import signal
from pathlib import Path

import pytest

from daemon_process import PATIENCE_S, Daemon, begin_frame, read_answer, running_daemon
from waiting import wait_until
from zccache.common.crashes import Crashes
from zccache.common.errors import DaemonUnreachable
from zccache.common.wire.endpoint import connect
from zccache.common.wire.frames import Kind, pack_frame
from zccache.common.wire.messages import Finish, pack_finish, unpack_word


def dumps(daemon: Daemon) -> list[str]:
    return [Path(path).read_text() for path in Crashes(str(daemon.root / "crashes")).files()]


@pytest.mark.parametrize("word", ["raise", "raise-later"])
def test_an_exception_becomes_cold_and_a_crash_dump(cache_root: Path, word: str) -> None:
    with running_daemon(cache_root, env={"SOME_TOKEN": "do-not-tell"}) as daemon:
        kind, body = daemon.exchange(begin_frame(word))

        assert (kind, unpack_word(body)) == (Kind.COLD, "daemon_error")
        assert daemon.exchange(begin_frame("hit"))[0] == Kind.HIT
        (dump,) = dumps(daemon)
        assert "RuntimeError: told to" in dump
        assert "do-not-tell" not in dump
        assert "RuntimeError: told to" in daemon.log()


def test_an_exception_in_a_control_answer_is_cold_too(cache_root: Path) -> None:
    with running_daemon(cache_root) as daemon:
        with pytest.raises(DaemonUnreachable, match="kind 0x86"):
            daemon.ask("raise")

        assert daemon.ask("anything", number=1) == {"echo": {"command": "anything", "number": 1}}


@pytest.mark.parametrize(
    "frame",
    [
        pack_frame(Kind.BEGIN, b"\0"),
        pack_frame(Kind.BEGIN, b"\0" * 100),
        pack_frame(Kind.CONTROL, b"\xff"),
        pack_frame(Kind.CONTROL, b"[1]"),
        pack_frame(0x7F, b""),
        pack_frame(Kind.HIT, b""),
    ],
    ids=["begin cut short", "begin of zeros", "not text", "not an object", "unknown kind", "an answer"],
)
def test_a_frame_that_means_nothing_is_cold_without_a_dump(cache_root: Path, frame: bytes) -> None:
    with running_daemon(cache_root) as daemon:
        kind, body = daemon.exchange(frame)

        assert (kind, unpack_word(body)) == (Kind.COLD, "bad_request")
        assert dumps(daemon) == []


def test_a_run_and_its_finish_reach_the_handler(cache_root: Path) -> None:
    with running_daemon(cache_root) as daemon:
        with connect(daemon.endpoint, PATIENCE_S) as front:
            front.sendall(begin_frame("run"))
            assert read_answer(front)[0] == Kind.RUN
            front.sendall(pack_finish(Finish(7, 0, 0, 1, 0, b"out", b"")))

            kind, body = read_answer(front)

        assert (kind, unpack_word(body)) == (Kind.RECORDED, "ticket 7 printed 3")
        assert "gone" not in daemon.events()


def test_the_handler_hears_of_a_front_that_left(cache_root: Path) -> None:
    with running_daemon(cache_root) as daemon:
        with connect(daemon.endpoint, PATIENCE_S) as front:
            front.sendall(begin_frame("run"))
            assert read_answer(front)[0] == Kind.RUN

        assert wait_until(lambda: "gone" in daemon.events())


def test_a_death_by_a_fatal_signal_is_a_dump_at_the_next_start(cache_root: Path) -> None:
    with running_daemon(cache_root) as first:
        first.process.send_signal(signal.SIGSEGV)
        assert first.process.wait(PATIENCE_S) == -signal.SIGSEGV

    with running_daemon(cache_root) as second:
        (dump,) = dumps(second)
        assert "Segmentation fault" in dump
        assert os.path.getsize(cache_root / "logs" / "daemon.fatal") == 0
