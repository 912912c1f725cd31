"""Knows what names a piece of stored content; store and index share this and nothing else."""

from typing import NamedTuple

from zccache.common.digests import Digest


class Blob(NamedTuple):
    """Content in the store: its digest and its length."""

    digest: Digest
    size_bytes: int
