"""A daemon on a TCP port of this machine: who does not know its token is not heard."""

import contextlib
import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from daemon_process import ECHO, PATIENCE_S, Daemon, begin_frame, daemon_env, read_answer, running_daemon
from ports import free_port
from zccache.common.wire.endpoint import Endpoint, parse_endpoint
from zccache.common.wire.frames import Kind
from zccache.common.wire.loopback import Token
from zccache.common.wire.messages import unpack_hit


@pytest.fixture
def endpoint(cache_root: Path) -> Endpoint:
    return parse_endpoint(f"tcp://127.0.0.1:{free_port()}", "/", str(cache_root / "sockets"))


@pytest.fixture
def daemon(cache_root: Path, endpoint: Endpoint) -> Iterator[Daemon]:
    with running_daemon(cache_root, "--endpoint", str(endpoint), endpoint=endpoint) as daemon:
        yield daemon


def what_a_caller_hears(endpoint: Endpoint, *said: bytes) -> bytes:
    """Say something on a new connection and return all that comes back until the daemon closes it."""
    heard = b""
    with (
        socket.create_connection((endpoint.host, endpoint.port), PATIENCE_S) as caller,
        contextlib.suppress(ConnectionResetError, BrokenPipeError),
    ):
        for piece in said:
            caller.sendall(piece)
        while piece := caller.recv(4096):
            heard += piece
    return heard


def test_a_caller_with_the_token_is_answered(daemon: Daemon) -> None:
    kind, body = daemon.exchange(begin_frame("hit", "over", "tcp"))

    assert kind == Kind.HIT
    assert unpack_hit(body)[1] == b"over tcp"


WRONG: dict[str, Callable[[Token], bytes]] = {
    "no token": lambda _: begin_frame("hit"),
    "another token": lambda _: Token(os.urandom(64)).hello + begin_frame("hit"),
    "one bit of it": lambda token: token.hello[:-1] + bytes([token.hello[-1] ^ 1]) + begin_frame("hit"),
    "the daemon's half": lambda token: token.hello[:8] + token.welcome[8:] + begin_frame("hit"),
    "noise": lambda _: os.urandom(4096),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_caller_without_the_token_hears_nothing(daemon: Daemon, wrong: Callable[[Token], bytes]) -> None:
    heard = what_a_caller_hears(daemon.endpoint, wrong(Token.read(daemon.endpoint.path)))

    assert heard == b""
    assert "a caller does not know the token" in daemon.log()
    assert daemon.ask("ping")["pid"] == daemon.process.pid


def test_a_greeting_may_come_in_pieces_and_with_the_request(daemon: Daemon) -> None:
    token = Token.read(daemon.endpoint.path)
    said = token.hello + begin_frame("hit", "x")

    heard = what_a_caller_hears(daemon.endpoint, *(said[at : at + 7] for at in range(0, len(said), 7)))

    assert heard.startswith(token.welcome)
    assert heard.endswith(b"x")


def test_many_callers_at_once_are_all_answered(daemon: Daemon) -> None:
    from zccache.common.wire.endpoint import connect

    callers = [connect(daemon.endpoint, PATIENCE_S) for _ in range(100)]
    for number, caller in enumerate(callers):
        caller.sendall(begin_frame("hit", str(number)))

    said = [unpack_hit(read_answer(caller)[1])[1] for caller in callers]

    for caller in callers:
        caller.close()
    assert said == [str(number).encode() for number in range(100)]


def test_the_token_is_for_its_owner_alone_and_goes_with_the_daemon(daemon: Daemon) -> None:
    token = Path(daemon.endpoint.path)
    first = token.read_bytes()

    assert token.stat().st_mode & 0o777 == 0o600
    assert daemon.terminate() == 0
    assert not token.exists()
    with running_daemon(daemon.root, "--endpoint", str(daemon.endpoint), endpoint=daemon.endpoint):
        assert token.read_bytes() != first


def test_only_this_machine_can_connect(daemon: Daemon) -> None:
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]

    listening = {row[1] for row in rows if row[3] == "0A" and row[1].endswith(f":{daemon.endpoint.port:04X}")}

    assert listening == {f"0100007F:{daemon.endpoint.port:04X}"}


def test_after_a_kill_the_next_daemon_takes_the_port(cache_root: Path, endpoint: Endpoint) -> None:
    with running_daemon(cache_root, "--endpoint", str(endpoint), endpoint=endpoint) as first:
        first.process.kill()
        first.process.wait(PATIENCE_S)

    with running_daemon(cache_root, "--endpoint", str(endpoint), endpoint=endpoint) as second:
        assert second.exchange(begin_frame("hit"))[0] == Kind.HIT


def test_a_port_that_is_taken_is_one_clear_line(cache_root: Path, endpoint: Endpoint) -> None:
    with socket.create_server((endpoint.host, endpoint.port)):
        done = subprocess.run(
            [*ECHO, "--endpoint", str(endpoint)],
            env=daemon_env(cache_root),
            capture_output=True,
            timeout=PATIENCE_S,
            text=True,
        )

    assert done.returncode == 69
    assert f"cannot listen at {endpoint}" in done.stderr
    assert "choose another port" in done.stderr
