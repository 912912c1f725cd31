"""Knows which libraries an ELF shared object needs, and where it wants them to be sought."""

import struct
from typing import Final

from zccache.common.values import dataclass

_NEEDED: Final = 1
_RPATH: Final = 15
_RUNPATH: Final = 29
_DYNAMIC: Final = 6
_IS_SHARED: Final = 3


@dataclass(frozen=True, slots=True)
class Needs:
    """The names behind DT_NEEDED, and the folders of DT_RPATH and DT_RUNPATH."""

    names: tuple[str, ...]
    folders: tuple[str, ...]


NOTHING: Final = Needs((), ())


def needs_of(data: bytes | memoryview) -> Needs:
    """Return what a shared object needs; nothing for any other file, or where it cannot be read."""
    try:
        return _needs(bytes(data[:20]), data)
    except (struct.error, IndexError, ValueError):
        return NOTHING


def _needs(head: bytes, data: bytes | memoryview) -> Needs:
    if head[:4] != b"\x7fELF" or head[4] not in {1, 2} or head[5] not in {1, 2}:
        return NOTHING
    order = "<" if head[5] == 1 else ">"
    if struct.unpack_from(f"{order}H", head, 16)[0] != _IS_SHARED:
        return NOTHING
    is_wide = head[4] == 2
    sections_at = struct.unpack_from(f"{order}Q" if is_wide else f"{order}I", data, 40 if is_wide else 32)[0]
    size, count = struct.unpack_from(f"{order}HH", data, 58 if is_wide else 46)
    sections = [_section(data, sections_at + index * size, order, is_wide=is_wide) for index in range(count)]
    for kind, offset, length, link in sections:
        if kind == _DYNAMIC:
            return _from_dynamic(data, offset, length, sections[link][1], order, is_wide=is_wide)
    return NOTHING


def _section(data: bytes | memoryview, at: int, order: str, *, is_wide: bool) -> tuple[int, int, int, int]:
    """Return type, offset, size and link of a section."""
    if is_wide:
        kind, offset, length, link = struct.unpack_from(f"{order}4xI16xQQI", data, at)
    else:
        kind, offset, length, link = struct.unpack_from(f"{order}4xI8xIII", data, at)
    return kind, offset, length, link


def _from_dynamic(
    data: bytes | memoryview, offset: int, length: int, strings: int, order: str, *, is_wide: bool
) -> Needs:
    entry = struct.Struct(f"{order}qQ" if is_wide else f"{order}iI")
    names, folders = [], []
    for at in range(offset, offset + length, entry.size):
        tag, value = entry.unpack_from(data, at)
        if tag == 0:
            break
        if tag == _NEEDED:
            names.append(_string(data, strings + value))
        elif tag in {_RPATH, _RUNPATH}:
            folders += [folder for folder in _string(data, strings + value).split(":") if folder]
    return Needs(tuple(names), tuple(folders))


def _string(data: bytes | memoryview, at: int) -> str:
    end = at
    while data[end]:
        end += 1
    return bytes(data[at:end]).decode("utf-8", "surrogateescape")
