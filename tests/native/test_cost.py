"""What a hit costs the front: counted in system calls, which no busy machine changes."""

import re
import subprocess

from fake_daemon import FakeDaemon, hit, says
from native_front import Front
from tools import require_tool

# execve, the libc's own two or three (musl), then one for each thing that BEGIN tells and the socket needs.
MOST_SYSCALLS_OF_A_HIT = 17
# Pipes and files that are moved up, and one call for all the rest (Linux 5.11).
MOST_DESCRIPTOR_CALLS_OF_A_START = 60


def syscalls_of_a_hit(front: Front) -> list[str]:
    trace = front.work / "trace"
    strace = [require_tool("strace", "strace"), "-o", str(trace), "-qq"]
    with FakeDaemon(front.socket, says(hit())):
        run = subprocess.run(
            [*strace, front.path, "gcc", "-c", "x.c"], env=front.env(), check=False, capture_output=True
        )
    assert (run.returncode, run.stderr) == (0, b"")
    return re.findall(r"^(\w+)\(", trace.read_text(), re.MULTILINE)


def test_a_hit_takes_few_system_calls(shipped: Front) -> None:
    require_tool("musl-gcc", "musl-tools")

    calls = syscalls_of_a_hit(shipped)

    assert len(calls) <= MOST_SYSCALLS_OF_A_HIT, calls


def test_a_hit_asks_for_no_memory_and_opens_no_file(shipped: Front) -> None:
    require_tool("musl-gcc", "musl-tools")

    calls = syscalls_of_a_hit(shipped)

    assert not {"brk", "mmap", "open", "openat", "rt_sigaction"} & set(calls), calls


def test_starting_a_daemon_does_not_touch_every_descriptor_there_could_be(shipped: Front) -> None:
    shipped.install("zccache-daemon", "#!/bin/sh\nexit 1\n")
    trace = shipped.work / "trace"
    strace = [require_tool("strace", "strace"), "-f", "-e", "trace=fcntl,close_range", "-o", str(trace)]

    subprocess.run(
        [*strace, shipped.path, "gcc", "-c", "x.c"],
        env={**shipped.env(), "ZCCACHE_NO_SPAWN": "0"}, check=False, capture_output=True,
    )  # fmt: skip

    calls = trace.read_text().count("(")
    assert 0 < calls <= MOST_DESCRIPTOR_CALLS_OF_A_START
