"""Bugs to plant: each takes one part of a key or one guard away, as a careless change would."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest

from zccache.common import contexts, freshness, keys, pipeline, restoring, sharing, steps
from zccache.common.digests import Digest, Signature
from zccache.common.evidence import texts
from zccache.common.freshness import FileDigests, Known
from zccache.common.index import entries
from zccache.common.index.entries import Input
from zccache.common.lookup import Holds
from zccache.common.request import Facts, Job
from zccache.common.rooms import Rooms
from zccache.common.store import checking, delivery
from zccache.common.toolchains.model import Toolchain
from zccache.common.values import replace
from zccache.daemon import inotify, repeats
from zccache.daemon.fence import Fence
from zccache.daemon.watched import NEVER, Folder, Point
from zccache.daemon.ways import Ways

_NO_SIGNATURE: Final = Signature(0, 0, 0, 0, 0)

Plant = Callable[[pytest.MonkeyPatch], None]


@contextmanager
def planted(name: str) -> Iterator[None]:
    """Let the product have this bug."""
    with pytest.MonkeyPatch.context() as patch:
        PLANTS[name](patch)
        yield


def _key_without(**nothing: Any) -> Plant:
    """Return a plant that makes a part of the context key the same for all."""
    whole = keys.context_key

    def plant(patch: pytest.MonkeyPatch) -> None:
        for room in (steps, sharing):
            patch.setattr(room, "context_key", lambda parts: whole(replace(parts, **nothing)))

    return plant


def _declared_inputs(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(contexts, "key_parts", lambda policy, extras, name_of: ())


def _response_files(patch: pytest.MonkeyPatch) -> None:
    whole = restoring._whole_facts

    def without(facts: Facts | None, job: Job, rooms: Any) -> Facts | None:
        return whole(facts, replace(job, plan=replace(job.plan, response_files=())), rooms)

    patch.setattr(restoring, "_whole_facts", without)


def _compiler_files(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Toolchain, "is_unchanged", lambda toolchain: True)


def _empty_places(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("zccache.common.lookup.first_intruder", lambda places, disk: None)


def _guards_of_hot_hits(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(repeats, "first_changed_guard", lambda facts: None)


def _files_of_hot_hits(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(repeats, "files_hold", lambda facts: True)


def _tick(patch: pytest.MonkeyPatch) -> None:
    """Believe a signature of the very tick in which the file was hashed."""
    whole = FileDigests.known

    def known(digests: FileDigests, path: str) -> Known | None:
        found = whole(digests, path)
        if found is None:
            return None
        digests._known[path] = found._replace(is_proof=True)
        return digests._known[path]

    patch.setattr(FileDigests, "known", known)


def _moved_inputs(patch: pytest.MonkeyPatch) -> None:
    """Record inputs that changed while the compiler ran."""

    def as_they_are(paths: Iterable[str], trails: Any, ticket: Any, rooms: Rooms) -> tuple[Input, ...]:
        known = (rooms.digests.known(path) for path in paths)
        return tuple(Input(it.path, it.digest, _NO_SIGNATURE) for it in known if it is not None)

    patch.setattr(texts, "prove_unmoved", as_they_are)


def _writers(patch: pytest.MonkeyPatch) -> None:
    """Believe the signature of a file that somebody has open for writing."""
    patch.setattr(freshness, "is_held", lambda path: False)


def _rewritten_outputs(patch: pytest.MonkeyPatch) -> None:
    """Replace the file that the tool would rewrite, which keeps its mode and its other names."""
    whole = delivery.Placement

    def placement(*places: Any, **named: Any) -> Any:
        return whole(*places, **{**named, "in_place": False})

    patch.setattr(restoring, "Placement", placement)


def _umask(patch: pytest.MonkeyPatch) -> None:
    whole = delivery.deliver

    def deliver(artifacts: Any, placements: Any, *, umask: int, **more: Any) -> Any:
        return whole(artifacts, placements, umask=0o022, **more)

    patch.setattr(restoring, "deliver", deliver)
    patch.setattr(repeats, "deliver", deliver)


def _colour(patch: pytest.MonkeyPatch) -> None:
    """Forget, on storing, that the text is coloured."""
    whole = entries.Entry
    patch.setattr(pipeline, "Entry", lambda **parts: whole(**{**parts, "coloured": False}))


def _bytes_of_blobs(patch: pytest.MonkeyPatch) -> None:
    def read(artifacts: Any, blob: Any, memo: Any) -> bytes:
        fd = artifacts.open(blob.digest)
        try:
            return os.read(fd, 1 << 24)
        finally:
            os.close(fd)

    patch.setattr(checking, "read_blob", read)
    patch.setattr(delivery, "read_blob", read)


def _blobs_before_linking(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("zccache.common.store.linking.check_open_blob", lambda *_: None)


def _fence_without(events: int) -> Plant:
    """Return a plant that does not watch files for these events."""

    def watch_file(ways: Ways, point: Point) -> None:
        mask = (inotify.MODIFY | inotify.ATTRIB | inotify.OPEN | inotify.DELETE_SELF) & ~events
        points = ways.files.setdefault(ways._kernel.add(point.path, mask), [])
        points[:] = [*(known for known in points if known.changed_at != NEVER), point]

    return lambda patch: patch.setattr(Ways, "watch_file", watch_file)


def _fence_files(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Ways, "watch_file", lambda ways, point: None)


def _fence_appeared(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Folder, "has_stayed_empty", lambda folder, names, since: True)


def _fence_ways(patch: pytest.MonkeyPatch) -> None:
    """Watch the folder that a path led to, and no link or folder on the way to it."""
    enter, walk = Ways.enter, Ways.walk

    def walk_blind(ways: Ways, path: str) -> Any:
        folder, _, name = walk(ways, path)
        return folder, (), name

    patch.setattr(Ways, "enter", lambda ways, path: (enter(ways, path)[0], ()))
    patch.setattr(Ways, "walk", walk_blind)


def _fence_asks_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Fence, "holds", lambda fence, proof: True)


def _siblings_not_compared(patch: pytest.MonkeyPatch) -> None:
    """Take what a sibling made without looking at the files here."""
    patch.setattr(sharing, "check_record", lambda record, rooms: Holds(None))


def _siblings_share_names(patch: pytest.MonkeyPatch) -> None:
    """Share what holds the folder: in debug information, in a name of its own."""
    patch.setattr(sharing, "_is_independent", lambda *_: True)
    whole = sharing._checkout

    def checkout(job: Job) -> Any:
        return whole(replace(job, is_remapped=True))

    patch.setattr(sharing, "_checkout", checkout)


PLANTS: Final[dict[str, Plant]] = {
    "key without words": _key_without(words=("cc",)),
    "key without environment": _key_without(env={}),
    "key without folder": _key_without(cwd=""),
    "key without compiler": _key_without(toolchain=Digest(bytes(32))),
    "key without declared inputs": _declared_inputs,
    "response files no fact": _response_files,
    "compilers never asked again": _compiler_files,
    "places not asked": _empty_places,
    "guards of hot hits not asked": _guards_of_hot_hits,
    "files of hot hits not asked": _files_of_hot_hits,
    "tick not waited for": _tick,
    "moved inputs recorded": _moved_inputs,
    "writers not asked for": _writers,
    "rewritten outputs replaced": _rewritten_outputs,
    "umask of the first": _umask,
    "colour forgotten": _colour,
    "blobs not hashed": _bytes_of_blobs,
    "blobs not hashed before linking": _blobs_before_linking,
    "fence blind to writes": _fence_without(inotify.MODIFY | inotify.OPEN),
    "fence blind to mappings": _fence_without(inotify.OPEN),
    "fence blind to files": _fence_files,
    "fence blind to new names": _fence_appeared,
    "fence blind to ways": _fence_ways,
    "fence always content": _fence_asks_nothing,
    "siblings not compared": _siblings_not_compared,
    "siblings share their names": _siblings_share_names,
}
