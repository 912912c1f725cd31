"""Knows every error that a caller would answer differently; a refusal to cache is not one of them."""

from typing import ClassVar


class ZccacheError(Exception):
    """Something of ours failed; on the compile path the compiler is run all the same."""

    exit_status: ClassVar[int] = 1


class BadSetting(ZccacheError):
    """A setting has a value that it cannot take."""

    exit_status = 78

    def __init__(self, name: str, value: str, allowed: str) -> None:
        """Name the setting, its value and what it may be."""
        super().__init__(f"{name}={value!r} cannot be used; allowed: {allowed}")
        self.name = name
        self.value = value
        self.allowed = allowed


class RootUnusable(ZccacheError):
    """The cache root cannot be made, or is not ours alone."""

    exit_status = 73

    def __init__(self, root: str, why: str) -> None:
        """Name the root and what is wrong with it."""
        super().__init__(f"cache root {root}: {why}; set ZCCACHE_CACHE_DIR to a folder of your own")
        self.root = root
        self.why = why


class WireBroken(ZccacheError):
    """The other end sent something that is not a frame of ours, or went away."""


class DaemonUnreachable(ZccacheError):
    """No daemon answers at the endpoint."""

    exit_status = 69

    def __init__(self, endpoint: str, why: str) -> None:
        """Name the endpoint and the cause."""
        super().__init__(f"daemon at {endpoint}: {why}; start one with `zccache start`")
        self.endpoint = endpoint
        self.why = why


class DaemonSilent(DaemonUnreachable):
    """A daemon is there and says nothing: it is stopped, or hangs."""

    def __init__(self, endpoint: str) -> None:
        """Name the endpoint."""
        super().__init__(endpoint, "is there and does not answer")
        self.args = (f"daemon at {endpoint}: {self.why}; `zccache start` puts another in its place",)


class StoreUnavailable(ZccacheError):
    """The artifact store cannot be written or read just now (full, read-only, gone)."""

    exit_status = 74


class ArtifactMissing(ZccacheError):
    """A blob that the index names is not in the store: a miss."""


class ArtifactDamaged(ZccacheError):
    """A blob's bytes do not have its digest; it has been set aside: a miss."""


class NotDeliverable(ZccacheError):
    """An output place cannot take a cached file as the compiler would write it; nothing was changed."""


class IndexUnavailable(ZccacheError):
    """The index cannot be written or read just now (locked for too long, full, read-only)."""

    exit_status = 74


class BadBytes(ZccacheError):
    """Stored or received bytes do not decode as the format that they claim to be."""


class ToolchainUnknown(ZccacheError):
    """A compiler would not say what it is or where it looks."""


class SpecsUnclear(ToolchainUnknown):
    """A specs file puts something on a command line that we cannot follow."""
