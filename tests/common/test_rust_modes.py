"""Outputs of rustc that are names of blobs: rustc writes to none that is read-only, whoever runs it."""

import shutil
from collections.abc import Callable

import pytest

from rust import DEP, Crates
from zccache.common.housekeeping import empty_cache
from zccache.common.reasons import Reason


@pytest.fixture
def linked(any_crates: Crates) -> Crates:
    """Hand out crates of which one has just hit: its metadata is a name of a blob."""
    any_crates.walk.env["ZCCACHE_MODE"] = "hardlink"
    any_crates.make("dep")
    assert any_crates.make("dep") == "hit"
    made = any_crates.walk.folder / any_crates.file("dep", ".rmeta")
    assert not made.stat().st_mode & 0o222
    return any_crates


def lose_the_artifacts(crates: Crates) -> None:
    """Take the blobs away behind the cache's back."""
    shutil.rmtree(crates.walk.root / "artifacts")
    (crates.walk.root / "artifacts").mkdir(mode=0o700)


def clear_the_cache(crates: Crates) -> None:
    """Have the cache itself remove them."""
    rooms = crates.walk.rooms
    empty_cache(rooms.index, rooms.artifacts)


@pytest.mark.parametrize("forget", [lose_the_artifacts, clear_the_cache])
def test_an_output_whose_blob_is_gone_can_be_written(
    forget: Callable[[Crates], None], linked: Crates
) -> None:
    """It is all that is left of a blob, and no name of one any more."""
    forget(linked)
    linked.walk.put("dep.rs", DEP.replace("7", "9"))

    assert linked.make("dep") == "stored"


def test_an_output_whose_blob_was_cleared_can_be_written_without_us(linked: Crates) -> None:
    clear_the_cache(linked)

    left = linked.walk.bare(*linked.command("dep"))

    assert left.status == 0, left.stderr


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("ZCCACHE_RUST_UNCACHED", "lib", Reason.SWITCHED_OFF),
        ("RUSTC_LOG", "error", Reason.ENVIRONMENT_OUTPUT),
    ],
)
def test_an_output_can_be_written_by_a_compile_that_is_passed_on(
    name: str, value: str, reason: Reason, linked: Crates
) -> None:
    """Its name is in no word: rustc makes it up of the crate's name and its tail."""
    linked.walk.env[name] = value

    assert linked.make("dep") == reason.word
