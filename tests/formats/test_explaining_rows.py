"""The bytes of commands, misses and sessions: as documented, whole after a round trip, refused when cut."""

import zlib

import pytest

from results import key_of
from zccache.common.digests import Digest
from zccache.common.errors import BadBytes
from zccache.common.index.commands import (
    Command,
    Miss,
    decode_command,
    decode_miss,
    encode_command,
    encode_miss,
)
from zccache.common.index.sessions import Session, SessionId, decode_session, encode_session
from zccache.common.keys import Parts

CONTEXT = key_of("context")
COMMAND = Command(
    CONTEXT,
    "/bin/gcc",
    "/w/a.c",
    Parts(
        toolchain=Digest(b"\x11" * 32),
        words=("gcc", "-c"),
        env={"LANG": "C"},
        cwd="/w",
        read_files={"/l": Digest(b"\x22" * 32)},
        extra=(b"namespace x",),
    ),
    stored_ns=7,
)
COMMAND_PLAIN = (
    bytes.fromhex("02000000 01000000 01000000 01000000 23000000")
    + b"/bin/gcc\0/w/a.c\0/w\0gcc\0-c\0LANG=C\0/l"
    + b"\x11" * 32
    + b"\x22" * 32
    + bytes.fromhex("0b000000")
    + b"namespace x"
)
BARE = Command(CONTEXT, "", "\udcff", Parts(Digest(b"\0" * 32), (), {}, "", {}), 0)
MISS = Miss(5, CONTEXT, ("/w/a.c", "/w/\udcff.o"), "recache", "/p", "no_report", "detail")
SESSION = Session(SessionId("0f8fad5b-d9cb-469f-a165-70867728950e"), 9, "/w", True, "/l", "")


def sealed(body: bytes) -> bytes:
    return b"\x01" + zlib.crc32(body).to_bytes(4, "little") + body


def test_a_command_has_the_documented_bytes() -> None:
    data = encode_command(COMMAND)

    assert data == sealed(data[5:])
    assert zlib.decompress(data[5:]) == COMMAND_PLAIN


def test_a_miss_has_the_documented_bytes() -> None:
    assert encode_miss(MISS) == sealed(b"recache\0/p\0no_report\0detail\0/w/a.c\0/w/\xff.o")


def test_a_session_has_the_documented_bytes() -> None:
    assert encode_session(SESSION) == sealed(bytes.fromhex("01 06000000") + b"/w\0/l\0")


@pytest.mark.parametrize("command", [COMMAND, BARE], ids=["full", "bare"])
def test_a_command_comes_back_whole(command: Command) -> None:
    assert decode_command(CONTEXT, command.stored_ns, encode_command(command)) == command


@pytest.mark.parametrize("miss", [MISS, Miss(0, CONTEXT, ())], ids=["full", "bare"])
def test_a_miss_comes_back_whole(miss: Miss) -> None:
    assert decode_miss(miss.at_ns, CONTEXT, encode_miss(miss)) == miss


def test_a_session_comes_back_whole() -> None:
    assert decode_session(SESSION.id, SESSION.started_ns, encode_session(SESSION)) == SESSION


def test_bytes_that_are_cut_anywhere_are_refused() -> None:
    for cut in range(len(encode_command(COMMAND))):
        with pytest.raises(BadBytes):
            decode_command(CONTEXT, 0, encode_command(COMMAND)[:cut])
    for cut in range(len(encode_miss(MISS))):
        with pytest.raises(BadBytes):
            decode_miss(0, CONTEXT, encode_miss(MISS)[:cut])
    for cut in range(len(encode_session(SESSION))):
        with pytest.raises(BadBytes):
            decode_session(SESSION.id, 0, encode_session(SESSION)[:cut])


def test_what_is_whole_and_too_short_inside_is_refused() -> None:
    for cut in range(len(COMMAND_PLAIN)):
        with pytest.raises(BadBytes):
            decode_command(CONTEXT, 0, sealed(zlib.compress(COMMAND_PLAIN[:cut])))
    with pytest.raises(BadBytes):
        decode_command(CONTEXT, 0, sealed(b"no zlib"))
    with pytest.raises(BadBytes):
        decode_miss(0, CONTEXT, sealed(b"recache\0/p"))
    with pytest.raises(BadBytes):
        decode_session(SESSION.id, 0, sealed(b"\x01\x02\0\0\0/w"))
