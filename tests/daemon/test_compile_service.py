"""The service behind the server: hot hits, coalescing, and fronts that go away; with gcc, without sockets."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools import require_tool
from waiting import wait_until
from zccache.common import stats
from zccache.common.freshness import tick_ns
from zccache.common.layout import Layout
from zccache.common.reasons import Reason
from zccache.common.settings import load
from zccache.common.version import pack_version
from zccache.common.wire.frames import HEADER, Kind, parse_header
from zccache.common.wire.messages import (
    CAPTURE_INCOMPLETE,
    IS_APART,
    Begin,
    Finish,
    RunOrder,
    pack_begin,
    pack_block,
    pack_finish,
    unpack_fail,
    unpack_pass,
    unpack_run,
    unpack_word,
)
from zccache.common.wire.spreads import SpreadOrder, unpack_spread
from zccache.daemon import compile_service
from zccache.daemon.compile_service import CompileService
from zccache.daemon.handlers import LATER
from zccache.daemon.incoming import Environment, group_key, sees_the_same
from zccache.daemon.log import Log


class Around:
    """Does submitted work at once and keeps the answers; work that raises is noted, as the pool would.

    held: where it is a list, work waits there.
    """

    def __init__(self) -> None:
        self.answers: dict[int, bytes] = {}
        self.crashed: list[BaseException] = []
        self.left: set[int] = set()
        self.held_up = False
        self.held: list[Callable[[], None]] | None = None

    def answer(self, connection_id: int, frame: bytes) -> None:
        self.answers[connection_id] = frame

    def is_waiting(self, connection_id: int) -> bool:
        return connection_id not in self.left

    def is_held_up(self) -> bool:
        return self.held_up

    def submit(self, work: Callable[[], None], connection_id: int | None = None) -> None:
        if self.held is not None:
            self.held.append(work)
            return
        try:
            work()
        except Exception as error:  # noqa: BLE001 - what the pool's door does
            self.crashed.append(error)


class Bench:
    """A service on a folder with one C source."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder = folder
        self.around = Around()
        self.log = Log(str(folder / "log"), "debug")
        settings = load({}, "/", "").settings
        self.service = CompileService(Layout(str(root)), settings, self.around, self.log)
        (folder / "a.c").write_text("int a;\n")
        now_ns = tick_ns()
        assert wait_until(lambda: tick_ns() > now_ns)

    def begin(
        self,
        connection_id: int,
        *,
        cwd_ino: int | None = None,
        unit: str = "a",
        words: tuple[str, ...] = (),
        flags: int = 0,
        more_env: tuple[str, ...] = (),
    ) -> int:
        """Ask, and return the kind of the answer (0: none yet)."""
        status = self.folder.stat()
        words = words or ("gcc", "-c", f"{unit}.c", "-o", f"{unit}.o")
        env = (f"PATH={os.environ['PATH']}", "LC_ALL=C", *more_env)
        ino = status.st_ino if cwd_ino is None else cwd_ino
        body = pack_begin(
            Begin(
                pack_version(),
                0o022,
                flags,
                0,
                status.st_dev,
                ino,
                os.fsencode(self.folder),
                pack_block(words),
                pack_block(env),
            )
        )[HEADER.size :]
        frame = self.service.begin(body, connection_id)
        if frame is not LATER:
            assert isinstance(frame, bytes)
            self.around.answers[connection_id] = frame
        return self.kind_for(connection_id)

    def kind_for(self, connection_id: int) -> int:
        frame = self.around.answers.get(connection_id)
        return parse_header(frame).kind if frame is not None else 0

    def compile(self, connection_id: int) -> str:
        """Do what RUN said and tell; return the word of RECORDED."""
        self.run_and_finish(connection_id)
        return unpack_word(self.around.answers[connection_id][HEADER.size :])

    def run_and_finish(self, connection_id: int) -> None:
        """Do what RUN said and tell."""
        order: RunOrder = unpack_run(self.around.answers[connection_id][HEADER.size :])
        done = subprocess.run(
            order.argv, executable=order.program, cwd=self.folder, capture_output=True, check=False
        )
        finish = Finish(order.ticket, 0, done.returncode, 10**9, 0, done.stdout, done.stderr)
        self.service.finish(pack_finish(finish)[HEADER.size :], connection_id)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    require_tool("gcc", "gcc")
    (tmp_path / "project").mkdir()
    made = Bench(tmp_path / "project", tmp_path / "root")
    yield made
    made.service.close()
    made.log.close()


def test_of_identical_requests_one_compiles_and_the_others_hit(bench: Bench) -> None:
    """hazard 101"""
    first = bench.begin(1)
    waiting = [bench.begin(connection) for connection in (2, 3)]

    recorded = bench.compile(1)

    assert first == Kind.RUN
    assert waiting == [0, 0]
    assert recorded == "captured"
    assert [bench.kind_for(connection) for connection in (2, 3)] == [Kind.HIT, Kind.HIT]


def test_a_hit_is_given_again_from_memory_until_an_input_changes(bench: Bench) -> None:
    bench.begin(1)
    bench.compile(1)
    bench.begin(2)
    (bench.folder / "a.o").unlink()

    again = bench.begin(3)

    assert again == Kind.HIT
    assert (bench.folder / "a.o").stat().st_size > 0
    (bench.folder / "a.c").write_text("int b;\n")
    assert bench.begin(4) == Kind.RUN


def test_a_variable_given_twice_is_never_taken_for_either_of_its_values(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("one", 1), ("two", 2)):
        (bench.folder / name).mkdir()
        (bench.folder / name / "x.h").write_text(f"int x = {value};\n")
    (bench.folder / "a.c").write_text("#include <x.h>\n")
    written_ns = tick_ns()
    assert wait_until(lambda: tick_ns() > written_ns)
    one, two = (f"CPATH={bench.folder / name}" for name in ("one", "two"))
    monkeypatch.setenv(*two.split("="))
    bench.begin(1, more_env=(two,))
    bench.compile(1)

    kinds = [bench.begin(2, more_env=(one, two)), bench.begin(3, more_env=(two, one))]

    assert kinds == [Kind.PASS, Kind.PASS]
    assert unpack_pass(bench.around.answers[2][HEADER.size :])[1] == Reason.AMBIGUOUS_ENVIRONMENT.word
    assert bench.begin(4, more_env=(two, two)) == Kind.HIT


def test_a_folder_that_is_no_name_is_not_seen() -> None:
    asked = Begin(pack_version(), 0o022, 0, 0, 1, 1, b"/no\0name", pack_block(("gcc",)), b"")

    assert not sees_the_same(asked, 0)


def test_when_the_compiling_front_goes_away_another_compiles(bench: Bench) -> None:
    bench.begin(1)
    bench.begin(2)

    bench.service.gone(1)

    assert bench.kind_for(2) == Kind.RUN
    assert bench.compile(2) == "captured"


def test_after_an_error_of_ours_nobody_waits_for_the_request_that_had_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    with monkeypatch.context() as patch:
        patch.setattr(compile_service, "begin", fail)
        bench.begin(1)

    assert bench.begin(2) == Kind.RUN
    assert [type(error) for error in bench.around.crashed] == [RuntimeError]


def test_after_an_error_of_ours_at_the_end_nobody_waits_either(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    bench.begin(1)
    bench.begin(2)
    with monkeypatch.context() as patch:
        patch.setattr(compile_service, "capture", fail)
        bench.service.finish(pack_finish(Finish(1, 0, 0, 1, 0, b"", b""))[HEADER.size :], 1)

    assert bench.kind_for(2) == Kind.RUN


def test_a_front_that_sees_another_folder_walks_without_us(bench: Bench) -> None:
    """hazard 115"""
    assert bench.begin(1, cwd_ino=1) == Kind.COLD
    assert unpack_word(bench.around.answers[1][HEADER.size :]) == Reason.OTHER_NAMESPACE.word


def test_what_a_front_left_behind_that_did_not_wait_is_not_kept(bench: Bench) -> None:
    bench.begin(1)
    bench.around.left.add(1)

    recorded = bench.compile(1)

    assert recorded == Reason.FRONT_GONE.word
    assert bench.begin(2) == Kind.RUN


def test_outputs_that_come_too_late_are_not_delivered(bench: Bench) -> None:
    """hazard 112: the front has gone on by itself, and its build with it."""
    bench.begin(1)
    bench.compile(1)
    bench.around.held = []
    bench.begin(2)
    bench.around.left.add(2)
    bench.service.gone(2)
    (bench.folder / "a.o").write_text("what came after")

    held, bench.around.held = bench.around.held, None
    for work in held:
        work()

    assert (bench.folder / "a.o").read_text() == "what came after"
    assert set(os.listdir(bench.folder)) == {"a.c", "a.o"}


def test_where_the_disk_holds_up_work_nobody_waits_for_it(bench: Bench) -> None:
    """hazard 100"""
    passed = (shutil.which("gcc"), Reason.CACHE_BLOCKED.word)
    bench.around.held = []
    assert [bench.begin(connection) for connection in (1, 2)] == [0, 0]
    assert bench.service.let_go(1) is None

    bench.around.held_up = True
    told = [bench.service.let_go(connection) for connection in (2, 1, 7)]

    assert [frame and unpack_pass(frame[HEADER.size :]) for frame in told] == [passed, passed, None]
    assert bench.begin(3) == Kind.PASS
    assert unpack_pass(bench.around.answers[3][HEADER.size :]) == passed


def test_a_compile_that_has_ended_does_not_wait_for_a_disk(bench: Bench) -> None:
    """hazard 100"""
    bench.begin(1)
    bench.begin(2)
    bench.around.held, bench.around.held_up = [], True

    told = bench.service.let_go(1)

    assert told is not None
    assert unpack_word(told[HEADER.size :]) == Reason.CACHE_BLOCKED.word
    # Whoever waited for it is next; the disk holds that up as well.
    frame = bench.service.let_go(2)
    assert frame is not None
    assert parse_header(frame).kind == Kind.PASS


def test_while_a_disk_holds_up_work_memory_answers(bench: Bench) -> None:
    bench.begin(1)
    bench.compile(1)
    bench.begin(2)

    bench.around.held, bench.around.held_up = [], True

    assert bench.begin(3) == Kind.HIT


def test_hits_are_answered_while_misses_are_hashed_and_stored(bench: Bench) -> None:
    bench.begin(1)
    bench.compile(1)
    bench.begin(2)
    misses = range(10, 18)
    for miss in misses:
        (bench.folder / f"{miss}.c").write_text(f"int a{miss};\n")
        assert bench.begin(miss, unit=str(miss)) == Kind.RUN
    bench.around.held = []
    for miss in misses:
        bench.run_and_finish(miss)

    answers = [bench.begin(connection) for connection in range(100, 120)]

    assert answers == [Kind.HIT] * 20
    assert len(bench.around.held) == len(misses)
    held, bench.around.held = bench.around.held, None
    for work in held:
        work()
    words = [unpack_word(bench.around.answers[miss][HEADER.size :]) for miss in misses]
    assert words == ["captured"] * len(misses)


def several(bench: Bench, monkeypatch: pytest.MonkeyPatch, *, processors: int) -> tuple[str, ...]:
    """Write two more sources, and return a command of all on so many processors."""
    monkeypatch.setattr(compile_service, "processors", lambda: processors)
    for name in ("b", "d"):
        (bench.folder / f"{name}.c").write_text(f"int {name};\n")
    return ("gcc", "-c", "a.c", "b.c", "d.c")


def spread_of(bench: Bench, connection_id: int) -> SpreadOrder:
    return unpack_spread(bench.around.answers[connection_id][HEADER.size :])


def end_spread(bench: Bench, connection_id: int, status: int = 0) -> None:
    finish = Finish(1, 0, status, 10**9, CAPTURE_INCOMPLETE, b"", b"")
    bench.service.finish(pack_finish(finish)[HEADER.size :], connection_id)


def test_misses_of_one_command_are_asked_for_apart_and_then_it_hits(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = several(bench, monkeypatch, processors=4)
    assert bench.begin(1, words=words) == Kind.SPREAD

    for connection, piece in enumerate(spread_of(bench, 1).pieces, 2):
        assert bench.begin(connection, words=piece.argv, flags=IS_APART) == Kind.RUN
        assert bench.compile(connection) == "captured"
    end_spread(bench, 1)

    assert bench.kind_for(1) == Kind.HIT
    assert bench.begin(9, words=words) == Kind.HIT
    bench.service.idle()
    counts = bench.service._rooms.index.counts()
    assert (counts[stats.MISSES], counts[stats.HITS]) == (3, 3)


def test_a_front_gets_the_processors_that_no_other_uses(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = several(bench, monkeypatch, processors=5)
    assert bench.begin(1, words=(*words, "-DFIRST")) == Kind.SPREAD
    children = [(*spread_of(bench, 1).pieces[0].argv, f"-D{index}") for index in range(2)]
    for connection, child in enumerate(children, 2):
        assert bench.begin(connection, words=child, flags=IS_APART) == Kind.RUN

    assert spread_of(bench, 1).at_once == 3
    assert bench.begin(4, words=(*words, "-DSECOND")) == Kind.SPREAD
    assert spread_of(bench, 4).at_once == 2
    assert bench.begin(5, words=(*words, "-DTHIRD")) == Kind.RUN
    end_spread(bench, 1)
    bench.service.gone(5)
    assert bench.begin(6, words=(*words, "-DFOURTH")) == Kind.SPREAD
    assert spread_of(bench, 6).at_once == 3
    for connection in (2, 3, 4, 6):
        bench.service.gone(connection)


def test_what_is_asked_for_apart_comes_apart_no_further(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = several(bench, monkeypatch, processors=4)

    assert bench.begin(1, words=words, flags=IS_APART) == Kind.RUN
    bench.service.gone(1)


def test_who_typed_what_another_asks_for_apart_waits_for_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = several(bench, monkeypatch, processors=4)
    bench.begin(1, words=words)
    piece = spread_of(bench, 1).pieces[0]
    bench.begin(2, words=piece.argv, flags=IS_APART)

    assert bench.begin(3, words=piece.argv) == 0
    bench.compile(2)
    assert bench.kind_for(3) == Kind.HIT
    bench.service.gone(1)


def test_a_front_that_goes_away_leaves_nothing_that_its_steps_hand_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = several(bench, monkeypatch, processors=4)
    assert bench.begin(1, words=("gcc", *words[2:], "-o", "program")) == Kind.SPREAD
    folders = list((bench.folder.parent / "root" / "tmp").glob("*.steps"))

    bench.service.gone(1)

    assert len(folders) == 1
    assert not folders[0].exists()


def test_what_a_step_hands_on_is_known_by_its_words_alone(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child's request has the key of the step: whatever the folder's name is, its entry serves the next."""
    words = several(bench, monkeypatch, processors=4)
    linked = ("gcc", "-shared", "-fPIC", *words[2:], "-o", "program")
    env = ("ZCCACHE_STRICT_PATHS=absolute",)
    assert bench.begin(1, words=linked, more_env=env) == Kind.SPREAD
    for connection, piece in enumerate(spread_of(bench, 1).pieces, 2):
        assert bench.begin(connection, words=piece.argv, flags=IS_APART, more_env=env) == Kind.RUN
        bench.compile(connection)
    bench.service.gone(1)

    assert bench.begin(9, words=linked, more_env=env) == Kind.RUN
    order = unpack_run(bench.around.answers[9][HEADER.size :])
    assert "-shared" in order.argv
    assert sum(word.endswith(".o") for word in order.argv) == 3
    bench.service.gone(9)


def test_a_finish_without_a_ticket_is_told_so(bench: Bench) -> None:
    frame = bench.service.finish(pack_finish(Finish(9, 0, 0, 1, 0, b"", b""))[HEADER.size :], 9)

    assert isinstance(frame, bytes)
    assert unpack_word(frame[HEADER.size :]) == "unknown_ticket"


def test_a_command_that_must_not_run_ends_with_whole_lines(bench: Bench) -> None:
    kind = bench.begin(1, more_env=("ZCCACHE_STRICT_PATHS=bogus",))

    assert kind == Kind.FAIL
    status, message = unpack_fail(bench.around.answers[1][HEADER.size :])
    assert status == 1
    assert message == "zccache: invalid strict paths mode 'bogus'; expected off, consistent, or absolute\n"


@pytest.mark.parametrize(("word", "nice"), [("idle", 19), ("normal", 0), ("never", 10)])
def test_a_run_is_ordered_with_the_niceness_that_its_client_wants(bench: Bench, word: str, nice: int) -> None:
    bench.begin(1, more_env=(f"ZCCACHE_COMPILE_PRIORITY={word}",))

    order: RunOrder = unpack_run(bench.around.answers[1][HEADER.size :])
    assert order.nice == nice
    bench.service.gone(1)


def test_files_that_a_command_names_are_looked_at_on_the_pool_alone(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server's thread answers everybody: it must not wait for the disk of one."""
    looked: list[str] = []

    def noting(asked: Begin, environment: Environment) -> bytes | None:
        looked.append("looked")
        return group_key(asked, environment)

    monkeypatch.setattr("zccache.daemon.compile_service.group_key", noting)
    bench.around.held = []

    assert bench.begin(1) == 0
    assert looked == []

    held, bench.around.held = bench.around.held, None
    for work in held:
        work()
    assert looked == ["looked"]
    assert bench.kind_for(1) == Kind.RUN
