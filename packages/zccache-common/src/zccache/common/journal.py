"""Knows the compile journal: one JSON object a line, from any process of ours, rotated, free of secrets.

A line is one write() on an O_APPEND descriptor, so lines of several processes never mix.
Before each, one stat tells whether the file under the name is still the open one and
whether it is full. Who rotates holds a lock and looks again under it; a process that still
has the old descriptor meanwhile writes its line into `.1`, where it is not lost.
"""

import contextlib
import json
import os
import re
import threading
import time
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from zccache.common.layout import Layout
from zccache.common.values import dataclass

ROTATED_AT_BYTES: Final = 64 << 20

_SECRET_WORDS: Final = ("token", "secret", "passw", "passphrase", "credential", "key", "auth")
# How the tokens of the great services begin, whatever they are called.
_SECRET_STARTS: Final = (
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "akia",
    "xoxb-",
    "xoxp-",
    "sk-",
    "eyj",
)
# Words of their own: the folder disk-cache-implementation holds no sk- key.
_SECRET_VALUE: Final = re.compile(
    r"(?<![\w-])(?:(?:gh[pousr]_|github_pat_|glpat-|AKIA|xox[abpr]-)[\w-]{16,}"
    r"|sk-(?:proj-)?\w{16}[\w-]*|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)"
)
REDACTED: Final = "<redacted>"


@dataclass(frozen=True, slots=True)
class JournalRecord:
    """One command: outcome is hit, miss, error, link_hit, link_miss.

    env holds the variables that the tool's family declares, nothing else; reason says why
    nothing was kept, miss_reason why nothing could serve, not_shared why no other checkout's
    result did, each a word or empty; context_key is that of a miss, in hex; phases are
    nanoseconds by the name of a step; at_ns is when it happened, 0 for now; session is the
    id of one, or empty.
    """

    outcome: str
    compiler: str
    args: tuple[str, ...]
    cwd: str
    env: tuple[tuple[str, str], ...]
    exit_code: int
    latency_ns: int = 0
    reason: str = ""
    phases: tuple[tuple[str, int], ...] = ()
    at_ns: int = 0
    miss_reason: str = ""
    context_key: str = ""
    not_shared: str = ""
    session: str = ""


class Line(NamedTuple):
    """One line to come: body as from body_of, kept by who writes the same command again and again."""

    body: bytes
    latency_ns: int
    at_ns: int
    session: str = ""


class Journal:
    """The journal of one cache root; safe to share between threads and processes."""

    def __init__(self, layout: Layout, *, rotated_at_bytes: int = ROTATED_AT_BYTES) -> None:
        """rotated_at_bytes: a file of that size becomes `.1`, in place of the one before."""
        self._path = layout.journal
        self._lock_path = f"{layout.locks}/journal.lock"
        self._rotated_at = rotated_at_bytes
        self._lock = threading.Lock()
        self._fd = -1
        self._file = (0, 0)

    def append(self, record: JournalRecord) -> bool:
        """Write one line; return False, and raise nothing, when it cannot be written."""
        at_ns = record.at_ns or time.time_ns()
        return self.append_all([Line(body_of(record), record.latency_ns, at_ns, record.session)])

    def append_all(self, lines: Iterable[Line]) -> bool:
        """Write lines in one go; return False, and raise nothing, when they cannot be written."""
        data = b"".join(map(encode_line, lines))
        try:
            with self._lock:
                return os.write(self._descriptor(), data) == len(data)
        except OSError:
            return False

    def close(self) -> None:
        """Close the file; the next append opens it."""
        with self._lock:
            if self._fd >= 0:
                os.close(self._fd)
                self._fd = -1

    def _descriptor(self) -> int:
        if self._fd >= 0:
            try:
                status = os.stat(self._path)
                is_ours = (status.st_dev, status.st_ino) == self._file
                if is_ours and (status.st_size < self._rotated_at or not self._rotate()):
                    return self._fd
            except FileNotFoundError:
                pass
            os.close(self._fd)
            self._fd = -1
        self._fd = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        status = os.fstat(self._fd)
        self._file = (status.st_dev, status.st_ino)
        return self._fd

    def _rotate(self) -> bool:
        """Rename the full journal to `.1`; return False when it could not be done now."""
        # Once in 64 MiB: the only time that the journal pays for importing filelock.
        from filelock import FileLock, Timeout

        with contextlib.suppress(Timeout, OSError), FileLock(self._lock_path, timeout=0, mode=0o600):
            status = os.stat(self._path)
            if (status.st_dev, status.st_ino) == self._file:
                os.replace(self._path, f"{self._path}.1")
            return True
        return False


def encode_line(line: Line) -> bytes:
    """Return the bytes of a line; a session's id is that of a UUID, or empty."""
    second, rest = divmod(line.at_ns, 1_000_000_000)
    return b'{"ts":"%b.%03dZ",%b,"session_id":%b,"latency_ns":%d}\n' % (
        _second_text(second),
        rest // 1_000_000,
        line.body,
        b'"%b"' % line.session.encode() if line.session else b"null",
        line.latency_ns,
    )


@lru_cache(4)
def _second_text(second: int) -> bytes:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second)).encode()


def body_of(record: JournalRecord) -> bytes:
    """Return the members of a record's line but for its session and the two times."""
    fields: dict[str, object] = {
        "outcome": record.outcome,
        "compiler": record.compiler,
        "args": without_secrets(record.args),
        "cwd": record.cwd,
        "env": [pair for pair in record.env if not _is_secret(*pair)],
        "exit_code": record.exit_code,
    }
    for name in ("reason", "miss_reason", "context_key", "not_shared"):
        if word := getattr(record, name):
            fields[name] = word
    if record.phases:
        fields["phases"] = dict(record.phases)
    # ASCII escapes carry words that are not UTF-8 (surrogates) and keep newlines out.
    return json.dumps(fields, separators=(",", ":"))[1:-1].encode("ascii")


def without_secrets(args: Iterable[str]) -> list[str]:
    """Return args with the values of secret-looking definitions and the userinfo of URLs blanked."""
    words = list(args)
    # One look at all words together: nearly every command ends here.
    joined = "\0".join(words).lower()
    if "://" not in joined and not any(word in joined for word in _SECRET_WORDS + _SECRET_STARTS):
        return words
    return [_without_secret(word) for word in words]


def _without_secret(word: str) -> str:
    name, equals, _ = word.partition("=")
    if equals and _names_secret(name):
        return f"{name}={REDACTED}"
    if _holds_userinfo(word):
        before, _, rest = word.partition("://")
        authority, slash, path = rest.partition("/")
        return f"{before}://{REDACTED}@{authority.rpartition('@')[2]}{slash}{path}"
    return _SECRET_VALUE.sub(REDACTED, word)


def _is_secret(name: str, value: str) -> bool:
    return _names_secret(name) or _holds_userinfo(value) or bool(_SECRET_VALUE.search(value))


def _names_secret(name: str) -> bool:
    lowered = name.lower()
    return any(word in lowered for word in _SECRET_WORDS)


def _holds_userinfo(value: str) -> bool:
    scheme, found, rest = value.partition("://")
    return bool(found) and bool(scheme) and "@" in rest.partition("/")[0]
