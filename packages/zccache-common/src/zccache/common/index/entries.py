"""Knows what the index keeps of a compile, as plain values: what it read (Record), what it made (Entry)."""

from collections.abc import Iterator
from typing import NamedTuple

from zccache.common.blobs import Blob
from zccache.common.command.crate import Crate
from zccache.common.digests import Digest, Signature
from zccache.common.keys import Key
from zccache.common.values import dataclass

Stream = bytes | Blob
"""What a tool printed: the bytes themselves, or the blob that holds them."""


class Input(NamedTuple):
    """A file that the tool read: its path, what it held, and its signature when it was hashed."""

    path: str
    digest: Digest
    signature: Signature


class Record(NamedTuple):
    """One known outcome of a context: with these inputs, and these places empty, result is the answer."""

    result: Key
    inputs: tuple[Input, ...]
    places: bytes


@dataclass(frozen=True, slots=True)
class StoredOutput:
    """One file that the tool wrote.

    role is the walk's word for which one it is; mode_bits is its mode before the umask.
    """

    role: str
    blob: Blob
    mode_bits: int


@dataclass(frozen=True, slots=True)
class Entry:
    """What one compile made and printed, how it ended, what it cost (duration_ns); of rustc, which crate."""

    result: Key
    outputs: tuple[StoredOutput, ...]
    stdout: Stream
    stderr: Stream
    exit_status: int
    duration_ns: int
    created_ns: int
    coloured: bool
    source: str
    tool: str
    crate: Crate | None = None

    def blobs(self) -> Iterator[Blob]:
        """Yield every blob that the entry needs, once each."""
        found = [output.blob for output in self.outputs]
        found += [stream for stream in (self.stdout, self.stderr) if isinstance(stream, Blob)]
        yield from dict.fromkeys(found)
