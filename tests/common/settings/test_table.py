"""The table of settings itself."""

import pytest

from zccache.common.settings import BY_KEY, TABLE, Setting


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [
        ("0", 0),
        ("1234", 1234),
        ("500M", 500 << 20),
        ("5G", 5 << 30),
        ("5g", 5 << 30),
        ("5GB", 5 << 30),
        ("5GiB", 5 << 30),
        ("1.5T", 3 << 39),
        ("2 K", 2 << 10),
    ],
)
def test_a_size_is_read_with_its_unit(text: str, size_bytes: int) -> None:
    assert BY_KEY["max_size"].parse(text) == size_bytes


@pytest.mark.parametrize("text", ["", "G", "1X", "-1", "inf", "nan", "1e400", "ten"])
def test_what_is_no_size_is_not_read(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        BY_KEY["max_size"].parse(text)


@pytest.mark.parametrize("setting", TABLE, ids=lambda setting: str(setting.key))
def test_a_default_that_is_shown_can_be_read_again(setting: Setting) -> None:
    shown = setting.show(setting.default)

    assert shown == "" or setting.parse(shown) == setting.default


def test_keys_are_unique_and_all_have_words_for_people() -> None:
    assert len(BY_KEY) == len(TABLE)
    assert all(setting.meaning and setting.allowed for setting in TABLE)
