"""What was just compiled is given from memory when it is first asked for, while nothing has changed."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools import require_tool
from waiting import wait_until
from zccache.common import stats
from zccache.common.freshness import tick_ns
from zccache.common.layout import Layout
from zccache.common.settings import load
from zccache.common.version import pack_version
from zccache.common.wire.frames import HEADER, Kind, parse_header
from zccache.common.wire.messages import Begin, Finish, pack_begin, pack_block, pack_finish, unpack_run
from zccache.daemon import compile_service
from zccache.daemon.compile_service import CompileService
from zccache.daemon.handlers import LATER
from zccache.daemon.log import Log


class Around:
    """Does what somebody waits for at once, other work when told to, and keeps the answers."""

    def __init__(self) -> None:
        self.answers: dict[int, bytes] = {}
        self.work: list[Callable[[], None]] = []

    def answer(self, connection_id: int, frame: bytes) -> None:
        self.answers[connection_id] = frame

    def is_waiting(self, connection_id: int) -> bool:
        return True

    def is_held_up(self) -> bool:
        return False

    def submit(self, work: Callable[[], None], connection_id: int | None = None) -> None:
        if connection_id is None:
            self.work.append(work)
        else:
            work()

    def do(self) -> None:
        while self.work:
            self.work.pop(0)()


class Project:
    """Two sources with a header, compiled by gcc behind a service."""

    def __init__(self, tmp_path: Path) -> None:
        self.folder = tmp_path / "project"
        (self.folder / "first").mkdir(parents=True)
        (self.folder / "bin").mkdir()
        (self.folder / "bin/cc").symlink_to(require_tool("gcc", "gcc"))
        (self.folder / "h.h").write_text("int h;\n")
        (self.folder / "a.c").write_text("#include <h.h>\n")
        (self.folder / "b.c").write_text("#include <h.h>\nint b;\n")
        now_ns = tick_ns()
        assert wait_until(lambda: tick_ns() > now_ns)
        self.around = Around()
        self.log = Log(str(tmp_path / "log"), "debug")
        root = Layout(str(tmp_path / "root"))
        self.service = CompileService(root, load({}, "/", "").settings, self.around, self.log)
        self.connection = 0

    def begin(self, *words: str, env: tuple[str, ...] = ()) -> tuple[int, bool]:
        """Ask; return the kind of the answer, and whether it came at once."""
        self.connection += 1
        status = self.folder.stat()
        path = f"PATH={self.folder}/bin:{os.environ['PATH']}"
        asked = Begin(
            pack_version(),
            0o022,
            0,
            0,
            status.st_dev,
            status.st_ino,
            os.fsencode(self.folder),
            pack_block(("cc", "-Ifirst", "-I.", *words)),
            pack_block((path, "LC_ALL=C", *env)),
        )
        frame = self.service.begin(pack_begin(asked)[HEADER.size :], self.connection)
        if isinstance(frame, bytes):
            return parse_header(frame).kind, True
        assert frame is LATER
        return parse_header(self.around.answers[self.connection]).kind, False

    def compile(self, *words: str, env: tuple[str, ...] = ()) -> None:
        """Ask, run the compiler, and let the result be recorded; what else is to be done waits."""
        assert self.begin(*words, env=env) == (Kind.RUN, False)
        order = unpack_run(self.around.answers[self.connection][HEADER.size :])
        subprocess.run(order.argv, executable=order.program, cwd=self.folder, check=True)
        finish = Finish(order.ticket, 0, 0, 10**9, 0, b"", b"")
        self.service.finish(pack_finish(finish)[HEADER.size :], self.connection)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = Project(tmp_path)
    yield made
    made.service.close()
    made.log.close()


A = ("-c", "a.c", "-o", "a.o")
B = ("-c", "b.c", "-o", "b.o")


def test_the_first_hit_after_a_compile_comes_from_memory(project: Project) -> None:
    project.compile(*A)
    project.compile(*B)
    objects = [(project.folder / name).read_bytes() for name in ("a.o", "b.o")]
    project.around.do()
    (project.folder / "a.o").unlink()

    answers = [project.begin(*A), project.begin(*B)]

    assert answers == [(Kind.HIT, True), (Kind.HIT, True)]
    assert [(project.folder / name).read_bytes() for name in ("a.o", "b.o")] == objects


def test_nothing_is_delivered_before_it_is_asked_for(project: Project) -> None:
    project.compile(*A)
    (project.folder / "a.o").write_bytes(b"of somebody else")

    project.around.do()

    assert (project.folder / "a.o").read_bytes() == b"of somebody else"


def test_a_hit_that_was_made_ready_is_counted_when_it_is_given(project: Project) -> None:
    project.compile(*A)
    project.around.do()
    before = project.service._rooms.index.counts()

    project.begin(*A)

    project.service.control({"command": "status"})
    after = project.service._rooms.index.counts()
    assert not before.get(stats.HITS)
    assert after[stats.HITS] == 1


CHANGES: dict[str, Callable[[Path], object]] = {
    "a source": lambda folder: (folder / "a.c").write_text("int other;\n"),
    "a header": lambda folder: (folder / "h.h").write_text("int other;\n"),
    "a header that is gone": lambda folder: (folder / "h.h").rename(folder / "gone.h"),
    "an earlier header": lambda folder: (folder / "first/h.h").write_text("int first;\n"),
    "a compiler": lambda folder: exchange(folder / "bin/cc", "/bin/false"),
    "an assembler": lambda folder: (folder / "bin/as").symlink_to("/bin/false"),
    "settings": lambda folder: (folder / "zccache.toml").write_text('namespace = "other"\n'),
}


def exchange(link: Path, target: str) -> None:
    link.unlink()
    link.symlink_to(target)


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_after_it_was_made_ready_is_seen(change: str, project: Project) -> None:
    project.compile(*A)
    project.around.do()

    CHANGES[change](project.folder)

    kind, _ = project.begin(*A)
    assert kind in {Kind.RUN, Kind.PASS}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_before_it_was_made_ready_is_seen(change: str, project: Project) -> None:
    project.compile(*A)

    CHANGES[change](project.folder)
    project.around.do()

    kind, _ = project.begin(*A)
    assert kind in {Kind.RUN, Kind.PASS}


def test_while_a_request_is_under_way_nothing_is_made_ready(project: Project) -> None:
    project.compile(*A)
    project.begin(*B)
    project.around.do()

    assert project.begin(*A) == (Kind.HIT, False)


def test_what_comes_into_a_pause_ends_it(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.compile(*A)
    project.compile(*B)
    monkeypatch.setattr("zccache.daemon.priming.time.sleep", lambda _: project.service._primer.note_arrival())

    project.around.do()

    assert project.begin(*A) == (Kind.HIT, False)


def test_who_wants_it_compiled_anew_is_not_given_it_from_memory(project: Project) -> None:
    recache = ("ZCCACHE_RECACHE=1",)
    project.compile(*A, env=recache)
    project.around.do()

    assert project.begin(*A, env=recache) == (Kind.RUN, False)


def test_what_was_compiled_anew_takes_the_place_of_its_result_alone(project: Project) -> None:
    for words in (A, B):
        project.compile(*words)
    project.around.do()

    project.compile(*A, env=("ZCCACHE_RECACHE=1",))

    assert project.service._repeats.describe()["hot_hits"] == 1
    assert project.begin(*B) == (Kind.HIT, True)
    assert project.begin(*A) == (Kind.HIT, False)


def test_after_the_cache_was_emptied_nothing_is_made_ready(project: Project) -> None:
    project.compile(*A)

    project.service.control({"command": "clear"})
    project.around.do()

    assert project.begin(*A) == (Kind.RUN, False)


def test_a_command_of_several_steps_waits_for_its_first_hit(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compile_service, "processors", lambda: 1)
    assert project.begin("-c", "a.c", "b.c") == (Kind.RUN, False)
    for _ in range(2):
        order = unpack_run(project.around.answers[project.connection][HEADER.size :])
        subprocess.run(order.argv, executable=order.program, cwd=project.folder, check=True)
        finish = Finish(order.ticket, 0, 0, 10**9, 0, b"", b"")
        project.service.finish(pack_finish(finish)[HEADER.size :], project.connection)
        project.around.do()

    assert project.begin("-c", "a.c", "b.c") == (Kind.HIT, False)


def test_only_so_much_waits_to_be_made_ready(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zccache.daemon.priming._MOST_BYTES", 10)
    project.compile(*A)

    project.around.do()

    assert project.begin(*A) == (Kind.HIT, False)
