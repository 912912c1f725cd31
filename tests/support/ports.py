"""A TCP port of this machine that is free just now."""

import socket


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port that nobody listens on; raise OSError where this machine has no such host."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port
