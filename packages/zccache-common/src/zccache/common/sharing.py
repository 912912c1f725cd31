"""Knows how what was compiled in one checkout serves its siblings, and when it must not.

A result is kept a second time under a key and with names that are the same in every
checkout. Whoever finds it there sees that all inputs here hold what they held there,
and then has a record of its own, of which nothing tells where it came from.
"""

import os
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from zccache.common.checkouts import Checkout
from zccache.common.command.plan import Dialect, OutputKind
from zccache.common.command.reports import RustDepInfo
from zccache.common.command.runner import run_quietly
from zccache.common.contexts import parts_of
from zccache.common.digests import Digest
from zccache.common.errors import ArtifactDamaged, ArtifactMissing, ZccacheError
from zccache.common.evidence.heeded import Heeded, known_sets, remembered_key
from zccache.common.evidence.proof import Evidence
from zccache.common.included import asks_only_for_folders
from zccache.common.includes.places import Places
from zccache.common.includes.traits import Trait
from zccache.common.index.entries import Entry, Record
from zccache.common.keys import Key, context_key, parts_key, result_key
from zccache.common.lookup import Broken, check_record
from zccache.common.request import Facts, Job, Ticket
from zccache.common.rooms import Rooms
from zccache.common.sealed import sealed_bytes, sealed_entry, sealed_evidence, unsealed_entry, unsealed_record
from zccache.common.toolchains.model import Toolchain
from zccache.common.values import replace

NO_ROOT: Final = "git_root_unavailable"
OUTSIDE: Final = "path_outside_root"
SENSITIVE: Final = "path_sensitive_arg"
OTHER_CONTENT: Final = "content_hash_mismatch"
OTHER_TOOLCHAIN: Final = "toolchain_mismatch"
UNSUPPORTED: Final = "unsupported_language"
NOTHING_THERE: Final = ""

_TAKES_MAPS: Final = "takes prefix maps"
_WORDS_SEEN: Final = "shared words"
_ONLY_ASSERTING: Final = ("/assert.h", "/bits/c++config.h")
"""Hand the name of a function to what prints it: there it would show."""

_MAP: Final = "-ffile-prefix-map="


class Adopted(NamedTuple):
    """A record of this checkout, made of another one's result, and the facts that it holds by."""

    record: Record
    facts: Facts | None


def adopt(job: Job, context: Key, read_digests: Mapping[str, Digest], rooms: Rooms) -> Adopted | str:
    """Return what a sibling made for the same inputs, or the word of the reason why there is nothing."""
    checkout = _checkout(job)
    if isinstance(checkout, str):
        return checkout
    if job.request.policy.recache:
        return NOTHING_THERE
    shared = context_key(parts_of(job, read_digests, checkout))
    env = job.request.invocation.env
    records = tuple(_records(shared, job, checkout, rooms))
    for record, heeded in records:
        here = unsealed_record(record, checkout)
        checked = check_record(here, rooms)
        entry = None if isinstance(checked, Broken) else rooms.index.entry(record.result)
        if isinstance(checked, Broken) or entry is None:
            continue
        evidence = Evidence(here.inputs, Places.decode(here.places))
        own_context = context if heeded is None else remembered_key(context, heeded, env, rooms)
        result = result_key(own_context, evidence.digests())
        try:
            own = unsealed_entry(entry, job, checkout, result, rooms)
        except ZccacheError:
            continue
        mine = Record(result, here.inputs, here.places)
        rooms.index.add_record(own_context, mine, own)
        return Adopted(mine, checked.facts)
    if records:
        return OTHER_CONTENT
    if not job.has_root:
        return NO_ROOT
    known = rooms.index.memo_get(_WORDS_SEEN, _words_key(job, checkout))
    return OTHER_TOOLCHAIN if known not in {None, job.toolchain.identity} else NOTHING_THERE


def share(ticket: Ticket, evidence: Evidence, entry: Entry, rooms: Rooms) -> bool:
    """Keep a result for the siblings of its checkout too, if it is proven to be theirs as well."""
    checkout = _checkout(ticket.job)
    if isinstance(checkout, str):
        return False
    try:
        return _share_in(checkout, ticket, evidence, entry, rooms)
    except (ArtifactDamaged, ArtifactMissing):
        # What was stored under that name before has been changed since; who asks for it next stores it anew.
        return False


def _share_in(checkout: Checkout, ticket: Ticket, evidence: Evidence, entry: Entry, rooms: Rooms) -> bool:
    job = ticket.job
    if not _is_independent(job, checkout, evidence, entry, rooms):
        return False
    context = context_key(parts_of(job, ticket.read_digests, checkout))
    if evidence.heeded is not None:
        values = checkout.seal_values(job.request.invocation.env)
        context = remembered_key(context, evidence.heeded, values, rooms)
    sealed = sealed_evidence(evidence, checkout)
    shared = sealed_entry(entry, job, checkout, rooms)
    # Where nothing in it is named from the root, it serves as it is.
    is_same = shared == entry
    result = entry.result if is_same else result_key(context, sealed.digests())
    record = Record(result, sealed.inputs, sealed.places.encode())
    if is_same:
        rooms.index.add_way(context, record)
    else:
        rooms.index.add_record(context, record, replace(shared, result=result))
    rooms.index.memo_put(_WORDS_SEEN, _words_key(job, checkout), job.toolchain.identity)
    return True


def takes_maps(toolchain: Toolchain, env: Mapping[str, str], rooms: Rooms) -> bool:
    """Whether a compiler knows how to map names of files: found out once, on an empty text."""
    key = parts_key("maps", toolchain.identity)
    known = rooms.index.memo_get(_TAKES_MAPS, key)
    if known is None:
        argv = [toolchain.program, f"{_MAP}/a=.", "-fsyntax-only", "-x", "c", os.devnull]
        said = run_quietly(argv, rooms.layout.tmp, {**env, "ZCCACHE_GUARD": "run"})
        known = b"1" if said.status == 0 and not said.stderr else b"0"
        rooms.index.memo_put(_TAKES_MAPS, key, known)
    return known == b"1"


def _checkout(job: Job) -> Checkout | str:
    """Return the checkout whose siblings may share what the job makes, or why they must not."""
    plan, checkout = job.plan, job.checkout
    if not plan.path_prefixes or plan.precompiled:
        return UNSUPPORTED
    outputs = tuple(output.path for output in job.unit.outputs)
    places = outputs if plan.may_lie_outside else (job.cwd, job.unit.source, *outputs)
    is_inside = all(checkout.holds(os.path.normpath(job.locate(name))) for name in places)
    if job.has_root and not is_inside:
        return OUTSIDE
    is_bound = plan.bound_by or job.toolchain.is_script
    is_bound = is_bound or any(map(checkout.is_mapped_by, plan.words))
    if is_bound or not checkout.is_plain or (plan.has_debug and not job.is_remapped):
        return SENSITIVE if job.has_root else NO_ROOT
    if any(output.kind is OutputKind.PRECOMPILED_HEADER for output in job.unit.outputs):
        return UNSUPPORTED
    env = job.request.invocation.env
    lists = {name: checkout.seal_list(env[name]) for name in plan.path_lists if name in env}
    named = (
        *(checkout.seal_word(word, plan.path_prefixes) for word in plan.words),
        *(lists.get(name) or env.get(name, "") for name in plan.env_names),
    )
    return SENSITIVE if any(map(checkout.mentions, named)) else checkout


def _is_independent(job: Job, checkout: Checkout, evidence: Evidence, entry: Entry, rooms: Rooms) -> bool:
    """Whether nothing of the folder can be in the result: by its inputs' words, and by its bytes."""
    revealing = _revealing_traits(job, checkout)
    if revealing and any(
        not revealing.isdisjoint(rooms.scan_of(item.path, item.digest).traits)
        for item in evidence.inputs
        if not (job.is_remapped and item.path.endswith(_ONLY_ASSERTING))
    ):
        return False
    if evidence.heeded is not None and not asks_only_for_folders(job, evidence, checkout, rooms):
        return False
    return not any(map(checkout.shows_in, sealed_bytes(entry, job, checkout, rooms)))


def _revealing_traits(job: Job, checkout: Checkout) -> frozenset[Trait]:
    """Return what a text must not have that could name itself, and hash, cut or measure the name."""
    plan = job.plan
    if job.is_remapped:
        # clang 14 maps no name of a closure's type.
        return frozenset((Trait.OWN_SIGNATURE,)) if plan.dialect is Dialect.CLANG else frozenset()
    is_named = plan.shows_real_names or any(map(checkout.mentions, plan.words))
    return frozenset((Trait.OWN_NAME, Trait.OWN_SIGNATURE)) if is_named else frozenset()


def _records(
    shared: Key, job: Job, checkout: Checkout, rooms: Rooms
) -> Iterator[tuple[Record, Heeded | None]]:
    """Yield what siblings have left for a command, with what their runs heeded of the environment."""
    if not isinstance(job.unit.report, RustDepInfo):
        yield from ((record, None) for record in rooms.index.records(shared))
        return
    values = checkout.seal_values(job.request.invocation.env)
    for key, heeded in known_sets(shared, values, rooms):
        yield from ((record, heeded) for record in rooms.index.records(key))


def _words_key(job: Job, checkout: Checkout) -> Key:
    words = (checkout.seal_word(word, job.plan.path_prefixes) for word in job.plan.words)
    return parts_key("shared words", checkout.seal(job.cwd), *words)
