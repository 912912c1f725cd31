"""Which mapping files include-what-you-use may read."""

import pytest

from zccache.common.evidence.mappings import mapping_places


def places(names: list[str], files: dict[str, bytes]) -> set[str]:
    """Return where files are read or sought, seen from /w."""
    return set(mapping_places(names, "/w", files.get))


def test_a_named_file_is_taken_against_the_working_folder() -> None:
    assert places(["a.imp", "/abs/b.imp"], {}) == {"/w/a.imp", "/abs/b.imp"}


@pytest.mark.parametrize(
    "text", [b'[{ ref: "b.imp" }]', b'[{"ref":"b.imp"}]', b"- ref: b.imp\n", b"[{ 'ref' : 'b.imp' }]"]
)
def test_a_file_that_one_names_is_sought_in_the_folder_and_beside_it(text: bytes) -> None:
    assert places(["m/a.imp"], {"/w/m/a.imp": text}) >= {"/w/m/a.imp", "/w/b.imp", "/w/m/b.imp"}


def test_files_that_name_each_other_come_to_an_end() -> None:
    files = {"/w/a.imp": b'[{ref: "b.imp"}]', "/w/b.imp": b'[{ref: "a.imp"}]'}

    assert places(["a.imp"], files) == {"/w/a.imp", "/w/b.imp"}
