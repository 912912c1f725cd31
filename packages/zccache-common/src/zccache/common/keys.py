"""Knows how parts become a key; the one room, for the read path and the write path alike. No I/O.

Every part is hashed with its length, so no two lists of parts run together.
"""

import os
from collections.abc import Iterable, Mapping
from typing import Final, NewType

from blake3 import blake3

from zccache.common.digests import Digest
from zccache.common.values import dataclass

Key = NewType("Key", bytes)
"""32 raw bytes."""

FORMAT: Final = b"zccache key 1"


@dataclass(frozen=True, slots=True)
class Parts:
    """All that goes into the key of one command: everything that can be known before it has run.

    words are the canonical words in order, the program's name first; env holds the
    variables that this family declares and that are set; read_files maps files that
    words name, and no report tells, to their digests; extra is what the user declares.
    """

    toolchain: Digest
    words: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str
    read_files: Mapping[str, Digest]
    extra: tuple[bytes, ...] = ()


def context_key(parts: Parts) -> Key:
    """Return the key of one command."""
    env, read_files = parts.env, parts.read_files
    return _key(
        [
            b"context",
            parts.toolchain,
            *_counted(parts.words),
            *_counted(f"{name}={env[name]}" for name in sorted(env)),
            os.fsencode(parts.cwd),
            *_counted(read_files),
            *read_files.values(),
            *parts.extra,
        ]
    )


def result_key(context: Key, inputs: Mapping[str, Digest]) -> Key:
    """Return the key of one compile's outputs.

    inputs maps the paths that the tool read to their digests; their order does not
    matter, an empty mapping is allowed.
    """
    parts = [b"result", context]
    for path in sorted(inputs):
        parts += (os.fsencode(path), inputs[path])
    return _key(parts)


def parts_key(*parts: str | bytes) -> Key:
    """Return a key over plain parts, for memos."""
    return _key([part if isinstance(part, bytes) else os.fsencode(part) for part in parts])


def _counted(words: Iterable[str]) -> list[bytes]:
    encoded = [os.fsencode(word) for word in words]
    return [len(encoded).to_bytes(4, "little"), *encoded]


def _key(parts: Iterable[bytes]) -> Key:
    flat = bytearray(FORMAT)
    for part in parts:
        flat += len(part).to_bytes(8, "little")
        flat += part
    return Key(blake3(flat).digest())
