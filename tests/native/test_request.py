"""What the front sends: the compile as it was typed, and where it was typed."""

import os
import pty
import re
import subprocess

import pytest

from fake_daemon import FakeDaemon, hit, says
from native_front import Front
from tools import require_tool
from zccache.common.outlook import outlook
from zccache.common.version import pack_version
from zccache.common.wire.messages import STDERR_IS_TTY, STDOUT_IS_TTY, STREAMS_ARE_ONE, split_block

COMPILE = ("gcc", "-c", "x.c")


def test_the_words_are_sent_as_typed(front: Front) -> None:
    words = ("./my gcc", "-c", "", "-DX=\xe4", "a\nb")

    with FakeDaemon(front.socket, says(hit())) as daemon:
        front.run(*words)

    assert daemon.asked.argv == words


def test_words_that_are_no_utf8_are_sent_byte_by_byte(front: Front) -> None:
    with FakeDaemon(front.socket, says(hit())) as daemon:
        front.run(b"gcc", b"-c", b"\xff\xfe.c", env={"ODD": os.fsdecode(b"\x80")})

    assert daemon.asked.argv_block == b"gcc\0-c\0\xff\xfe.c\0"
    assert b"ODD=\x80" in daemon.asked.env_block.split(b"\0")


def test_a_megabyte_of_words_is_sent_whole(front: Front) -> None:
    words = ["gcc", *(f"-DNAME{i}={'v' * 1000}" for i in range(1024))]

    with FakeDaemon(front.socket, says(hit(6))) as daemon:
        run = front.run(*words)

    assert run.returncode == 6
    assert list(daemon.asked.argv) == words


def test_the_environment_is_sent_as_it_is(front: Front) -> None:
    """hazard 67"""
    with FakeDaemon(front.socket, says(hit())) as daemon:
        front.run(*COMPILE, env={"EMPTY": "", "EQUALS": "a=b"})

    expected = {f"{name}={value}" for name, value in front.env({"EMPTY": "", "EQUALS": "a=b"}).items()}
    assert set(split_block(daemon.asked.env_block)) == expected


def test_version_umask_and_folder_are_told(front: Front) -> None:
    with FakeDaemon(front.socket, says(hit())) as daemon:
        front.run(*COMPILE, umask=0o123)

    folder = front.work.stat()
    asked = daemon.asked
    assert (asked.front_version, asked.umask) == (pack_version(), 0o123)
    assert (asked.cwd, asked.cwd_dev, asked.cwd_ino) == (
        os.fsencode(front.work),
        folder.st_dev,
        folder.st_ino,
    )
    assert asked.outlook == outlook()


def flags_of(front: Front, stdout: int, stderr: int) -> int:
    with FakeDaemon(front.socket, says(hit())) as daemon:
        front.run(*COMPILE, stdout=stdout, stderr=stderr)
    return daemon.asked.flags


def test_two_pipes_are_two_places(front: Front) -> None:
    with FakeDaemon(front.socket, says(hit())) as daemon:
        front.run(*COMPILE)

    assert daemon.asked.flags == 0


def test_one_file_for_both_streams_is_one_place(front: Front) -> None:
    with (front.work / "log").open("wb") as log:
        flags = flags_of(front, log.fileno(), log.fileno())

    assert flags == STREAMS_ARE_ONE


def test_one_terminal_for_both_streams_is_told(front: Front) -> None:
    ours, theirs = pty.openpty()
    try:
        flags = flags_of(front, theirs, theirs)
    finally:
        os.close(ours)
        os.close(theirs)

    assert flags == STDOUT_IS_TTY | STDERR_IS_TTY | STREAMS_ARE_ONE


def test_a_terminal_beside_a_file_is_told(front: Front) -> None:
    ours, theirs = pty.openpty()
    try:
        with (front.work / "log").open("wb") as log:
            flags = flags_of(front, log.fileno(), theirs)
    finally:
        os.close(ours)
        os.close(theirs)

    assert flags == STDERR_IS_TTY


def test_a_socket_whose_path_is_longer_than_an_address_is_reached(front: Front) -> None:
    root = front.work / ("long" * 30) / ("longer" * 20)
    root.mkdir(parents=True)

    with FakeDaemon(root / "sockets" / "daemon.sock", says(hit(4))) as daemon:
        run = front.run(*COMPILE, env={"ZCCACHE_CACHE_DIR": str(root)})

    assert run.returncode == 4
    assert daemon.asked.cwd == os.fsencode(front.work)


def test_a_compile_behind_a_long_socket_path_runs_in_its_own_folder(front: Front) -> None:
    """hazard 118"""
    root = front.work / ("long" * 40)
    root.mkdir()

    with FakeDaemon(root / "sockets" / "daemon.sock", lambda call: call.run("/bin/pwd")):
        run = front.run(*COMPILE, env={"ZCCACHE_CACHE_DIR": str(root)})

    assert run.stdout == os.fsencode(front.work) + b"\n"


def test_an_empty_cache_folder_is_no_cache_folder(front: Front) -> None:
    home = front.work / "home"

    with FakeDaemon(home / ".zccache" / "sockets" / "daemon.sock", says(hit(4))):
        run = front.run(*COMPILE, env={"ZCCACHE_CACHE_DIR": "", "HOME": str(home)})

    assert run.returncode == 4


def test_a_relative_cache_folder_is_taken_against_the_current_one(front: Front) -> None:
    with FakeDaemon(front.work / "near" / "sockets" / "daemon.sock", says(hit(4))):
        run = front.run(*COMPILE, env={"ZCCACHE_CACHE_DIR": "near"})

    assert run.returncode == 4


def test_without_a_home_the_private_folder_of_the_user_is_used(front: Front) -> None:
    private = front.work / f"zccache-{os.getuid()}"
    env = {"ZCCACHE_CACHE_DIR": "", "HOME": "/nonexistent", "TMPDIR": str(front.work)}

    with FakeDaemon(private / "sockets" / "daemon.sock", says(hit(4))):
        run = front.run(*COMPILE, env=env)

    assert run.returncode == 4


@pytest.mark.parametrize("home", ["relative", ""])
@pytest.mark.parametrize("temp", ["relative", "/nowhere/at/all"])
def test_a_folder_that_is_relative_or_missing_is_no_place_for_a_root(
    shipped: Front, home: str, temp: str
) -> None:
    (shipped.work / "relative").mkdir()
    trace = shipped.work / "trace"
    strace = [require_tool("strace", "strace"), "-o", str(trace), "-s", "200", "-e", "trace=connect"]
    changes = {"HOME": home, "TMPDIR": temp, "ZCCACHE_CACHE_DIR": "", "ZCCACHE_NO_SPAWN": "1"}

    subprocess.run([*strace, shipped.path, *COMPILE], cwd=shipped.work, env=shipped.env(changes), check=False)

    asked = set(re.findall(r'sun_path="([^"]*)"', trace.read_text()))
    assert asked == {f"/tmp/zccache-{os.getuid()}/sockets/daemon.sock"}


def test_an_endpoint_is_taken_by_its_path_or_its_name(front: Front) -> None:
    with FakeDaemon(front.work / "other.sock", says(hit(4))):
        ends = [
            front.run(*COMPILE, env={"ZCCACHE_ENDPOINT": name}).returncode
            for name in (f"{front.work}/other.sock", f"unix:{front.work}/other.sock", "unix:other.sock")
        ]

    assert ends == [4, 4, 4]
