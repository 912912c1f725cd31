"""Knows what a client asks for and what it can be answered: the plain values of a walk."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from zccache.common.command.invocation import Invocation
from zccache.common.command.plan import Plan, Unit
from zccache.common.digests import Digest, Signature
from zccache.common.freshness import Known
from zccache.common.keys import Key, Parts
from zccache.common.miss_reasons import Missed
from zccache.common.policy import DEFAULT, Extra, Policy
from zccache.common.reasons import Reason
from zccache.common.store.delivery import Method, Placement
from zccache.common.toolchains.model import Toolchain


@dataclass(frozen=True, slots=True)
class Request:
    """One compile as a client asks for it.

    wants_colour: its standard error is a terminal that shows colours; streams_are_one:
    standard output and error lead to the same open place; policy: how the cache is to
    treat it.
    """

    invocation: Invocation
    umask: int
    wants_colour: bool = False
    streams_are_one: bool = False
    policy: Policy = DEFAULT


@dataclass(frozen=True, slots=True)
class Guard:
    """A folder in which names must stay absent: no file at names, nothing at all at ways.

    While the folder has this signature nothing has appeared in it; None: it was too fresh
    to prove anything. names is None where the signature alone is to decide.
    """

    folder: str
    signature: Signature | None
    names: frozenset[str] | None
    ways: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a hit rested on: while these hold, the same request has the same answer."""

    files: tuple[Known, ...]
    guards: tuple[Guard, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """All outputs of a source are in place; facts is None when this must not be repeated from memory."""

    program: str
    exit_status: int
    stdout: bytes
    stderr: bytes
    placements: tuple[Placement, ...]
    saved_ns: int
    facts: Facts | None
    result: Key
    methods: tuple[Method, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Job:
    """One unit of a request, planned: which compiler makes what from which source.

    began_ns is the tick before anything was read for it.
    """

    request: Request
    program: str
    toolchain: Toolchain
    plan: Plan
    unit: Unit
    extras: tuple[Extra, ...] = ()
    began_ns: int = 0

    @property
    def cwd(self) -> str:
        """The client's folder."""
        return self.request.invocation.cwd

    def locate(self, name: str) -> str:
        """Return where a name that the tool sees lies, seen from anywhere."""
        return os.path.join(self.cwd, name)


@dataclass(frozen=True, slots=True)
class Ticket:
    """What finish must know of the compile that was begun; started_ns is the tick before it ran.

    context is the key of parts; missed says why nothing that is stored could serve.
    assembler_report is where the assembler was told to list what it reads, or empty.
    """

    job: Job
    context: Key
    parts: Parts
    missed: Missed
    report_path: str
    coloured: bool
    started_ns: int
    assembler_report: str = ""

    @property
    def read_digests(self) -> Mapping[str, Digest]:
        """What the files held that the words name, by path."""
        return self.parts.read_files


@dataclass(frozen=True, slots=True)
class Run:
    """The client is to run this and tell how it ended; env_changes are NAME=value to set or NAME to unset."""

    program: str
    argv: tuple[str, ...]
    env_changes: tuple[str, ...]
    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Pass:
    """The client is to become the compiler."""

    program: str
    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Fail:
    """The command ends here, with a message of ours."""

    exit_status: int
    message: str


Answer = Hit | Run | Pass | Fail


@dataclass(frozen=True, slots=True)
class Finished:
    """How the compiler that a client ran has ended: by exit status, or by signal."""

    status: int
    by_signal: bool
    stdout: bytes
    stderr: bytes
    duration_ns: int
    captured_all: bool = True


@dataclass(frozen=True, slots=True)
class Stored:
    """The result is in the cache."""

    size_bytes: int


@dataclass(frozen=True, slots=True)
class NotStored:
    """The result is not kept, and why."""

    reason: Reason
    detail: str = ""


Recorded = Stored | NotStored
