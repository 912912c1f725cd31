"""The loop and its limits, with a listening socket, a thread, and answers made to measure."""

import errno
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from daemon_process import PATIENCE_S, read_answer, read_frame
from waiting import wait_until
from zccache.common.wire.endpoint import Endpoint, bind, connect
from zccache.common.wire.frames import HEADER, MARK, MAX_BODY_BYTES, PROTOCOL, Header, Kind, pack_frame
from zccache.common.wire.messages import RunOrder, pack_hit, pack_run, pack_word, unpack_hit, unpack_word
from zccache.daemon.handlers import LATER, Later
from zccache.daemon.log import Log
from zccache.daemon.reception import BACKLOG, Reception
from zccache.daemon.server import Limits, Server

RUN = pack_run(RunOrder(7, 0, "/bin/true", ("true",), ()))
HIT = pack_hit(0, b"out", b"")
RECORDED = pack_word(Kind.RECORDED, "stored")


class Answers:
    """Answers each frame by the first byte of its body, and remembers what it saw."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, bytes]] = []
        self.put_off: list[int] = []
        self.left: list[int] = []
        self.idles = 0
        self.let_them_go: set[int] = set()

    def request(self, header: Header, body: bytes, connection_id: int) -> bytes | Later:
        self.seen.append((header.kind, body))
        if body.startswith(b"later"):
            self.put_off.append(connection_id)
            return LATER
        if body.startswith(b"big"):
            return pack_hit(0, b"x" * 5_000_000, b"")
        if header.kind == Kind.FINISH:
            return RECORDED
        return RUN if body.startswith(b"run") else HIT

    def let_go(self, connection_id: int) -> bytes | None:
        return HIT if connection_id in self.let_them_go else None

    def gone(self, connection_id: int) -> None:
        self.left.append(connection_id)

    def idle(self) -> None:
        self.idles += 1


class Forever:
    """A life that ends only when the test says so."""

    def __init__(self) -> None:
        self.is_retired = False
        self.working: list[bool] = []

    def reason_to_stop(self, *, is_working: bool) -> str | None:
        self.working.append(is_working)
        return None

    def retire(self) -> None:
        self.is_retired = True


class Served:
    """A server in a thread, and what it was given to work with."""

    def __init__(self, folder: Path, limits: Limits, uid: int) -> None:
        self.endpoint = Endpoint(str(folder / "s"))
        listener = bind(self.endpoint.path)
        listener.listen(BACKLOG)
        self.answers = Answers()
        self.life = Forever()
        self.log_path = folder / "log"
        log = Log(str(self.log_path), "debug")
        self.server = Server(Reception(listener, uid, log), limits, log)
        self.thread = threading.Thread(
            target=self.server.serve, args=(self.answers, self.life, lambda: False), daemon=True
        )

    def connect(self) -> socket.socket:
        return connect(self.endpoint, PATIENCE_S)

    def exchange(self, body: bytes, kind: int = Kind.BEGIN) -> tuple[int, bytes]:
        with self.connect() as front:
            front.sendall(pack_frame(kind, body))
            answer = read_answer(front)
            assert front.recv(1) == b"", "the connection stayed open after its last answer"
            return answer


@contextmanager
def served(folder: Path, limits: Limits, uid: int | None = None) -> Iterator[Served]:
    place = Served(folder, limits, os.getuid() if uid is None else uid)
    place.thread.start()
    try:
        yield place
    finally:
        place.server.stop("the test is over")
        place.thread.join(PATIENCE_S)
        assert not place.thread.is_alive()


QUICK = Limits(connections=50, frame_s=0.2, send_s=0.2, drain_s=3.0, busy_every_s=0.05)
PATIENT = Limits(connections=300)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path, PATIENT) as place:
        yield place


def test_a_request_is_answered_and_its_connection_closed(place: Served) -> None:
    assert place.exchange(b"hello") == (Kind.HIT, HIT[HEADER.size :])

    assert place.answers.seen == [(Kind.BEGIN, b"hello")]
    assert place.answers.left == []


def test_a_frame_may_come_byte_by_byte(place: Served) -> None:
    with place.connect() as front:
        for byte in pack_frame(Kind.BEGIN, b"hello"):
            front.sendall(bytes([byte]))

        assert read_answer(front)[0] == Kind.HIT
    assert place.answers.seen == [(Kind.BEGIN, b"hello")]


def test_a_frame_may_be_larger_than_any_buffer(place: Served) -> None:
    body = bytes(range(256)) * 20_000

    assert place.exchange(body)[0] == Kind.HIT

    assert place.answers.seen == [(Kind.BEGIN, body)]


def test_an_answer_may_be_larger_than_any_buffer(place: Served) -> None:
    kind, body = place.exchange(b"big")

    assert kind == Kind.HIT
    assert unpack_hit(body) == (0, b"x" * 5_000_000, b"")


def test_a_run_keeps_its_connection_for_the_finish(place: Served) -> None:
    with place.connect() as front:
        front.sendall(pack_frame(Kind.BEGIN, b"run"))
        assert read_answer(front)[0] == Kind.RUN

        front.sendall(pack_frame(Kind.FINISH, b"done"))

        assert read_answer(front) == (Kind.RECORDED, RECORDED[HEADER.size :])
        assert front.recv(1) == b""
    assert place.answers.left == []


def test_a_front_that_is_not_to_wait_any_longer_is_answered(place: Served) -> None:
    with place.connect() as front:
        front.sendall(pack_frame(Kind.BEGIN, b"later"))
        assert wait_until(lambda: place.answers.put_off == [1])

        place.answers.let_them_go.add(1)

        assert read_answer(front) == (Kind.HIT, HIT[HEADER.size :])
        assert front.recv(1) == b""
    place.server.answer(1, HIT)
    assert place.exchange(b"next")[0] == Kind.HIT


def test_a_front_that_left_before_it_was_heard_is_not_served(tmp_path: Path) -> None:
    """hazard 112: outputs would come after those of whoever went on by himself."""
    place = Served(tmp_path, PATIENT, os.getuid())
    with place.connect() as front:
        front.sendall(pack_frame(Kind.BEGIN, b"hello"))

    place.thread.start()

    assert place.exchange(b"next")[0] == Kind.HIT
    assert [body for _, body in place.answers.seen] == [b"next"]
    place.server.stop("the test is over")
    place.thread.join(PATIENCE_S)


def test_a_front_that_leaves_before_its_finish_is_reported_once(place: Served) -> None:
    with place.connect() as front:
        front.sendall(pack_frame(Kind.BEGIN, b"run"))
        assert read_answer(front)[0] == Kind.RUN

    assert wait_until(lambda: place.answers.left == [1])


def test_a_front_that_leaves_before_its_answer_is_reported_and_the_answer_dropped(place: Served) -> None:
    with place.connect() as front:
        front.sendall(pack_frame(Kind.BEGIN, b"later"))
        assert wait_until(lambda: place.answers.put_off == [1])

    assert wait_until(lambda: place.answers.left == [1])
    place.server.answer(1, HIT)
    assert place.exchange(b"next")[0] == Kind.HIT


def test_an_answer_from_another_thread_arrives_and_may_be_a_run(place: Served) -> None:
    with place.connect() as front:
        front.sendall(pack_frame(Kind.BEGIN, b"later"))
        assert wait_until(lambda: place.answers.put_off == [1])

        place.server.answer(1, RUN)

        assert read_answer(front)[0] == Kind.RUN
        front.sendall(pack_frame(Kind.FINISH, b"later"))
        assert wait_until(lambda: place.answers.put_off == [1, 1])
        place.server.answer(1, RECORDED)
        assert read_answer(front)[0] == Kind.RECORDED
    assert place.answers.left == []


def test_a_front_that_waits_hears_that_we_are_busy(tmp_path: Path) -> None:
    with served(tmp_path, QUICK) as place, place.connect() as front:
        front.sendall(pack_frame(Kind.BEGIN, b"later"))

        first, second = read_frame(front), read_frame(front)

        assert first == second == (Kind.BUSY, b"")
        place.server.answer(1, HIT)
        assert read_answer(front)[0] == Kind.HIT


@pytest.mark.parametrize(
    "bytes_in",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        os.urandom(4096),
        HEADER.pack(MAX_BODY_BYTES + 1, MARK, PROTOCOL, Kind.BEGIN),
        HEADER.pack(0xFFFFFFFF, MARK, PROTOCOL, Kind.BEGIN) + b"x" * 1000,
        pack_frame(Kind.BEGIN, b"hello") + b"more",
        pack_frame(Kind.FINISH, b"of nothing"),
        pack_frame(Kind.BEGIN, b"run") + pack_frame(Kind.FINISH, b""),
    ],
    ids=["http", "noise", "over the limit", "far over it", "two at once", "finish first", "pipelined"],
)
def test_what_is_not_one_frame_in_its_turn_closes_the_connection(place: Served, bytes_in: bytes) -> None:
    with place.connect() as front:
        front.sendall(bytes_in)

        assert closes(front)

    assert place.answers.seen == []
    assert place.exchange(b"next")[0] == Kind.HIT


@pytest.mark.parametrize("second", [pack_frame(Kind.BEGIN, b"again"), b"noise that is long enough"])
def test_nobody_may_speak_before_the_answer(place: Served, second: bytes) -> None:
    with place.connect() as front:
        front.sendall(pack_frame(Kind.BEGIN, b"later"))
        assert wait_until(lambda: place.answers.put_off == [1])

        front.sendall(second)

        assert closes(front)
    assert wait_until(lambda: place.answers.left == [1])


@pytest.mark.parametrize("start", [b"", b"\x05", pack_frame(Kind.BEGIN, b"hello")[:-1]])
def test_a_front_that_never_ends_its_frame_is_let_go(tmp_path: Path, start: bytes) -> None:
    with served(tmp_path, QUICK) as place, place.connect() as front:
        front.sendall(start)

        assert closes(front)


def test_a_finish_may_take_its_time_but_not_once_it_has_begun(tmp_path: Path) -> None:
    with served(tmp_path, QUICK) as place, place.connect() as front:
        front.sendall(pack_frame(Kind.BEGIN, b"run"))
        assert read_answer(front)[0] == Kind.RUN
        ticks = len(place.life.working)
        assert wait_until(lambda: len(place.life.working) >= ticks + 2)

        front.sendall(pack_frame(Kind.FINISH, b"done")[:5])

        assert closes(front)
        assert wait_until(lambda: place.answers.left == [1])


def test_a_front_that_does_not_take_its_answer_is_let_go(tmp_path: Path) -> None:
    with served(tmp_path, QUICK) as place, place.connect() as front:
        front.sendall(pack_frame(Kind.BEGIN, b"big"))

        assert wait_until(lambda: "too slow" in log_of(place))

        with pytest.raises(EOFError):
            read_answer(front)


def test_silent_connections_do_not_keep_others_waiting(place: Served) -> None:
    silent = [place.connect() for _ in range(200)]
    try:
        assert place.exchange(b"hello")[0] == Kind.HIT
    finally:
        for front in silent:
            front.close()


def test_one_connection_too_many_is_told_to_go_on_alone(tmp_path: Path) -> None:
    with served(tmp_path, Limits(connections=3)) as place:
        held = [place.connect() for _ in range(3)]
        try:
            with place.connect() as front:
                kind, body = read_answer(front)
        finally:
            for each in held:
                each.close()

        assert (kind, unpack_word(body)) == (Kind.COLD, "too_many_connections")
        assert wait_until(lambda: is_served(place))


def test_another_user_is_turned_away_unheard(tmp_path: Path) -> None:
    with served(tmp_path, PATIENT, uid=os.getuid() + 1) as place, place.connect() as front:
        assert closes(front)

        assert place.answers.seen == []
        assert f"refused a connection of uid {os.getuid()}" in log_of(place)


def test_a_quiet_server_says_so_and_a_run_counts_as_work(tmp_path: Path) -> None:
    with served(tmp_path, QUICK) as place, place.connect() as front:
        front.sendall(pack_frame(Kind.BEGIN, b"run"))
        assert read_answer(front)[0] == Kind.RUN

        assert wait_until(lambda: place.life.working == [True, True])

        front.close()
        assert wait_until(lambda: False in place.life.working)
        assert place.answers.idles > 0


def test_a_stop_waits_for_the_answers_under_way_and_serves_who_had_come(tmp_path: Path) -> None:
    with served(tmp_path, QUICK) as place, place.connect() as early:
        early.sendall(pack_frame(Kind.BEGIN, b"later"))
        assert wait_until(lambda: place.answers.put_off == [1])

        place.server.stop("enough")
        assert wait_until(lambda: place.life.is_retired)
        place.server.answer(1, HIT)

        assert read_answer(early)[0] == Kind.HIT
        place.thread.join(PATIENCE_S)
        assert not place.thread.is_alive()


def test_a_stop_does_not_wait_for_ever(tmp_path: Path) -> None:
    limits = QUICK._replace(drain_s=0.2)
    with served(tmp_path, limits) as place, place.connect() as front:
        front.sendall(pack_frame(Kind.BEGIN, b"later"))
        assert wait_until(lambda: place.answers.put_off == [1])

        place.server.stop("enough")

        assert closes(front)
        assert wait_until(lambda: place.answers.left == [1])


def test_without_descriptors_the_server_pauses_and_recovers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = 0

    def fail(_listener: socket.socket) -> tuple[socket.socket, object]:
        nonlocal attempts
        attempts += 1
        raise OSError(errno.EMFILE, "Too many open files")

    with served(tmp_path, PATIENT) as place:
        monkeypatch.setattr(socket.socket, "accept", fail)
        with place.connect() as front:
            front.sendall(pack_frame(Kind.BEGIN, b"hello"))
            assert wait_until(lambda: "pausing" in log_of(place))
            monkeypatch.undo()

            assert read_answer(front)[0] == Kind.HIT
        assert attempts <= 3


def is_served(place: Served) -> bool:
    """Tell whether there is room again; a front that is turned away may find its pipe broken."""
    try:
        return place.exchange(b"hello")[0] == Kind.HIT
    except OSError:
        return False


def closes(front: socket.socket) -> bool:
    """Tell whether the daemon closes this connection, before any answer."""
    try:
        while data := front.recv(4096):
            # BUSY is all that may come before.
            assert set(data[7::8]) == {Kind.BUSY}
    except ConnectionResetError:
        return True
    return True


def log_of(place: Served) -> str:
    return place.log_path.read_text() if place.log_path.exists() else ""
