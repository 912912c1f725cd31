"""What this process was given: environment, umask and streams, as a bare compiler would see them."""

from __future__ import annotations

import os

# PEP 538: in the C locale Python puts one of these into its own environment before anything of ours
# runs. A compiler that inherits it prints other quotes, and the key would be another one, too.
_COERCED = frozenset({b"C.UTF-8", b"C.utf8", b"UTF-8"})

STDOUT_IS_TTY = 1
STDERR_IS_TTY = 2
STREAMS_ARE_ONE = 4
IS_APART = 8


def environment() -> dict[bytes, bytes]:
    """Return the environment that this process was started with."""
    env = dict(os.environb)
    if env.get(b"LC_CTYPE") in _COERCED:
        given = _given(b"LC_CTYPE", env[b"LC_CTYPE"])
        if given is None:
            del env[b"LC_CTYPE"]
        else:
            env[b"LC_CTYPE"] = given
    return env


def without_options(words: list[str]) -> list[str]:
    """Take --strict-paths[=MODE] off the words: for this one command it is ZCCACHE_STRICT_PATHS."""
    while words:
        option, equals, mode = words[0].partition("=")
        if option != "--strict-paths":
            break
        os.environ["ZCCACHE_STRICT_PATHS"] = mode if equals else "absolute"
        words = words[1:]
    return words


def decoded(env: dict[bytes, bytes]) -> dict[str, str]:
    """Return an environment as text, from which the same bytes can be had again."""
    return {os.fsdecode(name): os.fsdecode(value) for name, value in env.items()}


def _given(name: bytes, otherwise: bytes) -> bytes | None:
    """Return a variable as it was when this process was started, None where there was none."""
    try:
        with open("/proc/self/environ", "rb", buffering=0) as file:
            words = file.readall().split(b"\0")
    except OSError:
        return otherwise
    for word in words:
        if word.startswith(name + b"="):
            return word[len(name) + 1 :]
    return None


def stream_flags() -> int:
    """Return what stdout and stderr are; raises OSError when one of them is closed."""
    out, err = os.fstat(1), os.fstat(2)
    flags = STDOUT_IS_TTY if os.isatty(1) else 0
    flags |= STDERR_IS_TTY if os.isatty(2) else 0
    return flags | (STREAMS_ARE_ONE if os.path.samestat(out, err) else 0)


def umask() -> int:
    """Return the umask; the system only tells the old one when a new one is set."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def is_set(env: dict[bytes, bytes], name: bytes) -> bool:
    """Tell whether a switch is on: any value but an empty one and a plain no."""
    return env.get(name, b"").strip().lower() not in {b"", b"0", b"false", b"no", b"off"}
