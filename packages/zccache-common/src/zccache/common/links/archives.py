r"""Knows the ar format: the members of a thin archive, and whether an archive holds times and owners.

Bytes: `!<arch>\n` or, thin, `!<thin>\n`; then for each member a header of 60 bytes (name 16,
date 12, uid 6, gid 6, mode 8, size 10, end 2), data, a line break where the size is odd.
`//` holds long names that end with `/` and a line break; a thin archive has no data of its
members, only of `/` and `//`.
"""

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

THIN: Final = b"!<thin>\n"
PLAIN: Final = b"!<arch>\n"

_HEADER: Final = struct.Struct("16s12s6s6s8s10s2s")
_END: Final = b"`\n"
INDEXES: Final = (b"/", b"/SYM64/", b"__.SYMDEF", b"__.SYMDEF SORTED")


class BadArchive(ValueError):
    """The bytes are no archive that we can read."""


class Member(NamedTuple):
    """One member: its name, and whether its header holds a time, an owner or a group."""

    name: bytes
    is_dated: bool


def is_archive(head: bytes) -> bool:
    """Tell whether a file that begins so is an archive."""
    return head.startswith((PLAIN, THIN))


def members(data: bytes) -> Iterator[Member]:
    """Yield the members of an archive, its indexes among them by their own names; raise BadArchive."""
    if not is_archive(data):
        raise BadArchive("no archive")
    is_thin = data.startswith(THIN)
    position, names = len(PLAIN), b""
    while position < len(data):
        if position + _HEADER.size > len(data):
            raise BadArchive("cut short")
        raw, date, uid, gid, _, size_text, end = _HEADER.unpack_from(data, position)
        if end != _END or not size_text.strip().isdigit():
            raise BadArchive("a header that is none")
        position += _HEADER.size
        size = int(size_text)
        raw = raw.rstrip(b" ")
        is_own = raw in INDEXES or raw == b"//"
        if raw == b"//":
            names = data[position : position + size]
        else:
            name = raw if is_own else _long_name(raw, names, data, position)
            yield Member(name, any(field.strip() not in {b"", b"0"} for field in (date, uid, gid)))
        if is_own or not is_thin:
            position += size + size % 2


def thin_members(data: bytes) -> tuple[bytes, ...]:
    """Return the files that a thin archive stands for, as it names them (relative to its folder)."""
    if not data.startswith(THIN):
        return ()
    return tuple(member.name for member in members(data) if member.name not in INDEXES)


def _long_name(raw: bytes, names: bytes, data: bytes, position: int) -> bytes:
    if raw.startswith(b"#1/") and raw[3:].isdigit():
        return data[position : position + int(raw[3:])].rstrip(b"\0")
    if raw.startswith(b"/") and raw[1:].partition(b":")[0].isdigit():
        # A nested thin archive's member has `/offset:where`, the place inside of the nested file.
        start = int(raw[1:].partition(b":")[0])
        end = names.find(b"\n", start)
        if start >= len(names) or end < 0:
            raise BadArchive("a name that is not there")
        return names[start:end].rstrip(b"/")
    return raw.rstrip(b"/")
