"""Knows what one request wants of the cache beyond its compile, and the files that it declares as inputs.

It comes from the client's environment and from the zccache.toml files that hold in its
folder. What those files said is a fact of every hit, and so is that others were not there.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from zccache.common.digests import Digest, Signature
from zccache.common.freshness import FileDigests, Known, changed_ns, tick_ns
from zccache.common.settings import home_of, load
from zccache.common.store.delivery import Mode
from zccache.common.values import dataclass

_ANY_DIGEST: Final = Digest(b"")


@dataclass(frozen=True, slots=True)
class Policy:
    """How the cache is to treat one request.

    recache: look nothing up, store anew. readonly: serve hits, keep and count nothing.
    extra_inputs are absolute. files are the settings files that decided, absent those that
    would have, had they been there. remap: compilers are to write paths that sibling checkouts
    share; worktree_root is the checkout's root where it is named. uncached are kinds of commands
    that are passed on. priority and strict_paths are words of their settings; empty: not set.
    link_deploy is a command to follow each link.
    """

    mode: Mode = Mode.AUTO
    recache: bool = False
    readonly: bool = False
    namespace: str = ""
    extra_inputs: tuple[str, ...] = ()
    remap: bool = False
    worktree_root: str = ""
    uncached: frozenset[str] = frozenset()
    link_deploy: str = ""
    priority: str = ""
    strict_paths: str = ""
    files: tuple[Known, ...] = ()
    absent: tuple[str, ...] = ()


ABSENT: Final = b"absent"
"""Stands in the key for the digest of a declared input that is not there."""

ONE_STREAM: Final = b"one stream"
"""Stands in the key where both streams lead to one place, and are kept as one."""

SHARED: Final = b"shared"
"""Stands in the key by which checkouts share a result."""

DEPLOY: Final = b"deploy "
"""Stands in the key before the command that puts files beside a linked one."""

_NAMESPACE: Final = b"namespace "
_EXTRA_INPUT: Final = b"extra input "

DEFAULT: Final = Policy()
"""Of a client that asks for nothing."""


class Extra(NamedTuple):
    """A file that counts beside what a tool reports: declared by the user, or probed by the tool.

    known is None where it is not there.
    """

    path: str
    known: Known | None


def policy_of(env: Mapping[str, str], cwd: str) -> Policy:
    """Return what this environment, and the files that hold in this folder, want of the cache."""
    before_ns = tick_ns()
    loaded = load(env, cwd, home_of(env))
    settings = loaded.settings
    source = loaded.provenance["extra_inputs"]
    # In a file names are taken against its folder, in the environment against the client's.
    folder = os.path.dirname(source) if os.path.isabs(source) else cwd
    names = [name for name in settings.extra_inputs.split(os.pathsep) if name]
    signatures = [(path, Signature(*signature)) for path, signature in loaded.files if signature is not None]
    return Policy(
        mode=Mode(settings.mode),
        recache=settings.recache,
        readonly=settings.readonly,
        namespace=settings.namespace,
        extra_inputs=tuple(os.path.join(folder, name) for name in names),
        remap=settings.path_remap == "auto",
        worktree_root=settings.worktree_root,
        # Who asks for nothing leaves the choice to the daemon.
        priority=settings.compile_priority if loaded.is_set("compile_priority") else "",
        strict_paths=settings.strict_paths,
        uncached=frozenset(settings.rust_uncached.split(",")) - {""},
        link_deploy=settings.link_deploy_cmd,
        files=tuple(
            Known(path, _ANY_DIGEST, signature, changed_ns(signature) < before_ns)
            for path, signature in signatures
        ),
        absent=tuple(path for path, signature in loaded.files if signature is None),
    )


def read_extras(paths: Iterable[str], digests: FileDigests) -> tuple[Extra, ...]:
    """Return these files as they are now."""
    return tuple(Extra(path, digests.known(path)) for path in paths)


def key_parts(policy: Policy, extras: Iterable[Extra], name_of: Callable[[str], str]) -> Iterator[bytes]:
    """Yield what of a policy stands in the context key; nothing for one that asks for nothing.

    name_of gives the name under which a path stands there.
    """
    if policy.namespace:
        yield _NAMESPACE + os.fsencode(policy.namespace)
    for extra in extras:
        yield _EXTRA_INPUT + os.fsencode(name_of(extra.path))
        yield ABSENT if extra.known is None else extra.known.digest


class Declared(NamedTuple):
    """The extra parts of a key, taken apart: files by path; others are what the processor is."""

    namespace: str
    files: Mapping[str, bytes]
    deploy: str
    has_one_stream: bool
    others: tuple[bytes, ...]


def declared(parts: Iterable[bytes]) -> Declared:
    """Return what stands in the extra parts of a key."""
    namespace, deploy, files, others = "", "", {}, []
    has_one_stream = False
    remaining = iter(parts)
    for part in remaining:
        if part.startswith(_EXTRA_INPUT):
            files[os.fsdecode(part.removeprefix(_EXTRA_INPUT))] = next(remaining, b"")
        elif part.startswith(_NAMESPACE):
            namespace = os.fsdecode(part.removeprefix(_NAMESPACE))
        elif part.startswith(DEPLOY):
            deploy = os.fsdecode(part.removeprefix(DEPLOY))
        elif part == ONE_STREAM:
            has_one_stream = True
        elif part != SHARED:
            others.append(part)
    return Declared(namespace, files, deploy, has_one_stream, tuple(others))


def first_moved(extras: Iterable[Extra], digests: FileDigests, started_ns: int) -> str | None:
    """Return the first declared input that is not as it was before started_ns, or None."""
    for extra in extras:
        now = digests.known(extra.path)
        if now is None and extra.known is None:
            continue
        if now is None or extra.known is None or now.digest != extra.known.digest:
            return extra.path
        if changed_ns(now.signature) >= started_ns:
            return extra.path
    return None
