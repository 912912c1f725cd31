"""A look into a folder: what may be in it, and when its signature may speak for it."""

from pathlib import Path

from waiting import wait_until
from zccache.common.digests import signature_of
from zccache.common.freshness import tick_ns
from zccache.common.witness import Nobody, SeenFolder, look_into


def test_a_folder_that_has_settled_has_names_and_a_signature(tmp_path: Path) -> None:
    (tmp_path / "a.h").touch()
    now_ns = tick_ns()
    assert wait_until(lambda: tick_ns() > now_ns)

    assert look_into(str(tmp_path)) == SeenFolder(frozenset({"a.h"}), signature_of(tmp_path.stat()))


def test_the_signature_of_a_folder_that_just_changed_proves_nothing(tmp_path: Path) -> None:
    def change_and_look() -> bool:
        before_ns = tick_ns()
        (tmp_path / "a.h").unlink(missing_ok=True)
        (tmp_path / "a.h").touch()
        looks.append(look_into(str(tmp_path)))
        return tick_ns() == before_ns

    looks: list[SeenFolder | None] = []

    assert wait_until(change_and_look)

    assert looks[-1] == SeenFolder(frozenset({"a.h"}), None)


def test_what_is_no_folder_cannot_be_looked_into(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert look_into(str(tmp_path / "file")) is None
    assert look_into(str(tmp_path / "nothing")) is None


def test_where_nobody_watches_one_has_to_look(tmp_path: Path) -> None:
    assert Nobody().files(["a", "b"]) == [None, None]
    assert Nobody().folders([str(tmp_path)]) == [None]
