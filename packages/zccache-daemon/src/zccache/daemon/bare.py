"""Knows how a front is sent on to the compiler where the disk of the cache does not answer.

Neither this nor the front's way on touches the cache: a walk without the daemon would wait
for the same disk.
"""

import os

from zccache.common.paths import find_program, is_front
from zccache.common.reasons import Reason
from zccache.common.wire.frames import Kind
from zccache.common.wire.messages import Begin, pack_pass, pack_word, split_block


def bare(asked: Begin) -> bytes:
    """Return the answer that makes a front become the compiler that it names."""
    env = dict(word.partition("=")[::2] for word in split_block(asked.env_block))
    program = find_program(asked.argv[0], env, os.fsdecode(asked.cwd), skip=is_front)
    if program is None:
        return pack_word(Kind.COLD, Reason.CACHE_BLOCKED.word)
    return pack_pass(program, Reason.CACHE_BLOCKED.word)
