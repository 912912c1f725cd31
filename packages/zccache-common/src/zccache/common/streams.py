"""Knows what a compiler printed: how it is kept and given back, and what of it is colour."""

import re
from collections.abc import Mapping
from typing import Final

from zccache.common.blobs import Blob
from zccache.common.store.artifacts import Artifacts
from zccache.common.store.delivery import read_blob
from zccache.common.store.proven import SignatureMemo

_INLINE_BYTES: Final = 16 * 1024
_COLOURS: Final = re.compile(rb"\x1b\[[0-9;]*[mK]|\x1b\]8;[^\x07\x1b]*(?:\x07|\x1b\\)")


def keep_stream(artifacts: Artifacts, data: bytes) -> bytes | Blob:
    """Return what an entry holds of a stream: the bytes themselves, or the blob of a long one."""
    return data if len(data) <= _INLINE_BYTES else artifacts.put_bytes(data)


def read_stream(artifacts: Artifacts, kept: bytes | Blob, memo: SignatureMemo) -> bytes:
    """Return the bytes of a kept stream; raise ArtifactMissing or ArtifactDamaged."""
    return kept if isinstance(kept, bytes) else read_blob(artifacts, kept, memo)


def shows_colours(*, is_tty: bool, env: Mapping[str, str]) -> bool:
    """Whether a compiler that writes there would use colours by itself."""
    return is_tty and env.get("TERM", "dumb") != "dumb" and env.get("GCC_COLORS", "x") != ""


def strip_colours(text: bytes) -> bytes:
    """Return what the compiler would have printed into a pipe: no SGR, no erase-line, no links."""
    return _COLOURS.sub(b"", text)
