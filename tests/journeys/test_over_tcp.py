"""A compile over a TCP port of this machine, with both fronts."""

import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from daemons import daemon_pid, processes_of
from fake_daemon import wait_until_settled
from fronts import make_front
from ports import free_port
from tools import require_tool
from waiting import wait_until

STATUS = (str(Path(sys.executable).parent / "zccache-cli"), "status", "--json")


@pytest.fixture(params=["native", "twin"])
def compile_over_tcp(request: pytest.FixtureRequest, tmp_path: Path, cache_root: Path) -> "Compile":
    require_tool("gcc", "gcc")
    (tmp_path / "x.c").write_text("int x;\n")
    return Compile(make_front(request.param, tmp_path).program, tmp_path, free_port())


class Compile:
    """One compile, again and again."""

    def __init__(self, front: Path, folder: Path, port: int) -> None:
        self._front = front
        self.folder = folder
        self.port = port
        self.env = {**os.environ, "ZCCACHE_ENDPOINT": f"tcp://127.0.0.1:{port}"}

    def run(self) -> bytes:
        """Compile, with success and without a word, and return the object."""
        done = subprocess.run(
            [self._front, "gcc", "-c", "x.c"], cwd=self.folder, env=self.env, capture_output=True, timeout=60
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
        return (self.folder / "x.o").read_bytes()

    def status(self) -> dict[str, object]:
        said = subprocess.run(STATUS, env=self.env, check=True, capture_output=True, timeout=60)
        status: dict[str, object] = json.loads(said.stdout)
        return status


def test_the_first_compile_starts_the_daemon_and_the_second_hits(
    compile_over_tcp: Compile, cache_root: Path
) -> None:
    objects = {compile_over_tcp.run(), compile_over_tcp.run()}

    status = compile_over_tcp.status()
    assert len(objects) == 1
    assert (status["endpoint"], status["hits"], status["cold"]) == (
        f"tcp://127.0.0.1:{compile_over_tcp.port}", 1, 0,
    )  # fmt: skip
    assert processes_of(cache_root) == {daemon_pid(cache_root)}
    assert not (cache_root / "sockets" / "daemon.sock").exists()


def test_a_stranger_on_the_port_is_told_nothing_of_the_compile(
    compile_over_tcp: Compile, cache_root: Path
) -> None:
    """hazard 114"""
    token = cache_root / "sockets" / f"tcp-{compile_over_tcp.port}.token"
    token.parent.mkdir(parents=True)
    token.write_bytes(secret := os.urandom(64))
    wait_until_settled(token)
    heard: list[bytes] = []

    def stranger(listener: socket.socket) -> None:
        with listener.accept()[0] as caller:
            heard.append(caller.recv(4096))
            caller.sendall(b"\x20\0\0\0ZC\x01\x8a" + os.urandom(32))
            heard.append(caller.recv(4096))

    with socket.create_server(("127.0.0.1", compile_over_tcp.port)) as listener:
        thread = threading.Thread(target=stranger, args=(listener,))
        thread.start()
        compile_over_tcp.run()
        thread.join(20)

    assert heard == [b"\x20\0\0\0ZC\x01\x04" + secret[:32], b""]
    assert not token.exists(), "the next compile would meet the same stranger"
    assert wait_until(lambda: not processes_of(cache_root))


@pytest.mark.parametrize(
    "endpoint", ["tcp://0.0.0.0:7070", "tcp://127.0.0.1:0", "tcp://127.0.0.1:99999", "tcp://h:1"]
)
def test_any_other_address_is_no_endpoint(compile_over_tcp: Compile, cache_root: Path, endpoint: str) -> None:
    compile_over_tcp.env["ZCCACHE_ENDPOINT"] = endpoint

    compile_over_tcp.run()

    status = compile_over_tcp.status()
    assert status["cold_by"] == {"bad_endpoint": 1}
    assert endpoint in str(status["problems"])
    assert processes_of(cache_root) == set()
