"""SPREAD: several commands at the same time, which print, fail and end as if they came one after another."""

import contextlib
import os
import signal
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_daemon import TICKET, Call, FakeDaemon, hit, says_and_hangs_up
from fronts import python_front
from native_front import Front, cold_words
from spreading import CROWD, MEET, Spreading, Tokens, is_gone
from waiting import wait_until
from zccache.common.wire.frames import HEADER, Kind, pack_frame
from zccache.common.wire.messages import (
    CAPTURE_INCOMPLETE,
    EXITED,
    IS_APART,
    KILLED,
    STREAMS_ARE_ONE,
    pack_word,
)
from zccache.common.wire.spreads import Piece, SpreadOrder, pack_spread

COMMAND = ("gcc", "-c", "a.c", "b.c", "c.c")
NO_MAKE = {"MAKEFLAGS": ""}


@pytest.fixture(params=["shipped", "sanitized"])
def native(request: pytest.FixtureRequest, cache_root: Path, tmp_path: Path) -> Front:
    """Hand out both native fronts, one after the other."""
    return Front(request.getfixturevalue(f"{request.param}_binary"), cache_root, tmp_path)


@pytest.fixture(params=["shipped", "sanitized", "twin"])
def front(request: pytest.FixtureRequest, cache_root: Path, tmp_path: Path) -> Front:
    """Hand out all fronts, the Python one too."""
    is_twin = request.param == "twin"
    binary = python_front(tmp_path) if is_twin else request.getfixturevalue(f"{request.param}_binary")
    return Front(binary, cache_root, tmp_path)


def crowd(front: Front) -> int:
    return max(int(line) for line in (front.work / "crowd").read_text().split())


@contextlib.contextmanager
def fifo_of(folder: Path, tokens: bytes) -> Iterator[tuple[Path, int]]:
    """Make a jobserver's fifo; hand out its path and a descriptor that keeps the tokens alive."""
    path = folder / "fifo"
    os.mkfifo(path)
    fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    os.write(fd, tokens)
    yield path, fd
    os.close(fd)


def test_they_run_at_the_same_time(front: Front) -> None:
    script = Spreading(*(MEET.format(name=name, of=3) for name in "abc"))

    with FakeDaemon(front.socket, script):
        run = front.run(*COMMAND, env=NO_MAKE)

    assert (run.returncode, run.stdout, run.stderr) == (0, b"", b"")
    assert script.told is not None
    assert (script.told.ticket, script.told.how, script.told.value) == (TICKET, EXITED, 0)
    assert script.told.flags == CAPTURE_INCOMPLETE


def test_never_more_run_than_the_daemon_says(front: Front) -> None:
    script = Spreading(*(CROWD.format(name=index) for index in range(6)), at_once=3)

    with FakeDaemon(front.socket, script):
        front.run(*COMMAND, env=NO_MAKE)

    assert len(script.apart) == 6
    assert crowd(front) <= 3


def test_what_they_print_comes_in_their_order(front: Front) -> None:
    ends_last = "echo a1; echo A1 >&2; until [ -e done ]; do sleep 0.01; done; echo a2"
    script = Spreading(ends_last, "echo b; echo B >&2; echo > done", "echo c")
    script.pieces = [
        script.pieces[0]._replace(stdout=b"before a\n"),
        script.pieces[1]._replace(stdout=b"before b\n", stderr=b"BEFORE B\n"),
        script.pieces[2],
        Piece((), b"last\n", b"LAST\n"),
    ]

    with FakeDaemon(front.socket, script):
        run = front.run(*COMMAND, env=NO_MAKE)

    assert run.stdout == b"before a\na1\na2\nbefore b\nb\nc\nlast\n"
    assert run.stderr == b"A1\nBEFORE B\nB\nLAST\n"


def test_whose_turn_it_is_prints_at_once(front: Front) -> None:
    script = Spreading("echo first; until [ -e seen ]; do sleep 0.01; done", "true")

    with FakeDaemon(front.socket, script), front.popen(*COMMAND, env=NO_MAKE) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        (front.work / "seen").touch()
        status = process.wait(30)

    assert (line, status) == (b"first\n", 0)


def test_streams_that_are_one_stay_one(front: Front) -> None:
    line = "echo 1; echo 2 >&2; echo 3; echo 4 >&2"
    script = Spreading("true", line, "true")

    with FakeDaemon(front.socket, script):
        run = front.run(*COMMAND, env=NO_MAKE, stderr=subprocess.STDOUT)

    assert sorted(run.stdout) == sorted(b"1\n2\n3\n4\n")
    assert [asked.flags for asked in script.apart] == [IS_APART | STREAMS_ARE_ONE] * 3


def test_a_child_asks_as_the_user_would_have(front: Front) -> None:
    script = Spreading("true", "exit 0")
    parents = []

    def noting(call: Call) -> None:
        parents.extend([call.begin] if call.begin and not call.begin.flags & IS_APART else [])
        script(call)

    with FakeDaemon(front.socket, noting):
        front.run("gcc", "-c", "a.c", "b.c", env={**NO_MAKE, "SPREAD_TEST": "1"})

    (parent,) = parents
    asked = sorted(script.apart, key=lambda begin: begin.argv)
    assert [begin.argv for begin in asked] == [("gcc", "-c", "exit 0"), ("gcc", "-c", "true")]
    for begin in asked:
        assert begin._replace(argv_block=b"", flags=0) == parent._replace(argv_block=b"", flags=0)


def test_the_worst_status_is_told_and_no_neighbour_is_spoilt(front: Front) -> None:
    script = Spreading("exit 1", "exit 4; ", "echo > c.o", "exit 2", answer=hit(4))

    with FakeDaemon(front.socket, script):
        run = front.run(*COMMAND, env=NO_MAKE)

    assert run.returncode == 4
    assert script.told is not None
    assert (script.told.how, script.told.value) == (EXITED, 4)
    assert (front.work / "c.o").exists()


def test_one_that_dies_by_a_signal_ends_all(front: Front) -> None:
    waits = "until [ -e never ]; do sleep 0.01; done; echo > survived"
    until_began = "until [ -e began ]; do sleep 0.01; done"
    script = Spreading(f"echo > began; {waits}", f"{until_began}; kill -SEGV $$", waits, waits, at_once=2)

    with FakeDaemon(front.socket, script):
        run = front.run(*COMMAND, env=NO_MAKE)

    assert run.returncode == -signal.SIGSEGV
    assert script.told is not None
    assert (script.told.how, script.told.value) == (KILLED, signal.SIGSEGV)
    assert len(script.apart) == 2
    assert not (front.work / "survived").exists()


def pids(front: Front, count: int) -> list[int]:
    """Return the compilers that have noted themselves, once all have."""
    assert wait_until(lambda: len(list(front.work.glob("pid.*"))) == count)
    return [int(path.name.partition(".")[2]) for path in front.work.glob("pid.*")]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
def test_who_ends_the_front_ends_all(front: Front, number: signal.Signals) -> None:
    waits = "echo > pid.$$; until [ -e never ]; do sleep 0.01; done"
    script = Spreading(*[waits] * 4, at_once=2)

    daemon = FakeDaemon(front.socket, script)
    with contextlib.suppress(EOFError), daemon, front.popen(*COMMAND, env=NO_MAKE) as process:
        compilers = pids(front, 2)
        process.send_signal(number)
        status = process.wait(30)

    assert status == -number
    assert wait_until(lambda: all(is_gone(pid) for pid in compilers))
    assert len(script.apart) == 2


def test_control_c_to_the_whole_group_ends_all(front: Front) -> None:
    waits = "echo > pid.$$; until [ -e never ]; do sleep 0.01; done"
    script = Spreading(*[waits] * 4, at_once=2)

    daemon = FakeDaemon(front.socket, script)
    with (
        contextlib.suppress(EOFError),
        daemon,
        front.popen(*COMMAND, env=NO_MAKE, start_new_session=True) as process,
    ):
        compilers = pids(front, 2)
        os.killpg(process.pid, signal.SIGINT)
        status = process.wait(30)

    assert status == -signal.SIGINT
    assert wait_until(lambda: all(is_gone(pid) for pid in compilers))
    assert len(script.apart) == 2


@pytest.mark.parametrize(("tokens", "most"), [(0, 1), (1, 2), (2, 3)])
def test_a_token_of_makes_pipe_is_taken_for_each_beside_the_first(
    front: Front, tokens: int, most: int
) -> None:
    """hazard 110"""
    server = Tokens(tokens)
    script = Spreading(*(CROWD.format(name=index) for index in range(8)))

    with FakeDaemon(front.socket, script):
        run = front.run(*COMMAND, env={"MAKEFLAGS": server.flags}, pass_fds=server.fds)

    assert run.returncode == 0
    assert crowd(front) == most
    os.write(server.fds[1], b"z")
    assert server.left() == b"abcdefg"[:tokens] + b"z"
    server.close()


@pytest.mark.parametrize(
    "flags", [" -j3 --jobserver-auth=fifo:{}", "kw --jobserver-fds=1,2 --jobserver-auth=fifo:{} -- A=b"]
)
def test_a_token_of_makes_fifo_is_taken_for_each_beside_the_first(front: Front, flags: str) -> None:
    script = Spreading(*(CROWD.format(name=index) for index in range(8)))

    with FakeDaemon(front.socket, script), fifo_of(front.work, b"xy") as (path, fd):
        run = front.run(*COMMAND, env={"MAKEFLAGS": flags.format(path)})
        left = os.read(fd, 10)

    assert run.returncode == 0
    assert crowd(front) == 3
    assert sorted(left) == sorted(b"xy")


def test_a_token_that_comes_later_is_taken_then(front: Front) -> None:
    server = Tokens(0)
    lines = ["echo > started; until [ -e go ]; do sleep 0.01; done"]
    script = Spreading(*lines, *(MEET.format(name=name, of=2) for name in "ab"))

    with (
        FakeDaemon(front.socket, script),
        front.popen(*COMMAND, env={"MAKEFLAGS": server.flags}, pass_fds=server.fds) as process,
    ):
        assert wait_until((front.work / "started").exists)
        os.write(server.fds[1], b"t")
        (front.work / "go").touch()
        status = process.wait(30)

    assert status == 0
    assert server.left() == b"t"
    server.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_who_is_ended_gives_all_tokens_back(front: Front, number: signal.Signals) -> None:
    server = Tokens(2)
    script = Spreading(*["echo > pid.$$; until [ -e never ]; do sleep 0.01; done"] * 5)

    env = {"MAKEFLAGS": server.flags}
    daemon = FakeDaemon(front.socket, script)
    with (
        contextlib.suppress(EOFError),
        daemon,
        front.popen(*COMMAND, env=env, pass_fds=server.fds) as process,
    ):
        pids(front, 3)
        process.send_signal(number)
        status = process.wait(30)

    assert status == -number
    assert server.left() == b"ab"
    server.close()


@pytest.mark.parametrize(
    "flags",
    [
        "--jobserver-auth=3,4",
        "--jobserver-auth=-2,-2",
        "--jobserver-auth=fifo:/nonesuch",
        "-j --jobserver-fds=0,0",
    ],
)
def test_a_jobserver_out_of_reach_lets_one_run_at_a_time(front: Front, flags: str) -> None:
    script = Spreading(*(CROWD.format(name=index) for index in range(4)))

    with FakeDaemon(front.socket, script):
        run = front.run(*COMMAND, env={"MAKEFLAGS": flags})

    assert run.returncode == 0
    assert crowd(front) == 1


def test_two_pipes_that_are_no_jobserver_are_left_alone(front: Front) -> None:
    """hazard 110"""
    one, other = os.pipe(), os.pipe()
    os.write(one[1], b"data")
    script = Spreading(*(CROWD.format(name=index) for index in range(4)))

    with FakeDaemon(front.socket, script):
        front.run(
            *COMMAND,
            env={"MAKEFLAGS": f"--jobserver-auth={one[0]},{other[1]}"},
            pass_fds=(one[0], other[1]),
        )

    assert crowd(front) == 1
    assert os.read(one[0], 10) == b"data"
    for fd in (*one, *other):
        os.close(fd)


def test_left_alone_at_the_end_the_front_exits_as_the_commands_did(front: Front) -> None:
    script = Spreading("echo a", "echo b; exit 3", answer=b"")
    script.pieces = [*script.pieces, Piece((), b"last\n")]

    with FakeDaemon(front.socket, script):
        run = front.run(*COMMAND, env=NO_MAKE)

    assert (run.returncode, run.stdout) == (3, b"a\nb\nlast\n")


def test_left_alone_before_the_end_the_front_runs_the_whole_command(front: Front) -> None:
    front.install("whole", '#!/bin/sh\necho "all of it: $*"; exit 6\n')
    script = Spreading("echo a", "echo b", more_follows=True, answer=b"")

    with FakeDaemon(front.socket, script):
        run = front.run("whole", "a.c", "b.c", env={**NO_MAKE, "PATH": f"{front.bin}:/bin"})

    assert (run.returncode, run.stdout) == (6, b"a\nb\nall of it: a.c b.c\n")


def test_what_comes_behind_a_spread_is_run(front: Front) -> None:
    script = Spreading("echo a", "echo b", more_follows=True, answer=b"")

    def linking(call: Call) -> None:
        script(call)
        if call.begin is not None and not call.begin.flags & IS_APART:
            call.step("/bin/sh", "-c", "echo linked")
            call.say(hit(0, b"end\n"))

    with FakeDaemon(front.socket, linking):
        run = front.run(*COMMAND, env=NO_MAKE)

    assert (run.returncode, run.stdout) == (0, b"a\nb\nlinked\nend\n")


def test_children_that_get_another_answer_do_as_it_says(native: Front) -> None:
    program = native.install("shows", '#!/bin/sh\necho "$@"\n')
    script = Spreading("", "")
    answers = {"one": hit(0, b"a hit\n"), "two": pack_word(Kind.COLD, "drained")}
    script.pieces = [Piece((str(program), word)) for word in answers]

    def answering(call: Call) -> None:
        if call.begin is not None and call.begin.flags & IS_APART:
            call.say(answers[call.begin.argv[-1]])
        else:
            script(call)

    with FakeDaemon(native.socket, answering):
        run = native.run(*COMMAND, env=NO_MAKE)

    assert run.stdout == b"a hit\n" + cold_words("drained", [str(program), "two"])


def test_a_compiler_meets_the_broken_pipe_of_its_reader(front: Front) -> None:
    script = Spreading("until [ -e closed ]; do sleep 0.01; done", "echo b")

    with FakeDaemon(front.socket, script), front.popen(*COMMAND, env=NO_MAKE) as process:
        assert process.stdout is not None
        process.stdout.close()
        (front.work / "closed").touch()
        status = process.wait(30)

    assert status == -signal.SIGPIPE


SPREAD = pack_spread(SpreadOrder(1, 2, False, (Piece(("gcc", "a")), Piece(("gcc", "b")), Piece((), b"o"))))
BODY = SPREAD[HEADER.size :]


@pytest.mark.parametrize(
    "body",
    [
        *(BODY[:length] for length in range(len(BODY))),
        BODY + b"\0",
        BODY[:8] + struct.pack("<I", 0) + BODY[12:],
        BODY[:16] + struct.pack("<I", 1 << 31) + BODY[20:],
        BODY[:20] + struct.pack("<4I", 0, 6, 0, 0) + BODY[36:],
        BODY[:20] + struct.pack("<4I", 2, 6, (1 << 32) - 1, (1 << 32) - 1) + BODY[36:],
    ],
    ids=str,
)
def test_a_spread_that_is_not_as_the_page_says_walks_cold(native: Front, body: bytes) -> None:
    with FakeDaemon(native.socket, says_and_hangs_up(pack_frame(Kind.SPREAD, body))):
        run = native.run(*COMMAND, env=NO_MAKE)

    assert run.stdout == cold_words("broken", COMMAND)
