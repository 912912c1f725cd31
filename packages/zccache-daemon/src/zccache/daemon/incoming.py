"""Knows how a BEGIN frame becomes a request, and the key by which the same one is known again."""

import os
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from zccache.common.checkouts import find_root
from zccache.common.command.invocation import Invocation
from zccache.common.keys import parts_key
from zccache.common.policy import policy_of
from zccache.common.request import Ground, Request
from zccache.common.sessions import VARIABLE, session_id
from zccache.common.streams import shows_colours
from zccache.common.toolchains.environment import VOLATILE_ENV
from zccache.common.tools.registry import tool_for
from zccache.common.wire.messages import IS_APART, STDERR_IS_TTY, STREAMS_ARE_ONE, Begin, split_block

_UNKEYED_ENV: Final = frozenset(name.encode() for name in (VOLATILE_ENV - {"PWD"}) | {VARIABLE})
_SESSION: Final = f"{VARIABLE}=".encode()
_REMAP: Final = b"ZCCACHE_PATH_REMAP="
_ROOT: Final = b"ZCCACHE_WORKTREE_ROOT="
_ENVIRONMENTS: Final = 256
# Debug information, profiles and sanitizers name the folder; so do rustc's crates, which cargo puts in one.
_BINDING: Final = re.compile(rb"\0-(?:g|-coverage|-out-dir|fprofile|fsanitize)")


class Environment(NamedTuple):
    """The variables of a block that can mean anything to a compile, in order of their names; the session.

    remaps: paths are to be remapped; worktree_root is the named root of the checkout.
    """

    kept: bytes
    session: str
    remaps: bool
    worktree_root: str


def request_key(asked: Begin, environment: Environment) -> bytes:
    """Return a key that is the same for the same command in the same place, whenever it is asked."""
    fixed = (asked.umask << 8 | asked.flags & ~IS_APART).to_bytes(8, "little")
    return parts_key(fixed, asked.cwd, asked.argv_block, environment.kept)


def group_key(asked: Begin, environment: Environment) -> bytes | None:
    """Return a key that is the same for a compile in all folders that are to share its result; or None.

    Whoever waits for another folder's compile in vain loses its time. So without remapping only
    those wait whose words bind nothing to a folder, and whose files have the sizes of the other's.
    """
    cwd = os.fsdecode(asked.cwd)
    if environment.remaps:
        root, sizes = _root_of(asked, environment), b""
    else:
        root, sizes = (None, b"") if _BINDING.search(asked.argv_block) else (cwd, _sizes_of(asked))
    if root is None:
        return None
    parts = (asked.cwd, asked.argv_block, environment.kept)
    fixed = (asked.umask << 8 | asked.flags & ~IS_APART).to_bytes(8, "little")
    return parts_key(b"group", fixed, sizes, *(part.replace(os.fsencode(root), b"\0\0") for part in parts))


def _sizes_of(asked: Begin) -> bytes:
    """Return the sizes of the files that a command names as it reads them: nothing for an output."""
    words = split_block(asked.argv_block)
    read = (word for before, word in pairwise(words) if before != "-o" and not word.startswith("-"))
    return b",".join(_size_of(os.path.join(os.fsdecode(asked.cwd), word.removeprefix("@"))) for word in read)


def _size_of(path: str) -> bytes:
    try:
        return b"%d" % os.stat(path).st_size
    except OSError:
        return b""


def _root_of(asked: Begin, environment: Environment) -> str | None:
    argv, cwd = asked.argv, os.fsdecode(asked.cwd)
    tool = tool_for(argv[0])
    folders = (cwd,) if tool is None else tool.checkout_folders(Invocation(argv[0], argv[1:], cwd, {}))
    return find_root(folders, environment.worktree_root)[1]


@lru_cache(_ENVIRONMENTS)
def environment_of(env_block: bytes) -> Environment:
    """Return what a block of variables comes to; the jobs of a build mostly have the same one."""
    words = env_block.split(b"\0")
    kept = [word for word in words if word.partition(b"=")[0] not in _UNKEYED_ENV]
    remaps = _value(words, _REMAP).strip().lower() == "auto"
    return Environment(
        b"\0".join(sorted(kept)), session_id(_value(words, _SESSION)) or "", remaps, _value(words, _ROOT)
    )


def _value(words: list[bytes], stem: bytes) -> str:
    return os.fsdecode(next((word[len(stem) :] for word in words if word.startswith(stem)), b""))


def request_of(asked: Begin, ground: Ground | None = None) -> Request:
    """Return what a front asks for, with what its environment and settings files want of the cache.

    ground is what is known for its place, and holds.
    """
    argv = asked.argv
    words = split_block(asked.env_block)
    # The first of two is what getenv() finds.
    env = dict(word.partition("=")[::2] for word in reversed(words))
    cwd = os.fsdecode(asked.cwd)
    return Request(
        invocation=Invocation(argv[0], argv[1:], cwd, env),
        umask=asked.umask,
        wants_colour=shows_colours(is_tty=bool(asked.flags & STDERR_IS_TTY), env=env),
        streams_are_one=bool(asked.flags & STREAMS_ARE_ONE),
        policy=policy_of(env, cwd) if ground is None else ground.policy,
        ambiguous=_given_twice(words, env) if len(env) < len(words) else "",
        ground=ground,
    )


def _given_twice(words: Iterable[str], env: Mapping[str, str]) -> str:
    """Return the first variable of which there is another value than that in env; empty: none."""
    pairs = (word.partition("=")[::2] for word in words)
    return next((name for name, value in pairs if env[name] != value), "")


def sees_the_same(asked: Begin, own_outlook: int) -> bool:
    """Whether the front's folder is, for us too, that folder: same mounts and root, same device and inode."""
    if asked.outlook and asked.outlook != own_outlook:
        return False
    try:
        status = os.stat(asked.cwd)
    except (OSError, ValueError):
        return False
    return (status.st_dev, status.st_ino) == (asked.cwd_dev, asked.cwd_ino)
