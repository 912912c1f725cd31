"""The front does what the daemon answers; what it did not expect ends in a cold walk."""

import pytest

from fake_daemon import (
    Call,
    FakeDaemon,
    busy,
    cold,
    fails,
    hit,
    passes,
    restart,
    says,
    says_and_hangs_up,
    with_protocol,
)
from native_front import COLD_STATUS, Front, cold_words
from zccache.common.wire.frames import Kind, pack_frame

COMPILE = ("gcc", "-c", "a b.c")


def test_a_hit_replays_both_streams_and_the_status(front: Front) -> None:
    with FakeDaemon(front.socket, says(hit(3, b"to stdout\0\n", b"to stderr\n"))):
        run = front.run(*COMPILE)

    assert (run.returncode, run.stdout, run.stderr) == (3, b"to stdout\0\n", b"to stderr\n")


def test_a_hit_larger_than_the_first_buffer_is_replayed_whole(front: Front) -> None:
    out, err = b"o" * 3_000_000, bytes(range(256)) * 8000

    with FakeDaemon(front.socket, says(hit(0, out, err))):
        run = front.run(*COMPILE)

    assert (run.returncode, run.stdout, run.stderr) == (0, out, err)


def test_an_answer_in_pieces_is_put_together(front: Front) -> None:
    answer = busy() + hit(7, b"", b"whole")

    with FakeDaemon(front.socket, says(*(answer[i : i + 1] for i in range(len(answer))))):
        run = front.run(*COMPILE)

    assert (run.returncode, run.stderr) == (7, b"whole")


def test_pass_becomes_the_program_with_the_words_as_typed(front: Front) -> None:
    program = front.install("shows", '#!/bin/sh\nprintf "%s|" "$ZCCACHE_GUARD" "$@"; exit 5\n')

    with FakeDaemon(front.socket, says(passes(str(program)))):
        run = front.run("shows", "x y", "")

    assert (run.returncode, run.stdout, run.stderr) == (5, b"|x y||", b"")


def test_a_compiler_that_is_passed_on_is_guarded(front: Front) -> None:
    program = front.install("shows", '#!/bin/sh\necho "$ZCCACHE_GUARD"\n')

    with FakeDaemon(front.socket, says(passes(str(program), "not_a_compile"))):
        run = front.run("gcc", "a.c")

    assert run.stdout == b"run\n"


def test_pass_to_a_program_that_is_not_there_is_one_clear_line_and_127(front: Front) -> None:
    with FakeDaemon(front.socket, says(passes("statsu"))):
        run = front.run("statsu")

    line = b"zccache: 'statsu' is neither a zccache command nor a program on PATH; see zccache --help\n"
    assert (run.returncode, run.stdout, run.stderr) == (127, b"", line)


def test_fail_prints_the_message_and_exits_with_the_status(front: Front) -> None:
    with FakeDaemon(front.socket, says(fails(9, "no such thing\n"))):
        run = front.run(*COMPILE)

    assert (run.returncode, run.stdout, run.stderr) == (9, b"", b"no such thing\n")


BROKEN_ANSWERS = {
    "garbage": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "a foreign mark": b"\0\0\0\0XX\x01\x81",
    "a body over the limit": b"\xff\xff\xff\xffZC\x01\x81",
    "another protocol": with_protocol(hit(), 2),
    "a hit cut short": pack_frame(Kind.HIT, b"\0\0\0\0"),
    "a hit whose lengths lie": pack_frame(Kind.HIT, b"\0\0\0\0\xff\xff\xff\xff\x01\0\0\0"),
    "an empty run": pack_frame(Kind.RUN),
    "a run without words": pack_frame(Kind.RUN, bytes(20), b"\x03\0\0\0\0\0\0\0\0\0\0\0", b"/x\0"),
    "a run of a relative program": pack_frame(
        Kind.RUN, bytes(12), b"\x01\0\0\0\0\0\0\0\x02\0\0\0\x02\0\0\0\0\0\0\0x\0x\0"
    ),
    "a run of too many words": pack_frame(
        Kind.RUN, bytes(12), b"\x09\0\0\0\0\0\0\0\x03\0\0\0\x02\0\0\0\0\0\0\0/x\0x\0"
    ),
    "a run whose words do not end": pack_frame(
        Kind.RUN, bytes(12), b"\x01\0\0\0\0\0\0\0\x03\0\0\0\x02\0\0\0\0\0\0\0/x\0xx"
    ),
    "a pass without an end": pack_frame(Kind.PASS, b"\x02\0\0\0\0\0\0\0", b"/x"),
    "a pass with a long reason": pack_frame(Kind.PASS, b"\x03\0\0\0\xff\0\0\0", b"/x\0", b"r" * 255),
    "a fail whose length lies": pack_frame(Kind.FAIL, b"\0\0\0\0\xff\0\0\0"),
}


@pytest.mark.parametrize("answer", BROKEN_ANSWERS.values(), ids=BROKEN_ANSWERS.keys())
def test_a_broken_answer_ends_in_a_cold_walk(front: Front, answer: bytes) -> None:
    with FakeDaemon(front.socket, says(answer)):
        run = front.run(*COMPILE)

    assert (run.returncode, run.stdout, run.stderr) == (COLD_STATUS, cold_words("broken", COMPILE), b"")


def test_an_answer_of_an_unknown_kind_ends_in_a_cold_walk(front: Front) -> None:
    with FakeDaemon(front.socket, says(pack_frame(0xEE, b"?"))):
        run = front.run(*COMPILE)

    assert run.stdout == cold_words("unexpected_answer", COMPILE)


@pytest.mark.parametrize("length", [0, 1, 7, 8, 12, len(hit(0, b"", b"half")) - 1])
def test_a_daemon_that_hangs_up_before_the_end_of_its_answer_ends_in_a_cold_walk(
    front: Front, length: int
) -> None:
    with FakeDaemon(front.socket, says_and_hangs_up(hit(0, b"", b"half")[:length])):
        run = front.run(*COMPILE)

    assert (run.returncode, run.stdout) == (COLD_STATUS, cold_words("closed", COMPILE))


@pytest.mark.parametrize("said", [b"", hit()[:9]], ids=["nothing", "half an answer"])
def test_a_silent_daemon_ends_in_a_cold_walk(front: Front, said: bytes) -> None:
    with FakeDaemon(front.socket, says(said)):
        run = front.run(*COMPILE)

    assert (run.returncode, run.stdout) == (COLD_STATUS, cold_words("no_answer", COMPILE))


@pytest.mark.parametrize("protocol", [1, 2, 255])
def test_cold_is_understood_from_any_protocol(front: Front, protocol: int) -> None:
    with FakeDaemon(front.socket, says(with_protocol(cold("other_namespace"), protocol))):
        run = front.run(*COMPILE)

    assert run.stdout == cold_words("other_namespace", COMPILE)


def test_a_daemon_that_is_going_away_is_asked_again_until_it_is_another(front: Front) -> None:
    answers = iter([with_protocol(restart(), 9), restart(), hit(4)])

    def script(call: Call) -> None:
        call.say(next(answers))
        call.wait_for_the_end()

    with FakeDaemon(front.socket, script) as daemon:
        run = front.run(*COMPILE)

    assert run.returncode == 4
    assert len(daemon.calls) == 3


def test_a_cold_walk_that_is_missing_leaves_the_bare_compiler(front: Front) -> None:
    front.bin.joinpath("zccache-cli").unlink()
    compiler = front.install("gcc", "#!/bin/sh\necho bare $*\n", front.work / "tools")

    with FakeDaemon(front.socket, says(cold("told"))):
        run = front.run("gcc", "-c", "x.c", env={"PATH": str(compiler.parent)})

    assert (run.returncode, run.stdout, run.stderr) == (0, b"bare -c x.c\n", b"")
