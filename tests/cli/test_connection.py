"""Where the Python front looks for its daemon."""

import os
from pathlib import Path

import pytest

from fake_daemon import FakeDaemon, hit, says
from zccache.cli.connection import Connection, socket_path
from zccache.cli.request import HIT, NoAnswer, begin
from zccache.common.spawn import endpoint_of

QUESTION = begin(["x"], {}, "/", version=1, umask=0, flags=0, namespace=0)


@pytest.mark.parametrize(
    "env",
    [
        {"ZCCACHE_CACHE_DIR": "/some/root"},
        {"ZCCACHE_CACHE_DIR": "relative/../root"},
        {"ZCCACHE_CACHE_DIR": "", "HOME": "{home}"},
        {"HOME": "{home}"},
        {"HOME": "/nowhere/at/all", "TMPDIR": "{home}"},
        {"TMPDIR": "{home}"},
        {"ZCCACHE_ENDPOINT": "/some/socket", "HOME": "{home}"},
        {"ZCCACHE_ENDPOINT": "unix:/some/../socket", "HOME": "{home}"},
        {"ZCCACHE_ENDPOINT": "unix:relative", "HOME": "{home}"},
        {"ZCCACHE_ENDPOINT": "", "ZCCACHE_CACHE_DIR": "/some/root"},
    ],
    ids=str,
)
def test_it_is_where_everybody_else_looks(env: dict[str, str], tmp_path: Path) -> None:
    given = {name: value.format(home=tmp_path) for name, value in env.items()}

    found = socket_path({os.fsencode(name): os.fsencode(value) for name, value in given.items()}, "/the/cwd")

    assert found == endpoint_of(given, "/the/cwd").path


def test_an_endpoint_that_is_none_is_no_answer() -> None:
    with pytest.raises(NoAnswer, match="bad_endpoint"):
        socket_path({b"ZCCACHE_ENDPOINT": b"somewhere"}, "/")


def test_a_socket_whose_path_is_longer_than_an_address_is_reached(tmp_path: Path) -> None:
    path = tmp_path / ("long" * 30) / "daemon.sock"
    here = os.getcwd()

    with FakeDaemon(path, says(hit(4))):
        connection = Connection(str(path))
        kind, _ = connection.ask(QUESTION)
        connection.close()

    assert kind == HIT
    assert os.getcwd() == here


def test_answers_come_one_by_one_even_if_they_come_at_once(tmp_path: Path) -> None:
    path = tmp_path / "daemon.sock"
    with FakeDaemon(path, says(hit(1) + hit(2))):
        connection = Connection(str(path))
        first = connection.ask(QUESTION)
        second = connection.ask(b"")
        connection.close()

    assert first[1][0] == 1
    assert second[1][0] == 2
