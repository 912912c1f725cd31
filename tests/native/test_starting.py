"""The front gets a daemon started: one for many callers, and none where that has failed or is not wanted."""

import fcntl
import json
import os
import socket
import stat
import sys
import time
from pathlib import Path

from native_front import COLD_STATUS, Front, cold_words
from waiting import wait_until

COMPILE = ("gcc", "-c", "x.c")
STARTS = {"ZCCACHE_NO_SPAWN": "0"}
DAEMON_STATUS = 4
# A daemon that notes how it was started and answers every question with a hit.
_DAEMON = f"""#!{sys.executable}
import json, os, pathlib, signal, socket, struct
root = pathlib.Path(os.environ["ZCCACHE_CACHE_DIR"])
(root / "locks/daemon.lock").write_text(f"{{os.getpid()}} 0 0.1.0\\n")
told = {{
    "argv": pathlib.Path("/proc/self/cmdline").read_text().split("\\0")[2:-1], "cwd": os.getcwd(),
    "own_session": os.getsid(0) not in (0, {os.getsid(0)}), "leads": os.getsid(0) == os.getpid(),
    "fds": sorted(int(fd) for fd in os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd/" + fd)),
    "stdio": [os.readlink(f"/proc/self/fd/{{fd}}") for fd in (0, 1, 2)],
    "umask": os.umask(0o077), "blocked": len(signal.pthread_sigmask(signal.SIG_BLOCK, ())),
    "hangup": signal.getsignal(signal.SIGHUP).name, "env": dict(os.environ),
}}
with open(root / "started", "a") as file:
    file.write(json.dumps(told) + "\\n")
listener = socket.socket(socket.AF_UNIX)
listener.bind(str(root / "sockets/daemon.sock"))
listener.listen(128)
while True:
    with listener.accept()[0] as connection:
        wanted = struct.unpack("<I4x", connection.recv(8, socket.MSG_WAITALL))[0]
        connection.recv(wanted, socket.MSG_WAITALL)
        connection.sendall(struct.pack("<I2sBB3I", 12, b"ZC", 1, 0x81, {DAEMON_STATUS}, 0, 0))
"""


def starts_of(front: Front) -> list[dict[str, object]]:
    return [json.loads(line) for line in (front.root / "started").read_text().splitlines()]


def test_a_compile_without_a_daemon_starts_one_and_asks_it(front: Front) -> None:
    front.install("zccache-daemon", _DAEMON)

    run = front.run(*COMPILE, env=STARTS)

    assert (run.returncode, run.stdout, run.stderr) == (DAEMON_STATUS, b"", b"")
    assert len(starts_of(front)) == 1


def test_the_second_compile_finds_the_daemon_of_the_first(front: Front) -> None:
    front.install("zccache-daemon", _DAEMON)

    ends = [front.run(*COMPILE, env=STARTS).returncode for _ in range(2)]

    assert ends == [DAEMON_STATUS] * 2
    assert len(starts_of(front)) == 1


def test_a_herd_of_first_compiles_starts_one_daemon(shipped: Front) -> None:
    shipped.install("zccache-daemon", _DAEMON)

    herd = [shipped.popen(*COMPILE, env=STARTS) for _ in range(100)]
    ends = {(*process.communicate(timeout=60), process.returncode) for process in herd}

    assert ends == {(b"", b"", DAEMON_STATUS)}
    assert len(starts_of(shipped)) == 1


def test_the_daemon_starts_with_nothing_of_its_caller(front: Front) -> None:
    """hazard 110"""
    front.install("zccache-daemon", _DAEMON)
    unwanted = {"LD_PRELOAD": "", "PYTHONPATH": "/nonexistent", "MAKEFLAGS": "-j", "ZCCACHE_LOG": "/dev/null"}
    read_fd, write_fd = os.pipe()

    front.run(*COMPILE, env={**STARTS, **unwanted}, pass_fds=(read_fd, write_fd), umask=0)
    os.close(read_fd)
    os.close(write_fd)

    (told,) = starts_of(front)
    env = told.pop("env")
    assert isinstance(env, dict)
    assert not env.keys() & unwanted.keys()
    assert env["ZCCACHE_CACHE_DIR"] == str(front.root)
    assert told == {
        "argv": [], "cwd": "/", "own_session": True, "leads": False, "fds": [0, 1, 2],
        "stdio": ["/dev/null"] * 3, "umask": 0o077, "blocked": 0, "hangup": "SIG_DFL",
    }  # fmt: skip


def test_a_relative_cache_folder_is_absolute_for_the_daemon(front: Front) -> None:
    front.install("zccache-daemon", _DAEMON)
    front.root.mkdir()

    front.run(*COMPILE, cwd=front.root.parent, env={**STARTS, "ZCCACHE_CACHE_DIR": front.root.name})

    (told,) = starts_of(front)
    assert told["env"]["ZCCACHE_CACHE_DIR"] == str(front.root)  # type: ignore[index]


def test_the_folders_that_the_front_makes_are_private(front: Front) -> None:
    front.install("zccache-daemon", _DAEMON)

    front.run(*COMPILE, env=STARTS, umask=0)

    modes = [stat.S_IMODE((front.root / name).stat().st_mode) for name in (".", "locks", "sockets")]
    assert modes == [0o700] * 3


def test_no_spawn_starts_nothing(front: Front) -> None:
    front.install("zccache-daemon", _DAEMON)

    run = front.run(*COMPILE, env={"ZCCACHE_NO_SPAWN": "1"})

    assert (run.returncode, run.stdout) == (COLD_STATUS, cold_words("no_spawn", COMPILE))
    assert not front.root.exists()


def test_a_daemon_that_is_missing_ends_in_a_cold_walk_and_is_not_looked_for_again(front: Front) -> None:
    missing = front.run(*COMPILE, env={**STARTS, "PATH": "/nonexistent"})
    front.install("zccache-daemon", _DAEMON)
    again = front.run(*COMPILE, env=STARTS)

    assert missing.stdout == cold_words("start_failed", COMPILE)
    assert again.stdout == cold_words("start_failed_recently", COMPILE)
    assert not (front.root / "started").exists()


def test_a_daemon_that_dies_at_once_is_given_up_soon(front: Front) -> None:
    front.install("zccache-daemon", "#!/bin/sh\nexit 1\n")

    began = time.monotonic()
    run = front.run(*COMPILE, env=STARTS)
    took_s = time.monotonic() - began

    assert run.stdout == cold_words("start_failed", COMPILE)
    assert took_s < 5


def test_a_daemon_that_cannot_be_executed_ends_in_a_cold_walk(front: Front) -> None:
    front.install("zccache-daemon", "#!/nonexistent/python\n")

    run = front.run(*COMPILE, env=STARTS)

    assert run.stdout == cold_words("start_failed", COMPILE)


def test_an_old_failure_does_not_keep_a_daemon_from_being_started(front: Front) -> None:
    front.install("zccache-daemon", _DAEMON)
    marker = front.root / "locks" / "start.failed"
    marker.parent.mkdir(parents=True)
    marker.touch()
    os.utime(marker, (time.time() - 31,) * 2)

    assert front.run(*COMPILE, env=STARTS).returncode == DAEMON_STATUS


def test_a_stale_socket_does_not_keep_a_daemon_from_being_started(front: Front) -> None:
    front.install(
        "zccache-daemon",
        _DAEMON.replace("listener.bind", "os.unlink(root / 'sockets/daemon.sock'); listener.bind"),
    )
    front.socket.parent.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(front.socket))

    assert front.run(*COMPILE, env=STARTS).returncode == DAEMON_STATUS


def test_whoever_does_not_hold_the_lock_waits_for_the_daemon_of_whoever_does(front: Front) -> None:
    front.install("zccache-daemon", _DAEMON)
    lock = front.root / "locks" / "start.lock"
    lock.parent.mkdir(parents=True)

    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with front.popen(*COMPILE, env=STARTS) as waiting:
            gave_up = wait_until(lambda: waiting.poll() is not None, within_s=0.3)
            started = (front.root / "started").exists()
            fcntl.flock(held, fcntl.LOCK_UN)
            status = waiting.wait(30)

    assert not gave_up
    assert not started
    assert status == DAEMON_STATUS


def test_a_root_that_cannot_be_made_ends_in_a_cold_walk(front: Front) -> None:
    front.install("zccache-daemon", _DAEMON)
    front.root.write_text("a file")

    run = front.run(*COMPILE, env=STARTS)
    front.root.unlink()

    assert run.stdout == cold_words("no_root", COMPILE)


def test_a_private_folder_of_somebody_else_is_not_used(front: Front, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    (tmp_path / f"zccache-{os.getuid()}").symlink_to(target)
    env = {**STARTS, "ZCCACHE_CACHE_DIR": "", "HOME": "", "TMPDIR": str(tmp_path)}

    run = front.run(*COMPILE, env=env)

    assert run.stdout == cold_words("foreign_root", COMPILE)
    assert list(target.iterdir()) == []
