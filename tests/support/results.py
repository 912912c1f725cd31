"""Examples of what the index keeps, for the tests of store, index and formats."""

import hashlib
import os
from pathlib import Path

from zccache.common.blobs import Blob
from zccache.common.digests import Digest, Signature
from zccache.common.index.entries import Entry, Input, Record, StoredOutput
from zccache.common.keys import Key
from zccache.common.layout import Layout


def new_layout(folder: Path) -> Layout:
    """Return the layout of a root below folder, made."""
    layout = Layout(str(folder / "cache"))
    layout.create()
    return layout


def key_of(word: str) -> Key:
    """Return a key that is another for each word."""
    return Key(hashlib.sha256(os.fsencode(word)).digest())


def digest_of(word: str) -> Digest:
    """Return a digest that is another for each word (of no content)."""
    return Digest(hashlib.sha256(os.fsencode(word)).digest())


def an_input(path: str, number: int = 1) -> Input:
    """Return an input with a signature made from number."""
    signature = Signature(2049, 1000 + number, 10 * number, -number, 1_700_000_000_000_000_000 + number)
    return Input(path, digest_of(path), signature)


def a_record(result: Key, *paths: str, places: bytes = b"") -> Record:
    """Return a record that read these paths."""
    return Record(result, tuple(an_input(path, at) for at, path in enumerate(paths)), places)


def an_entry(result: Key, *blobs: Blob, stderr: bytes | Blob = b"") -> Entry:
    """Return an entry with one output for each blob."""
    return Entry(
        result=result,
        outputs=tuple(StoredOutput(f"out/{at}.o", blob, 0o666) for at, blob in enumerate(blobs)),
        stdout=b"",
        stderr=stderr,
        exit_status=0,
        duration_ns=5_000_000,
        created_ns=1_700_000_000_000_000_000,
        coloured=False,
        source="a.c",
        tool="gcc",
    )
