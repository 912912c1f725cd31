"""Where the Python front looks for its daemon."""

import os
from pathlib import Path

import pytest

from fake_daemon import FakeDaemon, busy, hit, says, wait_until_settled
from zccache.cli import connection as connection_room
from zccache.cli.connection import Connection, Place
from zccache.cli.request import HIT, NoAnswer, begin
from zccache.common.spawn import endpoint_of

QUESTION = begin(["x"], {}, "/", version=1, umask=0, flags=0, outlook=0)


def place_of(path: Path) -> Place:
    return Place({b"ZCCACHE_ENDPOINT": os.fsencode(path)}, "/")


@pytest.mark.parametrize(
    "env",
    [
        {"ZCCACHE_CACHE_DIR": "/some/root"},
        {"ZCCACHE_CACHE_DIR": "relative/../root"},
        {"ZCCACHE_CACHE_DIR": "", "HOME": "{home}"},
        {"HOME": "{home}"},
        {"HOME": "/nowhere/at/all", "TMPDIR": "{home}"},
        {"HOME": "relative", "TMPDIR": "{home}"},
        {"HOME": "relative", "TMPDIR": "relative"},
        {"ZCCACHE_ENDPOINT": "unix:{home}/../socket", "HOME": "{home}"},
        {"TMPDIR": "{home}"},
        {"ZCCACHE_ENDPOINT": "/some/socket", "HOME": "{home}"},
        {"ZCCACHE_ENDPOINT": "unix:/some/../socket", "HOME": "{home}"},
        {"ZCCACHE_ENDPOINT": "unix:relative", "HOME": "{home}"},
        {"ZCCACHE_ENDPOINT": "", "ZCCACHE_CACHE_DIR": "/some/root"},
        {"ZCCACHE_ENDPOINT": "tcp://127.0.0.1:7000", "ZCCACHE_CACHE_DIR": "/some/root"},
        {"ZCCACHE_ENDPOINT": "tcp://[::1]:65535", "ZCCACHE_CACHE_DIR": "relative"},
    ],
    ids=str,
)
def test_it_is_where_everybody_else_looks(env: dict[str, str], tmp_path: Path) -> None:
    given = {name: value.format(home=tmp_path) for name, value in env.items()}

    found = Place({os.fsencode(name): os.fsencode(value) for name, value in given.items()}, "/the/cwd")

    expected = endpoint_of(given, "/the/cwd")
    assert (found.path, *(found.address or ("", 0))) == expected


def test_an_endpoint_that_is_none_is_no_answer() -> None:
    with pytest.raises(NoAnswer, match="bad_endpoint"):
        Place({b"ZCCACHE_ENDPOINT": b"somewhere"}, "/")


def test_a_socket_whose_path_is_longer_than_an_address_is_reached(tmp_path: Path) -> None:
    path = tmp_path / ("long" * 30) / "daemon.sock"
    here = os.getcwd()

    with FakeDaemon(path, says(hit(4))):
        connection = Connection(place_of(path))
        kind, _ = connection.ask(QUESTION)
        connection.close()

    assert kind == HIT
    assert os.getcwd() == here


def test_answers_come_one_by_one_even_if_they_come_at_once(tmp_path: Path) -> None:
    path = tmp_path / "daemon.sock"
    with FakeDaemon(path, says(hit(1) + hit(2))):
        connection = Connection(place_of(path))
        first = connection.ask(QUESTION)
        second = connection.ask(b"")
        connection.close()

    assert first[1][0] == 1
    assert second[1][0] == 2


def test_busy_comes_to_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "daemon.sock"
    monkeypatch.setattr(connection_room, "_ANSWER_AT_LAST_S", 0.2)

    with FakeDaemon(path, lambda call: call.say_until_the_end(busy(), every_s=0.02)):
        wait_until_settled(path)
        connection = Connection(place_of(path))
        with pytest.raises(NoAnswer, match="busy_too_long"):
            connection.ask(QUESTION)
        connection.close()

    assert path.with_name("daemon.sock.suspect").is_socket()


@pytest.mark.parametrize(
    ("said", "reason"),
    [(b"", "no_answer"), (hit()[:9], "no_answer"), (b"HTTP/1.1 400 Bad\r\n\r\n", "broken")],
)
def test_a_daemon_without_an_answer_is_put_aside(said: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "daemon.sock"

    with FakeDaemon(path, says(said)):
        wait_until_settled(path)
        connection = Connection(place_of(path))
        with pytest.raises(NoAnswer, match=reason):
            connection.ask(QUESTION)
        connection.close()

    assert not path.exists()
    assert path.with_name("daemon.sock.suspect").is_socket()


def test_what_was_published_after_the_question_stays(tmp_path: Path) -> None:
    path = tmp_path / "daemon.sock"

    with FakeDaemon(path, says()):
        connection = Connection(place_of(path))
        path.rename(path.with_name("old"))
        path.touch()
        with pytest.raises(NoAnswer, match="no_answer"):
            connection.ask(QUESTION)
        connection.close()

    assert path.exists()
