"""A daemon that a front has put aside: it comes back if it is well, else the next one takes its place."""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon_process import ECHO, PATIENCE_S, Daemon, begin_frame, running_daemon
from ports import free_port
from waiting import wait_until
from zccache.common.locks import read_holder
from zccache.common.wire.endpoint import Endpoint, parse_endpoint
from zccache.common.wire.frames import Kind


@pytest.fixture(params=["unix", "tcp"])
def endpoint(request: pytest.FixtureRequest, cache_root: Path) -> Endpoint:
    if request.param == "unix":
        return Endpoint(str(cache_root / "sockets" / "daemon.sock"))
    return parse_endpoint(f"tcp://127.0.0.1:{free_port()}", "/", str(cache_root / "sockets"))


@pytest.fixture
def daemon(cache_root: Path, endpoint: Endpoint) -> Iterator[Daemon]:
    with running_daemon(cache_root, *options(endpoint), endpoint=endpoint) as daemon:
        yield daemon


def options(endpoint: Endpoint) -> tuple[str, ...]:
    return ("--endpoint", str(endpoint)) if endpoint.port else ()


def put_aside(endpoint: Endpoint) -> None:
    Path(endpoint.path).rename(endpoint.put_aside.path)


def test_one_that_is_well_comes_back(daemon: Daemon) -> None:
    put_aside(daemon.endpoint)

    assert wait_until(Path(daemon.endpoint.path).exists)

    assert daemon.exchange(begin_frame("hit"))[0] == Kind.HIT
    assert not Path(daemon.endpoint.put_aside.path).exists()


def test_one_that_was_stopped_for_a_while_comes_back(daemon: Daemon) -> None:
    daemon.process.send_signal(signal.SIGSTOP)
    put_aside(daemon.endpoint)

    daemon.process.send_signal(signal.SIGCONT)

    assert wait_until(Path(daemon.endpoint.path).exists)
    assert daemon.exchange(begin_frame("hit"))[0] == Kind.HIT


def test_one_that_is_well_is_not_displaced(daemon: Daemon) -> None:
    put_aside(daemon.endpoint)

    rival = subprocess.run(
        [*ECHO, *options(daemon.endpoint)], stderr=subprocess.PIPE, timeout=PATIENCE_S, text=True
    )

    assert rival.returncode == 0
    assert f"already running at {daemon.endpoint} (pid {daemon.process.pid})" in rival.stderr


def test_one_that_stays_silent_is_displaced(daemon: Daemon, cache_root: Path) -> None:
    daemon.process.send_signal(signal.SIGSTOP)
    put_aside(daemon.endpoint)

    with running_daemon(cache_root, *options(daemon.endpoint), endpoint=daemon.endpoint) as next_one:
        assert next_one.exchange(begin_frame("hit"))[0] == Kind.HIT
        holder = read_holder(str(cache_root / "locks" / "daemon.lock"))
        assert holder is not None
        assert holder.pid == next_one.process.pid
        assert f"takes the place of pid {daemon.process.pid}, which answered nothing" in next_one.log()
        assert not Path(daemon.endpoint.put_aside.path).exists()
    assert daemon.process.wait(PATIENCE_S) == -signal.SIGKILL


def test_a_silent_one_that_nobody_put_aside_is_left_alone(daemon: Daemon) -> None:
    daemon.process.send_signal(signal.SIGSTOP)
    try:
        rival = subprocess.run(
            [*ECHO, *options(daemon.endpoint)], stderr=subprocess.PIPE, timeout=PATIENCE_S, text=True
        )
    finally:
        daemon.process.send_signal(signal.SIGCONT)

    assert rival.returncode == 75
    assert daemon.ask("ping")["pid"] == daemon.process.pid


def test_what_a_dead_daemon_left_aside_displaces_nobody(daemon: Daemon, cache_root: Path) -> None:
    put_aside(daemon.endpoint)
    daemon.process.kill()
    daemon.process.wait(PATIENCE_S)

    with running_daemon(cache_root, *options(daemon.endpoint), endpoint=daemon.endpoint) as next_one:
        assert not Path(daemon.endpoint.put_aside.path).exists()
        assert "takes the place" not in next_one.log()
