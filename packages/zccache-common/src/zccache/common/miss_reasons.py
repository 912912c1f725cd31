"""Knows every reason for which nothing that is stored could serve a command that is cached.

The words stand in the journal and in the logs of sessions.
"""

from enum import Enum
from typing import NamedTuple


class MissReason(Enum):
    """A reason: its word (stable), and what it means for people."""

    def __init__(self, word: str, meaning: str) -> None:
        """Keep the word and the meaning."""
        self.word = word
        self.meaning = meaning

    CONTEXT_NOT_FOUND = ("context_not_found", "no such command was stored")
    INPUT_MISMATCH = ("input_fingerprint_mismatch", "a file that the stored command rested on is another now")
    RESULT_GONE = ("no_artifact_for_key", "the stored result is gone or damaged")
    NOT_DELIVERABLE = ("destination_write_failed", "the stored result could not be put in its place")
    OTHER_STREAMS = ("streams_differ", "the stored messages are not for these streams")
    RECACHE = ("recache", "ZCCACHE_RECACHE is set")


class Missed(NamedTuple):
    """Why a command missed, and the path that made it so, where there is one."""

    reason: MissReason
    path: str = ""

    def or_else(self, other: "Missed") -> "Missed":
        """Return what weighs more: what came first, unless that was that nothing was there at all."""
        return other if self.reason is MissReason.CONTEXT_NOT_FOUND else self
