"""The token of a TCP port: who may read it, and what it proves to whom."""

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ports import free_port
from zccache.common.errors import DaemonUnreachable
from zccache.common.wire.endpoint import Endpoint, bind_port, connect, parse_endpoint
from zccache.common.wire.frames import HEADER, Kind, pack_frame
from zccache.common.wire.loopback import GREETING_BYTES, PROOF_BYTES, Token, are_equal, parse_address


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("tcp://127.0.0.1:7070", "127.0.0.1", 7070),
        ("tcp://[::1]:1", "::1", 1),
        ("tcp://[::1]:65535", "::1", 65535),
    ],
)
def test_a_port_of_this_machine_is_an_endpoint(text: str, host: str, port: int) -> None:
    endpoint = parse_endpoint(text, "/here", "/cache/sockets")

    assert endpoint == Endpoint(f"/cache/sockets/tcp-{port}.token", host, port)
    assert str(endpoint) == text


@pytest.mark.parametrize(
    "text",
    [
        "tcp://0.0.0.0:7070",
        "tcp://localhost:7070",
        "tcp://10.0.0.1:7070",
        "tcp://127.0.0.1",
        "tcp://127.0.0.1:",
        "tcp://127.0.0.1:0",
        "tcp://127.0.0.1:65536",
        "tcp://127.0.0.1:7070/",
        "tcp://127.0.0.1:-7",
        "tcp://127.0.0.1:\u0667",
        "tcp://[::]:7070",
        "127.0.0.1:7070",
    ],
)
def test_any_other_address_is_none(text: str) -> None:
    assert parse_address(text) is None


def test_a_token_is_new_each_time_and_for_its_owner_alone(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"

    Token.write(str(one))
    Token.write(str(other))

    assert len(one.read_bytes()) == 2 * PROOF_BYTES
    assert one.read_bytes() != other.read_bytes()
    assert one.stat().st_mode & 0o777 == 0o600


def test_a_token_never_goes_into_a_file_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "planted").write_bytes(b"")

    with pytest.raises(FileExistsError):
        Token.write(str(tmp_path / "planted"))


def test_the_greetings_are_frames_of_the_wire() -> None:
    first, second = os.urandom(PROOF_BYTES), os.urandom(PROOF_BYTES)

    token = Token(first + second)

    assert token.hello == pack_frame(Kind.HELLO, first)
    assert token.welcome == pack_frame(Kind.WELCOME, second)
    assert HEADER.size + PROOF_BYTES == GREETING_BYTES


@pytest.mark.parametrize("size", [0, 63, 65])
def test_a_file_of_another_size_is_no_token(size: int, tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(b"x" * size)

    with pytest.raises(DaemonUnreachable, match=f"a token of {size} bytes"):
        connect(Endpoint(str(tmp_path / "token"), "127.0.0.1", 9), 1.0)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_listener_that_does_not_know_the_token_is_sent_the_first_half_alone(
    host: str, tmp_path: Path
) -> None:
    heard = bytearray()

    def impostor(listener: socket.socket) -> None:
        with listener.accept()[0] as caller:
            while piece := caller.recv(4096):
                heard.extend(piece)
                if len(heard) == GREETING_BYTES:
                    caller.sendall(pack_frame(Kind.WELCOME, b"?" * PROOF_BYTES))

    token = Token.write(str(tmp_path / "token"))
    with _free_port(host) as (listener, endpoint):
        thread = threading.Thread(target=impostor, args=(listener,))
        thread.start()

        with pytest.raises(DaemonUnreachable, match="not the daemon that wrote the token"):
            connect(endpoint._replace(path=str(tmp_path / "token")), 20.0)

        thread.join(20)
    assert heard == token.hello


def test_equal_is_what_has_the_same_bytes() -> None:
    assert are_equal(b"abc", b"abc")
    assert not are_equal(b"abc", b"abd")
    assert not are_equal(b"abc", b"ab")


@contextlib.contextmanager
def _free_port(host: str) -> Iterator[tuple[socket.socket, Endpoint]]:
    """A listener on a port that the kernel chose, and its endpoint."""
    try:
        endpoint = Endpoint("", host, free_port(host))
    except OSError:
        pytest.skip(f"this machine has no {host}")
    with bind_port(endpoint) as listener:
        listener.listen()
        yield listener, endpoint
