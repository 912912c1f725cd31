"""A command of several steps: after each FINISH the daemon tells the next one, or how the command ends."""

import signal

from fake_daemon import Call, FakeDaemon, hit
from native_front import Front
from zccache.common.wire.messages import Finish


def shell(call: Call, line: str, *, stdout: bytes = b"", stderr: bytes = b"") -> int:
    return call.step("/bin/sh", "-c", line, stdout=stdout, stderr=stderr).value


def test_steps_run_one_after_another_and_the_last_answer_ends_the_command(front: Front) -> None:
    told = []

    def script(call: Call) -> None:
        told.append(shell(call, "echo one; echo first >&2", stdout=b"zero\n"))
        told.append(shell(call, "echo two; exit 3", stderr=b"between\n"))
        call.say(hit(3, b"three\n", b"last\n"))

    with FakeDaemon(front.socket, script):
        run = front.run("gcc", "-c", "a.c", "b.c")

    assert told == [0, 3]
    assert (run.returncode, run.stdout) == (3, b"zero\none\ntwo\nthree\n")
    assert run.stderr == b"first\nbetween\nlast\n"


def test_each_step_tells_what_it_alone_has_printed(front: Front) -> None:
    ends: list[Finish] = []

    def script(call: Call) -> None:
        words = ("one", "two")
        ends.extend(call.step("/bin/sh", "-c", f"echo {word}", stdout=b"not its own\n") for word in words)
        call.say(hit(0, b"", b""))

    with FakeDaemon(front.socket, script):
        front.run("gcc", "-c", "a.c", "b.c")

    assert [end.stdout for end in ends] == [b"one\n", b"two\n"]


def test_a_front_that_is_left_alone_between_steps_runs_the_whole_command(front: Front) -> None:
    front.install("whole", '#!/bin/sh\necho "all of it: $*"; exit 6\n')

    def script(call: Call) -> None:
        shell(call, "echo one")

    with FakeDaemon(front.socket, script):
        run = front.run("whole", "-c", "a.c", "b.c", env={"PATH": f"{front.bin}:/bin"})

    assert run.stderr == b""
    assert (run.returncode, run.stdout) == (6, b"one\nall of it: -c a.c b.c\n")


def test_a_step_that_dies_by_a_signal_takes_the_command_with_it(front: Front) -> None:
    def script(call: Call) -> None:
        shell(call, "kill -TERM $$")
        call.say(hit(0, b"never printed\n", b""))

    with FakeDaemon(front.socket, script):
        run = front.run("gcc", "-c", "a.c", "b.c")

    assert (run.returncode, run.stdout) == (-signal.SIGTERM, b"")
