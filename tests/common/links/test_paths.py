"""When `..` can be taken out of a path."""

from pathlib import Path

from zccache.common.links.paths import tidy


def test_dots_are_taken_out_of_plain_ways(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)

    assert tidy(f"{tmp_path}/a/./b/..//x.o") == f"{tmp_path}/a/x.o"
    assert tidy(f"{tmp_path}/a/x.o") == f"{tmp_path}/a/x.o"


def test_a_link_before_dots_keeps_the_path_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "link").symlink_to("a/b")

    assert tidy(f"{tmp_path}/link/../x.o") == f"{tmp_path}/link/../x.o"
