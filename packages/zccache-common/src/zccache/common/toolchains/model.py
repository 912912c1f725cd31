"""Knows one identified tool as plain values, and how it is written down."""

import json
import os
from collections.abc import Callable, Mapping
from typing import Protocol, Self

from zccache.common.command.plan import Dialect
from zccache.common.command.runner import Completed
from zccache.common.digests import Digest, Signature
from zccache.common.freshness import Known, signature_at
from zccache.common.keys import parts_key
from zccache.common.values import dataclass, replace

Run = Callable[[list[str], str, Mapping[str, str]], Completed]
"""How a tool is asked: words, folder, environment."""


class Memo(Protocol):
    """A place that keeps small facts between processes."""

    def memo_get(self, kind: str, key: bytes) -> bytes | None:
        """Return what was put, or None."""
        ...

    def memo_put(self, kind: str, key: bytes, value: bytes) -> None:
        """Keep a fact."""
        ...


@dataclass(frozen=True, slots=True)
class Findings:
    """What a tool says of itself: its dialect, its stable banner, its files, where it looked in vain."""

    dialect: Dialect
    banner: str
    files: tuple[str, ...]
    absent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Toolchain:
    """One tool: files are those that its identity was made of, with their signatures then.

    absent are the places where it would have taken a helper program from, had one been
    there. is_script: a wrapper script stands before it, which may read any variable.
    """

    program: str
    dialect: Dialect
    identity: Digest
    files: tuple[Known, ...]
    is_script: bool
    absent: tuple[str, ...] = ()

    def joined(self, helper: Self) -> Self:
        """Return this tool with another that it runs."""
        return replace(
            self,
            identity=Digest(parts_key(self.identity, helper.identity)),
            files=tuple(dict.fromkeys((*self.files, *helper.files))),
            is_script=self.is_script or helper.is_script,
            absent=tuple(dict.fromkeys((*self.absent, *helper.absent))),
        )

    def is_unchanged(self) -> bool:
        """Whether every file is still the one that was hashed, and none stands before it."""
        same = all(signature_at(known.path) == known.signature for known in self.files)
        return same and not any(map(os.path.lexists, self.absent))


def encode(toolchain: Toolchain) -> bytes:
    """Return a toolchain's bytes for a memo."""
    return json.dumps(
        {
            "dialect": toolchain.dialect.value,
            "identity": toolchain.identity.hex(),
            "files": [[file.path, file.digest.hex(), *file.signature] for file in toolchain.files],
            "is_script": toolchain.is_script,
            "absent": toolchain.absent,
        }
    ).encode("utf-8", "surrogatepass")


def decode(program: str, stored: bytes | None) -> Toolchain | None:
    """Return the toolchain of these bytes, or None where they make no sense."""
    if stored is None:
        return None
    try:
        known = json.loads(stored.decode("utf-8", "surrogatepass"))
        files = tuple(
            Known(str(path), Digest(bytes.fromhex(digest)), Signature(*map(int, signature)), is_proof=True)
            for path, digest, *signature in known["files"]
        )
        return Toolchain(
            program,
            Dialect(known["dialect"]),
            Digest(bytes.fromhex(known["identity"])),
            files,
            bool(known["is_script"]),
            tuple(map(str, known["absent"])),
        )
    except (ValueError, TypeError, KeyError):
        return None
