"""Knows how a record and an entry of one checkout read under the names that are the same in all of them."""

from collections.abc import Iterator
from typing import Final

from zccache.common.blobs import Blob
from zccache.common.checkouts import Checkout
from zccache.common.command.plan import OutputKind
from zccache.common.command.reports import RustDepInfo
from zccache.common.digests import Signature
from zccache.common.evidence.proof import Evidence
from zccache.common.includes.places import Places
from zccache.common.index.entries import Entry, Input, Record, StoredOutput, Stream
from zccache.common.keys import Key
from zccache.common.request import Job
from zccache.common.rooms import Rooms
from zccache.common.store.checking import read_blob
from zccache.common.streams import keep_stream, read_stream
from zccache.common.values import replace

_NO_SIGNATURE: Final = Signature(0, 0, 0, 0, 0)


def sealed_evidence(evidence: Evidence, checkout: Checkout) -> Evidence:
    """Return what a run rested on by names from the root."""
    return Evidence(
        tuple(Input(checkout.seal(item.path), item.digest, _NO_SIGNATURE) for item in evidence.inputs),
        evidence.places.renamed(checkout.seal),
    )


def unsealed_record(record: Record, checkout: Checkout) -> Record:
    """Return a shared record by the names that its files have here."""
    inputs = tuple(Input(checkout.unseal(item.path), item.digest, item.signature) for item in record.inputs)
    places = Places.decode(record.places).renamed(checkout.unseal)
    return Record(record.result, inputs, places.encode())


def sealed_bytes(entry: Entry, job: Job, checkout: Checkout, rooms: Rooms) -> Iterator[bytes]:
    """Yield all bytes of a result, once sealed, in which the root must not stand.

    A depfile of C may name a folder whose name only begins like the root's; rustc's is told
    from the root by line.
    """
    kinds = _kinds(job)
    for output in entry.outputs:
        data = read_blob(rooms.artifacts, output.blob, rooms.blobs)
        if kinds[output.role] is not OutputKind.DEPFILE:
            yield data
        elif _is_of_rustc(job):
            yield checkout.seal_text(data)
    for stream in (entry.stdout, entry.stderr):
        printed = _printed(stream, rooms)
        yield checkout.seal_notices(printed) if _is_of_rustc(job) else printed


def sealed_entry(entry: Entry, job: Job, checkout: Checkout, rooms: Rooms) -> Entry:
    """Return a result as it is kept for all siblings: depfile, notices and roles name nothing of this one."""
    kinds = _kinds(job)
    outputs = []
    for output in entry.outputs:
        blob = output.blob
        if kinds[output.role] is OutputKind.DEPFILE:
            text = read_blob(rooms.artifacts, blob, rooms.blobs)
            blob = rooms.artifacts.put_bytes(checkout.seal_text(text))
        outputs.append(StoredOutput(checkout.seal(output.role), blob, output.mode_bits))
    stderr = entry.stderr
    if _is_of_rustc(job):
        stderr = _kept(checkout.seal_notices(_printed(stderr, rooms)), rooms)
    return replace(entry, outputs=tuple(outputs), stderr=stderr)


def unsealed_entry(entry: Entry, job: Job, checkout: Checkout, result: Key, rooms: Rooms) -> Entry:
    """Return a shared result as it would have been made here; raise ZccacheError where a blob is missing."""
    kinds = _kinds(job)
    outputs = []
    for output in entry.outputs:
        role = checkout.unseal(output.role)
        blob = output.blob
        if kinds.get(role) is OutputKind.DEPFILE:
            text = read_blob(rooms.artifacts, blob, rooms.blobs)
            blob = rooms.artifacts.put_bytes(checkout.unseal_text(text))
        outputs.append(StoredOutput(role, blob, output.mode_bits))
    stderr = entry.stderr
    if _is_of_rustc(job):
        stderr = _kept(checkout.unseal_notices(_printed(stderr, rooms)), rooms)
    return replace(entry, result=result, outputs=tuple(outputs), stderr=stderr, source=job.unit.source)


def _printed(stream: Stream, rooms: Rooms) -> bytes:
    return read_stream(rooms.artifacts, stream, rooms.blobs)


def _kept(printed: bytes, rooms: Rooms) -> bytes | Blob:
    return keep_stream(rooms.artifacts, printed)


def _is_of_rustc(job: Job) -> bool:
    return isinstance(job.unit.report, RustDepInfo)


def _kinds(job: Job) -> dict[str, OutputKind]:
    return {output.path: output.kind for output in job.unit.outputs}
