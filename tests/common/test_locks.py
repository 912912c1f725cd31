"""Who may start a daemon and who is one: the locks between processes, whatever language they speak."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock
import pytest

from tools import require_tool
from waiting import wait_until
from zccache.common.layout import Layout
from zccache.common.locks import (
    DaemonLock,
    Holder,
    is_held,
    is_running,
    process_start,
    read_holder,
    start_lock,
)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(str(tmp_path / "root"))
    layout.create()
    return layout


@contextmanager
def held_by_flock(path: str) -> Iterator[None]:
    """Hold a lock as the native front does: flock(2), by a program that knows nothing of ours."""
    flock = require_tool("flock", "util-linux")
    # `cat` ends with our end of the pipe, and with it the lock.
    holder = subprocess.Popen(
        [flock, "--nonblock", path, "sh", "-c", "echo held; exec cat"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        yield


def flock_is_free(path: str) -> bool:
    flock = require_tool("flock", "util-linux")
    return subprocess.run([flock, "--nonblock", path, "true"], check=False).returncode == 0


def test_a_start_lock_keeps_flock_out(layout: Layout) -> None:
    with start_lock(layout, timeout_s=5):
        assert not flock_is_free(layout.start_lock)

    assert flock_is_free(layout.start_lock)


def test_flock_keeps_a_start_lock_out(layout: Layout) -> None:
    with held_by_flock(layout.start_lock), pytest.raises(filelock.Timeout), start_lock(layout, timeout_s=0.1):
        pass

    with start_lock(layout, timeout_s=5) as lock:
        assert lock.lock_file == layout.start_lock


def test_a_lock_file_stays_the_same_file_for_everybody(layout: Layout) -> None:
    with start_lock(layout, timeout_s=5):
        first = os.stat(layout.start_lock).st_ino

    with held_by_flock(layout.start_lock):
        assert os.stat(layout.start_lock).st_ino == first


def test_a_daemon_lock_and_flock_and_filelock_keep_one_another_out(layout: Layout) -> None:
    lock = DaemonLock(layout.daemon_lock)
    with held_by_flock(layout.daemon_lock):
        assert not lock.try_acquire("1.2.3")
    with filelock.FileLock(layout.daemon_lock):
        assert not lock.try_acquire("1.2.3")

    assert lock.try_acquire("1.2.3")

    assert not flock_is_free(layout.daemon_lock)
    with pytest.raises(filelock.Timeout):
        filelock.FileLock(layout.daemon_lock).acquire(timeout=0)
    lock.release()
    assert flock_is_free(layout.daemon_lock)


def test_the_holder_of_a_daemon_lock_can_be_read(layout: Layout) -> None:
    Path(layout.daemon_lock).write_text("a longer text that some predecessor left there, longer than ours\n")
    lock = DaemonLock(layout.daemon_lock)

    assert lock.try_acquire("1.2.3")

    assert is_held(layout.daemon_lock)
    holder = read_holder(layout.daemon_lock)
    assert holder == Holder(os.getpid(), process_start(os.getpid()), "1.2.3")
    assert is_running(holder)
    lock.release()
    assert not is_held(layout.daemon_lock)
    assert read_holder(layout.daemon_lock) == holder


@pytest.mark.parametrize("text", ["", "x", "1 2", "one two three", "1 2 3 4"])
def test_a_lock_text_that_is_not_ours_names_nobody(layout: Layout, text: str) -> None:
    Path(layout.daemon_lock).write_text(text)

    assert read_holder(layout.daemon_lock) is None


def test_a_lock_without_a_file_is_free_and_nobodys(layout: Layout) -> None:
    assert not is_held(layout.daemon_lock)
    assert read_holder(layout.daemon_lock) is None


def test_a_lock_is_free_once_its_holder_is_killed(layout: Layout) -> None:
    code = (
        "import sys, time\nfrom zccache.common.locks import DaemonLock\n"
        f"lock = DaemonLock({layout.daemon_lock!r})\nassert lock.try_acquire('1')\ntime.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code]) as holder:
        # The text comes a moment after the lock.
        assert wait_until(lambda: read_holder(layout.daemon_lock) is not None)
        assert is_held(layout.daemon_lock)

        holder.send_signal(signal.SIGKILL)

        # Not reaped yet: the kernel frees a zombie's locks too.
        assert wait_until(lambda: not is_held(layout.daemon_lock))
        left = read_holder(layout.daemon_lock)
        assert left is not None
        assert left.pid == holder.pid
        assert wait_until(lambda: not is_running(left))


def test_a_recycled_pid_is_not_the_holder() -> None:
    started = process_start(os.getpid())

    assert is_running(Holder(os.getpid(), started, "1"))
    assert is_running(Holder(os.getpid(), 0, "1"))
    assert not is_running(Holder(os.getpid(), started + 1, "1"))
    assert not is_running(Holder(2**22 + 1, 0, "1"))


def test_a_lock_whose_file_was_deleted_meanwhile_guards_nothing(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_open = os.open

    def open_and_lose(path: str, *rest: int) -> int:
        fd = real_open(path, *rest)
        os.unlink(path)
        return fd

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", open_and_lose)
        assert not DaemonLock(layout.daemon_lock).try_acquire("1")

    lock = DaemonLock(layout.daemon_lock)
    assert lock.try_acquire("1")
    lock.release()
