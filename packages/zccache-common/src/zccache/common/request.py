"""Knows what a client asks for and what it can be answered: the plain values of a walk."""

import os
from collections.abc import Callable, Mapping
from typing import Protocol

from zccache.common.checkouts import Checkout
from zccache.common.command.invocation import Invocation
from zccache.common.command.plan import SCRATCH, Plan, Unit
from zccache.common.digests import Digest, Signature
from zccache.common.freshness import Known
from zccache.common.keys import Key, Parts
from zccache.common.miss_reasons import Missed
from zccache.common.policy import DEFAULT, Extra, Policy
from zccache.common.reasons import Reason
from zccache.common.store.delivery import Method, Placement
from zccache.common.toolchains.model import Toolchain
from zccache.common.values import dataclass, field


def _always() -> bool:
    return True


def _one() -> int:
    return 1


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
class Ground:
    """What all commands of one program in one folder and environment share, and what that rests on."""

    program: str
    toolchain: Toolchain
    policy: Policy
    facts: Facts


@dataclass(frozen=True, slots=True)
class Request:
    """One compile as a client asks for it.

    wants_colour: its standard error is a terminal that shows colours; streams_are_one:
    standard output and error lead to the same open place; policy: how the cache is to
    treat it. ambiguous names a variable that its environment gives twice, with different values.
    ground is what was found out for it before, where that is known to hold still.
    still_asked tells whether the client waits for the answer: one that went on by itself must
    find no output changed behind its back. at_once tells how many compilers it may run at a time.
    """

    invocation: Invocation
    umask: int
    wants_colour: bool = False
    streams_are_one: bool = False
    policy: Policy = DEFAULT
    ambiguous: str = ""
    ground: Ground | None = None
    still_asked: Callable[[], bool] = _always
    at_once: Callable[[], int] = _one


@dataclass(frozen=True, slots=True)
class Hit:
    """All outputs are in place; facts is None when this hit must not be repeated from memory.

    steps are the hits of the single steps where the command has several, each with its request.
    is_equivalent: it was made in another checkout. is_link: objects were put together.
    """

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
    steps: tuple["StepHit", ...] = ()
    is_equivalent: bool = False
    is_link: bool = False


StepHit = tuple[Request, Hit]
"""One step that needed no run, and its request, of which the words are the step's own."""


@dataclass(frozen=True, slots=True)
class Job:
    """A request, planned: which compiler makes what from which source.

    began_ns is the tick before anything was read for it. scratch is the folder for what the
    steps of one command hand on to each other; typed the whole command of which this is a step.
    checkout is the one that its folder lies in, or the folder itself where no root is known
    (has_root); is_remapped: paths below its root are written alike in all checkouts.
    """

    request: Request
    program: str
    toolchain: Toolchain
    plan: Plan
    checkout: Checkout
    extras: tuple[Extra, ...] = ()
    began_ns: int = 0
    scratch: str = ""
    typed: Invocation | None = None
    has_root: bool = False
    is_remapped: bool = False

    @property
    def unit(self) -> Unit:
        """What it makes from which source."""
        return self.plan.unit

    @property
    def has_one_stream(self) -> bool:
        """Whether both streams are kept as the one that they lead to."""
        return self.plan.keeps_one_stream and self.request.streams_are_one

    @property
    def cwd(self) -> str:
        """The client's folder."""
        return self.request.invocation.cwd

    def locate(self, name: str) -> str:
        """Return where a name that the tool sees lies, seen from anywhere."""
        if name.startswith(SCRATCH):
            return self.scratch + name[len(SCRATCH) :]
        return os.path.join(self.cwd, name)

    def lasting_name(self, path: str) -> str:
        """Return a located path by a name that is the same for the next such command."""
        return SCRATCH + path[len(self.scratch) :] if self.is_scratch(path) else path

    def is_scratch(self, path: str) -> bool:
        """Whether a located path is handed on between steps; its content is in the key, its name changes."""
        return bool(self.scratch) and path.startswith(self.scratch)


class Sequel(Protocol):
    """What comes after a run that was one step of a command."""

    def go_on(self, finished: "Finished") -> "Run | Spread | Ended":
        """Return the next run, or how the whole command ends."""
        ...

    def abandon(self) -> None:
        """Give back what the steps have shared: nobody goes on."""
        ...


@dataclass(frozen=True, slots=True)
class Ticket:
    """What finish must know of the compile that was begun; started_ns is the tick before it ran.

    uptime_ns is from then too, on a clock that nobody sets. crates: those that may get a new name meanwhile.
    assembler_report is where the assembler was told to list what it reads, or empty. sequel
    is there for one step of several. unshared: why no other checkout's result was taken.
    unkept: it is known already that nothing is to be kept; else parts are what context is the
    key of, and missed says why nothing stored could serve.
    """

    job: Job
    context: Key
    read_digests: dict[str, Digest]
    report_path: str
    coloured: bool
    started_ns: int
    uptime_ns: int = 0
    assembler_report: str = ""
    sequel: Sequel | None = None
    unshared: str = ""
    unkept: Reason | None = None
    parts: Parts | None = None
    missed: Missed | None = None
    crates: Mapping[str, Known] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """The client is to run this and tell how it ended; env_changes are NAME=value to set or NAME to unset.

    Of a command of several steps: stdout and stderr are to be printed first, hits are the
    steps since the last answer that needed no run. one_stream: the program is to write both
    streams into one pipe, so that their order is kept. nice is added to the niceness of the client.
    """

    program: str
    argv: tuple[str, ...]
    env_changes: tuple[str, ...]
    ticket: Ticket
    stdout: bytes = b""
    stderr: bytes = b""
    hits: tuple[StepHit, ...] = ()
    one_stream: bool = False
    nice: int = 0


Apart = tuple[tuple[str, ...], bytes, bytes]
"""The words of one command, and what is to be printed, to stdout and stderr, before it prints anything."""


@dataclass(frozen=True, slots=True)
class Spread:
    """The client is to ask for each command by itself, at most at_once at a time, and to tell of the end.

    What they print comes in their order, stdout and stderr behind it; hits as in Run. The
    status to be told is the worst. more_follows: there is more to run then.
    """

    commands: tuple[Apart, ...]
    at_once: int
    stdout: bytes
    stderr: bytes
    hits: tuple[StepHit, ...]
    sequel: Sequel
    more_follows: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """All steps of a command are over: print this, exit so; hits as in Run."""

    exit_status: int
    stdout: bytes
    stderr: bytes
    hits: tuple[StepHit, ...]


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


Answer = Hit | Run | Spread | Pass | Fail


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
