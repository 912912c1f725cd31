"""Knows which variables a procedural macro can ask for by name: those whose names stand in its library.

No report tells what a macro reads while rustc runs it. But to ask for a variable it needs
the name, and the name is a text in the library, among the capitals of which it is found.
Short names, and those in small letters, are taken for named, and so are those that begin with
a text that ends in `_`: a macro may complete it, or choose by it among all variables. One that
makes the name up from other pieces is not seen, nor what files it reads.
"""

import re
import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import Final

from zccache.common.digests import Digest
from zccache.common.rooms import Rooms
from zccache.common.toolchains.environment import VOLATILE_ENV

_KIND: Final = "macro capitals"
_MARK: Final = b"rustc_proc_macro_decls"
_METADATA: Final = b".rustc"
_CAPITALS: Final = re.compile(rb"[A-Z][A-Z0-9_]{3,}")
_FINDABLE: Final = re.compile(r"[A-Z][A-Z0-9_]{3,}")
_OF_STD: Final = frozenset(("RUST_BACKTRACE", "RUST_LIB_BACKTRACE", "RUST_MIN_STACK"))
"""What the standard library itself asks for, and what it says when something fails."""

_SHORTEST: Final = 4
_UNDERSCORE: Final = ord("_")
_LOST: Final = b""
_ELF_64: Final = b"\x7fELF\x02\x01"
_ELF_HEADER: Final = struct.Struct("<16sHHIQQQIHHHHHH")
_SECTION: Final = struct.Struct("<IIQQQQIIQQ")
_KINDS_WITH_TEXTS: Final = (1, 3)
_IS_LOADED: Final = 2
_IS_CODE: Final = 4


def learn_macros(path: str, digest: Digest, rooms: Rooms) -> bool:
    """Find out once what capitals a library has; return whether it is one of macros, or no crate at all."""
    kept = rooms.index.memo_get(_KIND, digest)
    if kept is None:
        data = _texts_of(path)
        found = sorted(set(_CAPITALS.findall(data))) if _MARK in data else None if _is_crate(path) else []
        kept = _LOST if found is None else zlib.compress(b"\0".join(found), 1)
        rooms.index.memo_put(_KIND, digest, kept)
    return kept != _LOST


def _is_crate(path: str) -> bool:
    """Tell whether rustc would load a library: one for C, beside the .rlib of its name, has no metadata."""
    with open(path, "rb") as file:
        return _METADATA in file.read()


def heeded_names(macros: Iterable[Digest], names: Iterable[str], rooms: Rooms) -> tuple[str, ...] | None:
    """Return those of the set variables that the macros may ask for; None where that is forgotten."""
    texts = []
    for digest in macros:
        kept = rooms.index.memo_get(_KIND, digest)
        if not kept:
            return None
        texts.append(zlib.decompress(kept))
    return tuple(_heeded(b"\0".join(texts), names)) if texts else ()


def _texts_of(path: str) -> bytes:
    """Return what of a library is loaded and is no code: a fortieth of one with debug information."""
    with open(path, "rb") as file:
        head = file.read(_ELF_HEADER.size)
        if not head.startswith(_ELF_64):
            return head + file.read()
        *_, table, _, _, _, _, size, count, _ = _ELF_HEADER.unpack(head)
        file.seek(table)
        rows = file.read(size * count)
        sections = (_SECTION.unpack_from(rows, size * at) for at in range(count))
        parts = []
        for _, kind, flags, _, offset, length, *_ in sections:
            if kind in _KINDS_WITH_TEXTS and flags & _IS_LOADED and not flags & _IS_CODE:
                file.seek(offset)
                parts.append(file.read(length))
        return b"\0".join(parts)


def _heeded(capitals: bytes, names: Iterable[str]) -> Iterator[str]:
    ended = capitals + b"\0"
    for name in sorted(names):
        if name in VOLATILE_ENV or name in _OF_STD or name.startswith("ZCCACHE_"):
            continue
        if not _FINDABLE.fullmatch(name) or name.encode() in capitals or _is_begun(name.encode(), ended):
            yield name


def _is_begun(name: bytes, ended: bytes) -> bool:
    """Tell whether one of the texts ends where a word of the name does."""
    begun = (name[: at + 1] for at in range(_SHORTEST - 1, len(name)) if name[at] == _UNDERSCORE)
    return any(part + b"\0" in ended for part in begun)
