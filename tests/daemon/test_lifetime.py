"""A daemon's life in real processes: one a root, however it starts and however the last one ended."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from daemon_process import (
    ECHO,
    PATIENCE_S,
    Daemon,
    answers,
    begin_frame,
    daemon_env,
    read_answer,
    running_daemon,
)
from waiting import wait_until
from zccache.common.locks import is_held, read_holder
from zccache.common.version import pack_version
from zccache.common.wire.endpoint import Endpoint, bind, connect
from zccache.common.wire.frames import HEADER, MARK, PROTOCOL, Kind
from zccache.common.wire.messages import unpack_hit, unpack_word
from zccache.daemon.lifetime import Claim, Lifetime

HERD = 100


def endpoint_of(root: Path) -> Endpoint:
    return Endpoint(str(root / "sockets" / "daemon.sock"))


def lock_of(root: Path) -> str:
    return str(root / "locks" / "daemon.lock")


def start(root: Path, *options: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([*ECHO, *options], env=daemon_env(root), stderr=subprocess.PIPE)


def test_of_a_herd_of_starts_exactly_one_daemon_stays(cache_root: Path) -> None:
    """hazard 103, hazard 113"""
    herd = [start(cache_root) for _ in range(HERD)]
    try:
        losers = {process.pid: process for process in herd}
        assert wait_until(lambda: answers(endpoint_of(cache_root)), within_s=60)
        holder = read_holder(lock_of(cache_root))
        assert holder is not None
        winner = losers.pop(holder.pid)

        said = [process.communicate(timeout=60)[1].decode() for process in losers.values()]

        assert {process.returncode for process in losers.values()} == {0}
        assert all(text.startswith("zccache-daemon: already running at unix:") for text in said)
        assert winner.poll() is None
        assert len((cache_root / "events").read_text().splitlines()) <= 3, "the handler was made once"
    finally:
        for process in herd:
            process.terminate()
            process.communicate(timeout=PATIENCE_S)


def test_socket_lock_and_folders_are_for_their_owner_alone(cache_root: Path) -> None:
    """hazard 114"""
    with running_daemon(cache_root) as daemon:
        folders = [cache_root, cache_root / "sockets", cache_root / "locks", cache_root / "logs"]
        files = [Path(daemon.endpoint.path), Path(lock_of(cache_root)), cache_root / "logs" / "daemon.log"]
        modes_of_folders = {path.stat().st_mode & 0o777 for path in folders}
        modes_of_files = {path.stat().st_mode & 0o777 for path in files}
        assert daemon.events()[0] == "idle_timeout 3600.0 umask 077 cwd /"

    assert modes_of_folders == {0o700}
    assert modes_of_files == {0o600}


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


def test_another_user_is_refused(cache_root: Path, open_folder: Path) -> None:
    """hazard 114"""
    if os.getuid() != 0:
        pytest.skip("needs root: only root can connect as another user")
    endpoint = Endpoint(str(open_folder / "s"))
    with running_daemon(cache_root, "--endpoint", str(endpoint), endpoint=endpoint) as daemon:
        # The way in stands open: it is the daemon that must refuse.
        os.chmod(endpoint.path, 0o666)
        code = (
            "import os, socket, sys\nos.setgroups([])\nos.setgid(65534)\nos.setuid(65534)\n"
            f"s = socket.socket(socket.AF_UNIX)\ns.connect({endpoint.path!r})\n"
            "s.settimeout(20)\nsys.exit(len(s.recv(100)))"
        )

        done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, timeout=60)

        assert (done.returncode, done.stderr) == (0, b"")
        assert "refused a connection of uid 65534" in daemon.log()
        assert daemon.ask("ping")["pid"] == daemon.process.pid


def test_after_a_kill_the_next_daemon_takes_over(cache_root: Path) -> None:
    with running_daemon(cache_root) as first:
        first.process.send_signal(signal.SIGKILL)
        first.process.wait(PATIENCE_S)
    assert Path(first.endpoint.path).is_socket()

    with running_daemon(cache_root) as second:
        assert second.exchange(begin_frame("hit", "again"))[0] == Kind.HIT
        holder = read_holder(lock_of(cache_root))
        assert holder is not None
        assert holder.pid == second.process.pid


@pytest.mark.parametrize("left_by", [os.getpid, lambda: 2**22 + 1, lambda: 1])
def test_a_lock_text_of_anybody_else_keeps_no_daemon_away(
    cache_root: Path, left_by: Callable[[], int]
) -> None:
    (cache_root / "locks").mkdir(parents=True)
    Path(lock_of(cache_root)).write_text(f"{left_by()} 1 0.0.1\n")

    with running_daemon(cache_root) as daemon:
        assert daemon.ask("ping")["pid"] == daemon.process.pid


def test_something_else_in_the_sockets_place_is_replaced(cache_root: Path) -> None:
    (cache_root / "sockets").mkdir(parents=True)
    Path(endpoint_of(cache_root).path).write_text("a file")

    with running_daemon(cache_root) as daemon:
        assert Path(daemon.endpoint.path).is_socket()


def test_a_root_deeper_than_an_address_is_served(cache_root: Path) -> None:
    """hazard 118"""
    root = cache_root / ("d" * 100) / ("e" * 100)

    with running_daemon(root) as daemon:
        assert unpack_hit(daemon.exchange(begin_frame("hit", "deep"))[1])[1] == b"deep"
        assert daemon.terminate() == 0

    assert not Path(daemon.endpoint.path).exists()


def test_two_roots_have_two_daemons_but_one_endpoint_has_one(cache_root: Path, tmp_path: Path) -> None:
    endpoint = Endpoint(str(tmp_path / "place" / "shared.sock"))
    with (
        running_daemon(cache_root / "a", "--endpoint", str(endpoint), endpoint=endpoint) as first,
        running_daemon(cache_root / "b"),
    ):
        rival = start(cache_root / "c", "--endpoint", str(endpoint))
        said = rival.communicate(timeout=PATIENCE_S)[1]

        assert rival.returncode == 0
        assert f"already running at {endpoint} (pid {first.process.pid})" in said.decode()
        assert not is_held(lock_of(cache_root / "c"))
        assert first.ask("ping")["root"] == str(cache_root / "a")


def test_a_lock_that_never_comes_free_ends_the_wait(cache_root: Path) -> None:
    from zccache.common.layout import Layout
    from zccache.common.locks import DaemonLock
    from zccache.daemon.lifetime import LockHeld

    layout = Layout(str(cache_root))
    layout.create()
    held = DaemonLock(layout.daemon_lock)
    assert held.try_acquire("1")

    with pytest.raises(LockHeld, match=f"held by pid {os.getpid()}"):
        Claim(layout, Endpoint(layout.daemon_socket)).take(wait_s=0.1)

    held.release()


def test_an_idle_daemon_ends_but_not_while_work_is_in_flight(cache_root: Path) -> None:
    """hazard 112"""
    with running_daemon(cache_root, "--idle-timeout", "1") as daemon:
        with connect(daemon.endpoint, PATIENCE_S) as front:
            front.sendall(begin_frame("run"))
            assert read_answer(front)[0] == Kind.RUN
            idles = daemon.events().count("idle")
            assert wait_until(lambda: daemon.events().count("idle") >= idles + 3)
            assert daemon.process.poll() is None

        assert daemon.process.wait(PATIENCE_S) == 0
    assert daemon.events()[-1] == "close"
    assert "ends: idle for" in daemon.log()
    assert not Path(daemon.endpoint.path).exists()
    assert not is_held(lock_of(cache_root))


def test_work_on_the_pool_is_work_in_flight(cache_root: Path, tmp_path: Path) -> None:
    signal_file = tmp_path / "go"
    with (
        running_daemon(cache_root, "--idle-timeout", "1") as daemon,
        connect(daemon.endpoint, PATIENCE_S) as front,
    ):
        front.sendall(begin_frame("later", str(signal_file)))
        assert wait_until(lambda: daemon.events().count("idle") >= 3)

        signal_file.touch()

        assert read_answer(front)[0] == Kind.HIT


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_drains_what_is_in_flight(cache_root: Path, tmp_path: Path, number: signal.Signals) -> None:
    signal_file = tmp_path / "go"
    with running_daemon(cache_root) as daemon, connect(daemon.endpoint, PATIENCE_S) as front:
        front.sendall(begin_frame("later", str(signal_file)))
        assert daemon.ask("ping")["pid"] == daemon.process.pid

        daemon.process.send_signal(number)
        assert wait_until(lambda: not Path(daemon.endpoint.path).exists())
        signal_file.touch()

        kind, body = read_answer(front)
        assert (kind, unpack_hit(body)) == (Kind.HIT, (0, b"at last", b""))
        assert daemon.process.wait(PATIENCE_S) == 0
    assert daemon.events()[-1] == "close"


def test_a_hangup_is_not_the_end(cache_root: Path) -> None:
    with running_daemon(cache_root) as daemon:
        daemon.process.send_signal(signal.SIGHUP)

        assert daemon.ask("ping")["pid"] == daemon.process.pid


def test_stop_is_answered_and_obeyed(cache_root: Path) -> None:
    with running_daemon(cache_root) as daemon:
        answer = daemon.ask("stop")

        assert (answer["pid"], answer["is_stopping"]) == (daemon.process.pid, True)
        assert not Path(daemon.endpoint.path).exists(), "the next daemon would have found this one"
        assert daemon.process.wait(PATIENCE_S) == 0


def is_removed(folder: Path) -> bool:
    """Remove a folder with all that is in it, and tell whether it is gone."""
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def test_a_daemon_whose_root_is_deleted_ends(cache_root: Path) -> None:
    with running_daemon(cache_root) as daemon:
        # It may be making files there just now.
        assert wait_until(lambda: is_removed(cache_root))

        assert daemon.process.wait(PATIENCE_S) == 0


def test_a_daemon_whose_socket_was_replaced_ends_and_leaves_the_other_alone(cache_root: Path) -> None:
    with running_daemon(cache_root) as daemon:
        os.unlink(daemon.endpoint.path)
        with bind(daemon.endpoint.path) as other:
            other.listen()

            assert daemon.process.wait(PATIENCE_S) == 0

        assert Path(daemon.endpoint.path).is_socket()


def test_a_newer_front_makes_the_daemon_go_and_the_next_one_serves(cache_root: Path) -> None:
    """hazard 117"""
    with running_daemon(cache_root) as old:
        kind, body = old.exchange(begin_frame("hit", front_version=pack_version() + 1))

        assert (kind, body) == (Kind.RESTART, b"")
        # At once, as a front would: the new one waits until the old one has let go.
        with running_daemon(cache_root) as new:
            assert old.process.wait(PATIENCE_S) == 0
            assert new.exchange(begin_frame("hit"))[0] == Kind.HIT


def test_an_older_front_is_served(cache_root: Path) -> None:
    """hazard 117"""
    with running_daemon(cache_root) as daemon:
        assert daemon.exchange(begin_frame("hit", front_version=0))[0] == Kind.HIT


def test_an_older_protocol_is_told_to_walk_alone(cache_root: Path) -> None:
    """hazard 117"""
    with running_daemon(cache_root) as daemon:
        kind, body = daemon.exchange(HEADER.pack(3, MARK, PROTOCOL - 1, Kind.BEGIN) + b"old")

        assert (kind, unpack_word(body)) == (Kind.COLD, "older_protocol")
        assert daemon.ask("ping")["pid"] == daemon.process.pid


def test_a_newer_protocol_makes_the_daemon_go(cache_root: Path) -> None:
    with running_daemon(cache_root) as daemon:
        kind, body = daemon.exchange(HEADER.pack(3, MARK, PROTOCOL + 1, Kind.BEGIN) + b"new")

        assert (kind, body) == (Kind.RESTART, b"")
        assert daemon.process.wait(PATIENCE_S) == 0


def test_fronts_at_once_are_all_answered(cache_root: Path) -> None:
    with running_daemon(cache_root) as daemon:
        fronts = [connect(daemon.endpoint, PATIENCE_S) for _ in range(200)]
        for number, front in enumerate(fronts):
            front.sendall(begin_frame("hit", str(number)))

        said = [unpack_hit(read_answer(front)[1])[1] for front in fronts]

        for front in fronts:
            front.close()
        assert said == [str(number).encode() for number in range(200)]


def test_noise_does_not_end_a_daemon(cache_root: Path) -> None:
    with running_daemon(cache_root) as daemon:
        for _ in range(50):
            make_noise(daemon)

        assert daemon.exchange(begin_frame("hit"))[0] == Kind.HIT


def make_noise(daemon: Daemon) -> None:
    with connect(daemon.endpoint, PATIENCE_S) as front:
        try:
            front.sendall(os.urandom(3000))
            front.shutdown(socket.SHUT_WR)
            assert front.recv(1) == b""
        except (BrokenPipeError, ConnectionResetError):
            return


def test_idle_time_is_counted_from_the_last_work(cache_root: Path) -> None:
    now = 100.0
    life = Lifetime(_Ours(), 10.0, clock=lambda: now)

    now = 109.0
    assert life.reason_to_stop(is_working=False) is None
    assert life.reason_to_stop(is_working=True) is None
    now = 118.0
    assert life.reason_to_stop(is_working=False) is None
    now = 119.0
    assert life.reason_to_stop(is_working=False) == "idle for 10 s"


def test_without_an_idle_time_a_daemon_stays() -> None:
    now = 0.0
    life = Lifetime(_Ours(), 0.0, clock=lambda: now)

    now = 1e9

    assert life.reason_to_stop(is_working=False) is None


@pytest.mark.parametrize("how", ["uninstalled", "upgraded"])
def test_a_daemon_whose_program_is_not_there_any_more_ends(tmp_path: Path, how: str) -> None:
    program = tmp_path / "lifetime.py"
    program.write_text("one")
    life = Lifetime(_Ours(), 0.0, program=str(program))
    before = life.reason_to_stop(is_working=True)

    program.rename(tmp_path / "old")
    if how == "upgraded":
        program.write_text("two")

    assert before is None
    assert life.reason_to_stop(is_working=True) == "its own program is gone or replaced"


class _Ours(Claim):
    """A claim that nobody contests."""

    def __init__(self) -> None:
        """Take nothing."""

    def is_ours(self) -> bool:
        return True
