"""Knows what `-march=native` would see."""

import platform

from zccache.common.digests import digest_bytes


def cpu_identity() -> bytes:
    """Return what `-march=native` would see: the processor's model and abilities."""
    try:
        with open("/proc/cpuinfo", "rb") as file:
            first = file.read(65536).split(b"\n\n", 1)[0]
    except OSError:
        return digest_bytes(f"{platform.machine()} {platform.processor()}".encode())
    volatile = (
        b"cpu MHz",
        b"bogomips",
        b"processor",
        b"core id",
        b"apicid",
        b"initial apicid",
        b"physical id",
    )
    return digest_bytes(b"\n".join(line for line in first.splitlines() if not line.startswith(volatile)))
