"""Knows the answer that stands for "this cannot be known": why, and what made it so."""

from zccache.common.reasons import Reason
from zccache.common.values import dataclass


@dataclass(frozen=True, slots=True)
class Opaque:
    """Nothing certain can be said, so the compile is not recorded: why, and the file or text at fault."""

    reason: Reason
    detail: str = ""
