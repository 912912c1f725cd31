"""Incremental crates: what rustc does with their metadata while others compile against it."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rust import MAIN, MID, Crates
from zccache.common.reasons import Reason

INCREMENTAL = "-Cincremental=inc"


@pytest.fixture
def ready(crates: Crates) -> Crates:
    """Hand out crates of which those below main are made."""
    crates.walk.put("main.rs", MAIN)
    crates.make("dep", INCREMENTAL)
    crates.make("mid", INCREMENTAL, needs=("dep",))
    return crates


def metadata(crates: Crates, name: str) -> Path:
    """Return where a crate's metadata lies."""
    return crates.walk.folder / crates.file(name, ".rmeta")


def how_main_goes(crates: Crates, meanwhile: Callable[[], object]) -> str:
    """Compile the uppermost crate, incrementally; meanwhile is called when its compiler is to start."""
    command = crates.command("main", INCREMENTAL, needs=("mid",))
    walked = crates.walk.walk(*command, meanwhile=meanwhile)
    assert walked.left.status == 0, walked.left.stderr
    return walked.how


def test_the_state_is_kept_apart_and_its_folder_does_not_count(crates: Crates) -> None:
    """Bytes are not compared, rustc 1.95 names objects anew in every incremental session: hazard 127."""
    crates.make("dep")
    assert crates.make("dep", "-Cincremental=one") == "stored"
    assert crates.make("dep", "-Cincremental=two") == "hit"
    assert (crates.walk.folder / "one").is_dir()
    assert not (crates.walk.folder / "two").exists()


@pytest.mark.parametrize("name", ["mid", "dep"])
def test_metadata_that_only_got_another_name_is_no_change(name: str, ready: Crates) -> None:
    """rustc links it into its state when others compile against it already: hazard 127."""

    def link() -> None:
        os.link(metadata(ready, name), ready.walk.folder / "state.rmeta")
        ready.walk.settle()

    assert how_main_goes(ready, link) == "stored"
    assert how_main_goes(ready, lambda: None) == "hit"


@pytest.mark.parametrize("name", ["mid", "dep"])
def test_other_metadata_of_the_same_time_is_a_change(name: str, ready: Crates) -> None:
    def replace() -> None:
        path = metadata(ready, name)
        times = (path.stat().st_atime_ns, path.stat().st_mtime_ns)
        data = path.read_bytes()
        path.unlink()
        path.write_bytes(data)
        os.utime(path, ns=times)
        ready.walk.settle()

    assert how_main_goes(ready, replace) == Reason.INPUT_CHANGED.word


def test_a_text_that_got_another_name_may_have_been_changed(ready: Crates) -> None:
    def link() -> None:
        os.link(ready.walk.folder / "main.rs", ready.walk.folder / "other.rs")
        ready.walk.settle()

    assert how_main_goes(ready, link) == Reason.INPUT_CHANGED.word


def test_metadata_that_changed_while_a_crate_compiled_against_it_is_a_change(ready: Crates) -> None:
    def change() -> None:
        ready.walk.put("mid.rs", MID + "pub fn nine() {}\n")
        ready.walk.bare(*ready.command("mid", INCREMENTAL, needs=("dep",)))

    assert how_main_goes(ready, change) == Reason.INPUT_CHANGED.word


def test_the_question_what_was_read_leaves_the_state_alone(crates: Crates) -> None:
    """rustc is asked aside for the dep-info that nobody wanted: it begins no session of its own."""
    walked = crates.walk.walk("rustc", "dep.rs", "--crate-type=lib", INCREMENTAL)

    assert walked.how == "stored"
    sessions = [path.name for path in (crates.walk.folder / "inc").glob("*/s-*") if path.is_dir()]
    assert len(sessions) == 1
