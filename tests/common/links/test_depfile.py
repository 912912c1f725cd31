"""What linkers write into their depfiles."""

import pytest

from zccache.common.links.depfile import parse_link_depfile

GNU = (
    b"app: \\\n  /usr/lib/Scrt1.o \\\n  a b#$.o \\\n  a b#$.o\n\n/usr/lib/Scrt1.o:\n\na b#$.o:\n\na b#$.o:\n"
)
LLD = b"app: \\\n /usr/lib/Scrt1.o \\\n a\\ b\\#$$.o\n\n/usr/lib/Scrt1.o:\n\na\\ b\\#$$.o:\n"
MOLD = b"app: /usr/lib/Scrt1.o a b#$.o\n\n/usr/lib/Scrt1.o:\n\na b#$.o:\n"


@pytest.mark.parametrize("text", [GNU, LLD, MOLD], ids=["bfd and gold", "lld", "mold"])
def test_every_input_is_among_the_readings(text: bytes) -> None:
    first, second = parse_link_depfile(text)

    assert first == ("/usr/lib/Scrt1.o",)
    assert "a b#$.o" in second


@pytest.mark.parametrize("text", [b"", b"app: a.o", b"app: a.o\n\na.o:\nnonsense\n", b"\n\na.o:\n"])
def test_what_is_no_depfile_of_a_linker_names_nothing(text: bytes) -> None:
    assert parse_link_depfile(text) == ()
