"""Knows what rustc's words and cargo's variables say of the crate: name, version, profile, place."""

import posixpath
from collections.abc import Mapping
from typing import Final

from zccache.common.command.crate import Crate
from zccache.common.tools.rust_outputs import Emission
from zccache.common.tools.rust_words import RustWords

_OF_A_PROFILE: Final = ("deps", "examples", "build")
"""Folders that cargo makes in that of a profile; outputs lie in one of them, or below."""


def crate_of(words: RustWords, emission: Emission, env: Mapping[str, str]) -> Crate | None:
    """Return what is said of the crate; None where it is compiled without a name."""
    name = words.last("crate-name")
    if name is None:
        return None
    triple = words.last("target") or ""
    profile, folder = _place(words.last("out-dir") or "", triple)
    version = env.get("CARGO_PKG_VERSION", "")
    return Crate(name, version, profile, triple, tuple(sorted(emission.kinds)), folder)


def _place(out_dir: str, triple: str) -> tuple[str, str]:
    """Return profile, and folder from the target folder: `T/[triple/]profile/deps`."""
    parts = posixpath.normpath(out_dir).split("/")
    at = next((at for at in range(len(parts) - 1, 0, -1) if parts[at] in _OF_A_PROFILE), 0)
    if not at:
        return "", ""
    stem = posixpath.basename(triple).removesuffix(".json")
    first = at - 2 if stem and at > 1 and parts[at - 2] == stem else at - 1
    return parts[at - 1], "/".join(parts[first:])
