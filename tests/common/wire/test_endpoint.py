"""The names of an endpoint, and sockets whose paths are longer than an address."""

import os
from pathlib import Path

import pytest

from zccache.common.errors import BadSetting, DaemonUnreachable
from zccache.common.wire.endpoint import Endpoint, bind, connect, parse_endpoint


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("unix:/run/z.sock", "/run/z.sock"),
        ("/run/z.sock", "/run/z.sock"),
        ("unix:z.sock", "/here/z.sock"),
        ("unix:../z.sock", "/z.sock"),
    ],
)
def test_an_endpoint_is_a_path_with_or_without_its_scheme(text: str, path: str) -> None:
    endpoint = parse_endpoint(text, "/here", "/cache/sockets")

    assert endpoint == Endpoint(path)
    assert str(endpoint) == f"unix:{path}"


@pytest.mark.parametrize("text", ["", "unix:", "z.sock", "http://x", "/a\0b", "/", "/" + "n" * 101])
def test_anything_else_is_refused_and_the_refusal_names_what_is_allowed(text: str) -> None:
    with pytest.raises(BadSetting, match="unix:PATH, an absolute path, tcp:"):
        parse_endpoint(text, "/here", "/cache/sockets")


def test_a_socket_path_longer_than_an_address_is_bound_and_reached(tmp_path: Path) -> None:
    folder = tmp_path / ("f" * 120)
    folder.mkdir()
    path = str(folder / "daemon.sock")
    before = os.getcwd()

    with bind(path) as listener:
        listener.listen()
        with connect(Endpoint(path), 5.0) as front, listener.accept()[0] as back:
            front.sendall(b"hello")

            assert back.recv(5) == b"hello"

    assert os.getcwd() == before
    assert os.stat(path).st_mode & 0o777 == 0o600


def test_nobody_at_the_endpoint_is_told_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(DaemonUnreachable, match=r"none\.sock"):
        connect(Endpoint(str(tmp_path / "none.sock")), 1.0)
    with pytest.raises(DaemonUnreachable, match=r"g{120}"):
        connect(Endpoint(str(tmp_path / ("g" * 120) / "none.sock")), 1.0)


def test_a_bind_that_fails_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    before = os.getcwd()

    with pytest.raises(OSError, match="No such file"):
        bind(str(tmp_path / ("g" * 120) / "daemon.sock"))

    assert os.getcwd() == before
