"""What was found out for one request serves the next from its place, until a part of it changes."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools import require_tool
from waiting import wait_until
from zccache.common.command.plan import Dialect
from zccache.common.digests import Digest
from zccache.common.freshness import tick_ns
from zccache.common.grounds import ground_facts
from zccache.common.layout import Layout
from zccache.common.pipeline import begin
from zccache.common.request import Ground, Request, Run
from zccache.common.rooms import open_rooms
from zccache.common.toolchains.model import Toolchain
from zccache.common.values import replace
from zccache.common.version import pack_version
from zccache.common.wire.messages import Begin, pack_block
from zccache.daemon.fence import Fence
from zccache.daemon.incoming import environment_of
from zccache.daemon.known_grounds import KnownGrounds

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the fence is Linux's")


def settle() -> None:
    """Let the tick of the last change pass."""
    now_ns = tick_ns()
    assert wait_until(lambda: tick_ns() > now_ns)


class Place:
    """A folder in which a compiler `cc` is asked for, from the second of two folders on PATH."""

    def __init__(self, tmp_path: Path) -> None:
        self.folder, self.first, self.second = (tmp_path / name for name in ("project", "one", "two"))
        for folder in (self.folder, self.first, self.second):
            folder.mkdir()
        (self.second / "cc").symlink_to(require_tool("gcc", "gcc"))
        (self.folder / "zccache.toml").write_text('namespace = "first"\n')
        settle()
        self.fence = Fence()
        self.rooms = open_rooms(Layout(str(tmp_path / "root")), self.fence)
        self.grounds = KnownGrounds(self.rooms, self.fence)

    def asked(self, *args: str, env: tuple[str, ...] = ()) -> Begin:
        path = f"PATH={self.first}:{self.second}:{os.environ['PATH']}"
        words, folder = pack_block(("cc", *args)), os.fsencode(self.folder)
        return Begin(pack_version(), 0o022, 0, 0, 0, 0, folder, words, pack_block((path, *env)))

    def request(self, asked: Begin) -> Request:
        return self.grounds.request_of(asked, environment_of(asked.env_block))

    def learn(self, asked: Begin) -> None:
        self.grounds.learn(asked, environment_of(asked.env_block), self.request(asked))

    def close(self) -> None:
        self.rooms.index.close()
        self.fence.close()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    made.close()


def ground_of(place: Place, *args: str, env: tuple[str, ...] = ()) -> Ground | None:
    return place.request(place.asked(*args, env=env)).ground


def test_what_was_found_out_for_one_unit_serves_the_next(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place.folder / "b.c").write_text("int b;\n")
    place.learn(place.asked("-c", "a.c"))
    request = place.request(place.asked("-c", "b.c"))
    for name in ("find_program", "program_facts", "absence_guards"):
        monkeypatch.setattr(f"zccache.common.grounds.{name}", None)
    monkeypatch.setattr(place.rooms.toolchains, "identify", None)

    answer = begin(request, place.rooms)

    assert isinstance(answer, Run)
    assert answer.program == str(place.second / "cc")
    assert request.policy.namespace == "first"


CHANGES: dict[str, Callable[[Place], object]] = {
    "a compiler before it": lambda place: (place.first / "cc").symlink_to("/bin/false"),
    "another compiler": lambda place: (place.second / "cc").unlink(),
    "an assembler before its own": lambda place: (place.first / "as").symlink_to("/bin/false"),
    "other settings": lambda place: (place.folder / "zccache.toml").write_text('namespace = "second"\n'),
    "no settings": lambda place: (place.folder / "zccache.toml").unlink(),
    "a folder that moved": lambda place: place.second.rename(place.second.with_name("three")),
}


@pytest.mark.parametrize("change", CHANGES)
def test_when_a_part_of_it_changes_it_is_found_out_anew(change: str, place: Place) -> None:
    place.learn(place.asked("-c", "a.c"))
    assert ground_of(place, "-c", "a.c") is not None

    CHANGES[change](place)

    assert ground_of(place, "-c", "a.c") is None


def test_what_happens_beside_it_changes_nothing(place: Place) -> None:
    place.learn(place.asked("-c", "a.c"))

    (place.folder / "a.o").write_bytes(b"an output")
    (place.first / "other").write_text("another program")

    assert ground_of(place, "-c", "b.c") is not None


def test_another_environment_is_another_place(place: Place) -> None:
    place.learn(place.asked("-c", "a.c"))

    assert ground_of(place, "-c", "a.c", env=("ZCCACHE_NAMESPACE=other",)) is None
    assert ground_of(place, "-c", "a.c", env=("_=/usr/bin/make",)) is not None


def test_a_script_may_do_something_else_each_time(place: Place) -> None:
    (place.second / "cc").unlink()
    (place.second / "cc").write_text(f'#!/bin/sh\nexec {require_tool("gcc", "gcc")} "$@"\n')
    (place.second / "cc").chmod(0o755)
    settle()

    place.learn(place.asked("-c", "a.c"))

    assert ground_of(place, "-c", "a.c") is None


def test_what_could_not_be_proven_is_not_tried_with_every_request(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (place.folder / "zccache.toml").open("r+"):
        place.learn(place.asked("-c", "a.c"))
    monkeypatch.setattr("zccache.daemon.known_grounds.find_ground", None)

    place.learn(place.asked("-c", "b.c"))

    assert ground_of(place, "-c", "a.c") is None


def test_only_so_many_places_are_known(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zccache.daemon.known_grounds._MOST", 2)
    envs = [(f"LANG={number}",) for number in range(3)]
    for env in envs[:2]:
        place.learn(place.asked("-c", "a.c", env=env))
    assert ground_of(place, env=envs[0]) is not None

    place.learn(place.asked("-c", "a.c", env=envs[2]))

    assert [ground_of(place, env=env) is not None for env in envs] == [True, False, True]


def test_without_a_fence_nothing_is_known(place: Place) -> None:
    grounds = KnownGrounds(place.rooms, None)
    asked = place.asked("-c", "a.c")
    environment = environment_of(asked.env_block)

    grounds.learn(asked, environment, grounds.request_of(asked, environment))

    assert grounds.request_of(asked, environment).ground is None


def test_what_a_command_has_its_tool_run_is_known_beside_it(place: Place) -> None:
    place.learn(place.asked("-c", "a.c"))
    request = place.request(place.asked("a.o"))
    ground = request.ground
    assert ground is not None
    linker = place.folder / "ld"
    linker.write_text("a program")
    settle()
    known = place.rooms.digests.known(str(linker))
    assert known is not None
    missing = str(place.first / "ld")
    helper = Toolchain(str(linker), Dialect.OTHER, Digest(b"1" * 32), (known,), False, (missing,))

    facts = ground_facts(request, ground.program, ground.toolchain.joined(helper))

    assert facts is not None
    assert facts.files == (*ground.facts.files, known)
    assert any(guard.folder == str(place.first) and "ld" in guard.ways for guard in facts.guards)
    (place.first / "ld").touch()
    assert ground_facts(request, ground.program, ground.toolchain.joined(helper)) is None
    script = replace(helper, is_script=True)
    assert ground_facts(request, ground.program, ground.toolchain.joined(script)) is None
