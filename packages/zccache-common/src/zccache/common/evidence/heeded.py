"""Knows how a run's key takes in what of the environment it heeded, which only its own report tells.

rustc says afterwards which variables a crate asked for. So a command's key leads to the
sets of names that its runs have told, newest first; each set, with the values of now, makes
the key under which records are sought. A value that comes back finds its record again.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Final

from zccache.common.digests import Digest
from zccache.common.evidence.macros import heeded_names
from zccache.common.keys import Key, parts_key
from zccache.common.rooms import Rooms
from zccache.common.toolchains.model import Memo
from zccache.common.values import dataclass

_KIND: Final = "heeded"
_KEYS: Final = "heeded keys"
_SETS_KEPT: Final = 16


@dataclass(frozen=True, slots=True)
class Heeded:
    """Variables that a run asked for, set or not, and the macros that may have asked for more."""

    variables: tuple[str, ...]
    macros: tuple[Digest, ...]


def known_keys(command: Key, env: Mapping[str, str], rooms: Rooms) -> Iterator[Key]:
    """Yield the keys under which records of a command may stand in this environment."""
    for key, _ in known_sets(command, env, rooms):
        yield key


def known_sets(command: Key, env: Mapping[str, str], rooms: Rooms) -> Iterator[tuple[Key, Heeded]]:
    """Yield those keys, each with what the runs heeded that it stands for."""
    for heeded in _kept_sets(command, rooms):
        more = heeded_names(heeded.macros, env, rooms)
        # None: it is forgotten what a macro names.
        if more is not None:
            yield _key(command, heeded, more, env), heeded


def remembered_key(command: Key, heeded: Heeded, env: Mapping[str, str], rooms: Rooms) -> Key:
    """Return the key under which a run's record is to stand, once it is known of the command."""
    _remember(command, heeded, rooms)
    key = _key(command, heeded, heeded_names(heeded.macros, env, rooms) or (), env)
    known = keys_of(command, rooms.index)
    if key not in known[:1]:
        words = [one.hex() for one in (key, *(other for other in known if other != key))]
        rooms.index.memo_put(_KEYS, command, " ".join(words[:_SETS_KEPT]).encode())
    return key


def keys_of(command: Key, memo: Memo) -> list[Key]:
    """Return the keys of a command in whatever environments, newest first, for those who only show them."""
    kept = memo.memo_get(_KEYS, command) or b""
    return [Key(bytes.fromhex(word)) for word in kept.decode().split()]


def _key(command: Key, heeded: Heeded, more: tuple[str, ...], env: Mapping[str, str]) -> Key:
    names = sorted({*heeded.variables, *more})
    return parts_key(command, *(f"{name}={env[name]}" if name in env else f"-{name}" for name in names))


def _remember(command: Key, heeded: Heeded, rooms: Rooms) -> None:
    """Put a set of names before the others that are known of a command."""
    kept = _kept_sets(command, rooms)
    if kept[:1] == [heeded]:
        return
    sets = [heeded, *(other for other in kept if other != heeded)][:_SETS_KEPT]
    words = [[list(one.variables), [macro.hex() for macro in one.macros]] for one in sets]
    rooms.index.memo_put(_KIND, command, json.dumps(words).encode("utf-8", "surrogatepass"))


def _kept_sets(command: Key, rooms: Rooms) -> list[Heeded]:
    kept = rooms.index.memo_get(_KIND, command)
    if kept is None:
        return []
    try:
        words = json.loads(kept.decode("utf-8", "surrogatepass"))
        return [
            Heeded(tuple(map(str, names)), tuple(Digest(bytes.fromhex(macro)) for macro in macros))
            for names, macros in words
        ]
    except (ValueError, TypeError):
        return []
