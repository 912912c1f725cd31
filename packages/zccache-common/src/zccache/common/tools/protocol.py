"""Knows what every tool family can answer."""

from typing import Protocol

from zccache.common.command.database import DatabaseQuestion
from zccache.common.command.invocation import Invocation
from zccache.common.command.plan import Dialect, Identity, Plan, Refusal, Step


class Tool(Protocol):
    """A family of programs with one grammar; it sees words only, never the disk.

    Families derive from it, for what most of them have in common.
    """

    @property
    def name(self) -> str:
        """Return the family's name, for people."""
        ...

    @property
    def identity(self) -> Identity:
        """Return how it is found out what a program of the family really is."""
        ...

    @property
    def path_flags(self) -> tuple[str, ...]:
        """Return the flags behind which paths of headers and their folders stand."""
        return ()

    def recognizes(self, program: str) -> bool:
        """Tell whether the family knows the program, by the last part of its path."""
        ...

    def plan(self, invocation: Invocation, *, dialect: Dialect) -> Plan | Refusal:
        """Return what the command comes to, or why it is passed on.

        The words of invocation are those after the expansion of response files.
        """
        ...

    def steps(self, invocation: Invocation, *, dialect: Dialect) -> tuple[Step, ...] | Refusal:  # noqa: ARG002
        """Return the commands that this one comes to, in order; most are one, and come to themselves."""
        return (Step(invocation),)

    def remap_words(self, invocation: Invocation, *, root: str) -> tuple[str, ...]:  # noqa: ARG002
        """Return words to put first, by which paths below root are written alike in all checkouts."""
        return ()

    def leading(self, invocation: Invocation) -> int:  # noqa: ARG002
        """Return how many words must stay before any that are put first."""
        return 0

    def checkout_folders(self, invocation: Invocation) -> tuple[str, ...]:
        """Return the folders by which the checkout is found, best first: for most, where the tool works."""
        return (invocation.cwd,)

    def unnamed_places(self, invocation: Invocation) -> tuple[str, ...]:  # noqa: ARG002
        """Return where a command may write that its words do not spell out, also one that is passed on."""
        return ()

    def database_question(self, invocation: Invocation) -> DatabaseQuestion | None:  # noqa: ARG002
        """Return what is to be looked up before the command can be planned; most need nothing."""
        return None
