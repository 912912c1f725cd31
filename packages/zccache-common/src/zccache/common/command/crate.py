"""Knows what is said of a compiled crate, so that its outputs can be put back where cargo seeks them."""

import posixpath
from typing import NamedTuple


class Crate(NamedTuple):
    """One crate as it was compiled: its name and version, for which profile and triple, emitting what.

    triple is the value of --target, empty for the compiler's own. folder is that of its outputs
    seen from cargo's target folder (`release/deps`), empty like profile where cargo did not lay it out.
    """

    name: str
    version: str
    profile: str
    triple: str
    emits: tuple[str, ...]
    folder: str

    def place_of(self, output: str) -> str:
        """Return an output's path from the target folder; empty where that is not known."""
        return posixpath.join(self.folder, posixpath.basename(output)) if self.folder else ""
