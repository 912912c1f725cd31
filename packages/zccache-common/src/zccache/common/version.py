"""Knows which version of zccache this is, and how the wire carries a version."""

# Without typing: the Python front imports this on the way of every hit.
VERSION = "0.1.0"


def pack_version(version: str = VERSION) -> int:
    """Return a version as BEGIN carries it: major << 16 | minor << 8 | patch."""
    major, minor, patch = (int(part) for part in version.split("."))
    return major << 16 | minor << 8 | patch
