"""The bytes of the index's rows: as documented, whole after a round trip, refused when cut anywhere."""

import zlib

import pytest

from results import a_record, an_entry, an_input, digest_of, key_of
from zccache.common.blobs import Blob
from zccache.common.command.crate import Crate
from zccache.common.digests import Digest, Signature
from zccache.common.errors import BadBytes
from zccache.common.index.entries import Entry, Input, Record, StoredOutput
from zccache.common.index.entry_bytes import decode_blobs, decode_entry, encode_blobs, encode_entry
from zccache.common.index.record_bytes import decode_record, encode_record
from zccache.common.values import replace

RESULT = key_of("result")
ENTRY = Entry(
    result=RESULT,
    outputs=(
        StoredOutput("a.o", Blob(Digest(b"\x11" * 32), 1000), 0o666),
        StoredOutput("\udcff.d", Blob(Digest(b"\x22" * 32), 7), 0o777),
    ),
    stdout=b"hi",
    stderr=Blob(Digest(b"\x33" * 32), 70_000),
    exit_status=-2,
    duration_ns=3,
    created_ns=4,
    coloured=True,
    source="a.c",
    tool="gcc",
)
ENTRY_BODY = bytes.fromhex(
    "feffffff 0300000000000000 0400000000000000 01 0200 0f000000"
    "676363 00 612e63 00 612e6f 00 ff2e64"
    + "11" * 32 + "e803000000000000 b6010000"
    + "22" * 32 + "0700000000000000 ff010000"
    + "00 02000000 6869"
    + "01 28000000" + "33" * 32 + "7011010000000000"
)  # fmt: skip
CRATE = replace(
    ENTRY,
    outputs=(
        StoredOutput("/w/target/x86_64-linux/release/deps/liba-1.rlib", Blob(Digest(b"\x11" * 32), 1), 0o666),
    ),
    crate=Crate("a", "0.1.0", "release", "x86_64-linux", ("link", "metadata"), "x86_64-linux/release/deps"),
)
CRATE_WORDS = (
    b"gcc\0a.c\0/w/target/x86_64-linux/release/deps/liba-1.rlib"
    b"\0a\x000.1.0\0release\0x86_64-linux\0link,metadata\0x86_64-linux/release/deps"
)
RECORD = Record(
    RESULT,
    (
        Input("/a.c", Digest(b"\x44" * 32), Signature(1, 2, 3, -4, 5)),
        Input("b.h", Digest(b"\x55" * 32), Signature(6, 7, 8, 9, 10)),
    ),
    b"places",
)
RECORD_PLAIN = bytes.fromhex(
    "08000000 06000000 2f612e63 00 622e68"
    "0100000000000000 0600000000000000 0200000000000000 0700000000000000 0300000000000000 0800000000000000"
    "fcffffffffffffff 0900000000000000 0500000000000000 0a00000000000000"
) + b"places"  # fmt: skip


def sealed(body: bytes) -> bytes:
    return b"\x01" + zlib.crc32(body).to_bytes(4, "little") + body


def test_an_entry_has_the_documented_bytes() -> None:
    assert encode_entry(ENTRY) == sealed(ENTRY_BODY)


def test_an_entry_of_a_crate_tells_of_it_behind_its_outputs() -> None:
    data = encode_entry(CRATE)[5:]

    assert data[20] == 3
    assert data[21:23] == (1).to_bytes(2, "little")
    assert data[23:27] == len(CRATE_WORDS).to_bytes(4, "little")
    assert data[27 : 27 + len(CRATE_WORDS)] == CRATE_WORDS
    assert CRATE.crate is not None
    assert CRATE.crate.place_of(CRATE.outputs[0].role) == "x86_64-linux/release/deps/liba-1.rlib"


def test_a_record_has_the_documented_bytes() -> None:
    data = encode_record(RECORD)

    packed_bytes = int.from_bytes(data[9:13], "little")
    assert data == sealed(data[5:])
    assert data[5:9] == (2).to_bytes(4, "little")
    assert zlib.decompress(data[13 : 13 + packed_bytes]) == RECORD_PLAIN
    assert data[13 + packed_bytes :] == b"\x44" * 32 + b"\x55" * 32


@pytest.mark.parametrize(
    "entry",
    [ENTRY, CRATE, an_entry(RESULT), an_entry(RESULT, Blob(digest_of("x"), 0), stderr=b"\0warning\n" * 1000)],
    ids=["full", "crate", "no output", "long stream"],
)
def test_an_entry_comes_back_whole(entry: Entry) -> None:
    assert decode_entry(RESULT, encode_entry(entry)) == entry


@pytest.mark.parametrize(
    "record",
    [
        RECORD,
        a_record(RESULT),
        a_record(RESULT, ""),
        a_record(RESULT, "", "", "with blank", "\udc80"),
        Record(RESULT, tuple(an_input(f"/usr/include/{at}.h", at) for at in range(2500)), b"\0" * 5000),
    ],
    ids=["full", "no input", "empty name", "odd names", "many"],
)
def test_a_record_comes_back_whole(record: Record) -> None:
    assert decode_record(RESULT, encode_record(record)) == record


def test_an_entry_cut_at_any_length_is_refused() -> None:
    for data in map(encode_entry, (ENTRY, CRATE)):
        check_cuts(data)


def check_cuts(data: bytes) -> None:
    for length in range(len(data)):
        with pytest.raises(BadBytes):
            decode_entry(RESULT, data[:length])
        # A seal that holds does not help: the fields themselves must be all there.
        if length > 5:
            with pytest.raises(BadBytes):
                decode_entry(RESULT, sealed(data[5:length]))


def test_a_record_cut_at_any_length_is_refused() -> None:
    data = encode_record(RECORD)

    for length in range(len(data)):
        with pytest.raises(BadBytes):
            decode_record(RESULT, data[:length])
        if length > 5:
            with pytest.raises(BadBytes):
                decode_record(RESULT, sealed(data[5:length]))


def test_the_packed_part_of_a_record_cut_at_any_length_is_refused() -> None:
    digests = b"\x44" * 32 + b"\x55" * 32

    for length in range(len(RECORD_PLAIN)):
        packed = zlib.compress(RECORD_PLAIN[:length], 1)
        body = (2).to_bytes(4, "little") + len(packed).to_bytes(4, "little") + packed + digests
        with pytest.raises(BadBytes):
            decode_record(RESULT, sealed(body))


@pytest.mark.parametrize("data", [None, 7, "text", b""])
def test_a_row_of_another_type_is_refused(data: object) -> None:
    with pytest.raises(BadBytes):
        decode_entry(RESULT, data)
    with pytest.raises(BadBytes):
        decode_record(RESULT, data)


def test_a_flipped_bit_anywhere_is_refused() -> None:
    for data in (bytearray(encode_entry(ENTRY)), bytearray(encode_record(RECORD))):
        decode = decode_entry if len(data) == len(encode_entry(ENTRY)) else decode_record
        for at in range(len(data)):
            data[at] ^= 1
            with pytest.raises(BadBytes):
                decode(RESULT, bytes(data))
            data[at] ^= 1


def test_left_over_bytes_are_refused() -> None:
    with pytest.raises(BadBytes):
        decode_entry(RESULT, sealed(ENTRY_BODY + b"\0"))
    with pytest.raises(BadBytes):
        decode_record(RESULT, sealed(encode_record(RECORD)[5:] + b"\0"))


def test_the_column_of_blobs_has_the_documented_bytes_and_leaves_out_an_odd_tail() -> None:
    data = encode_blobs(ENTRY.blobs())

    assert data == b"\x11" * 32 + (1000).to_bytes(8, "little") + b"\x22" * 32 + (7).to_bytes(
        8, "little"
    ) + b"\x33" * 32 + (70_000).to_bytes(8, "little")
    assert decode_blobs(data) == list(ENTRY.blobs())
    assert decode_blobs(data[:-1]) == list(ENTRY.blobs())[:2]
    assert decode_blobs(None) == []
