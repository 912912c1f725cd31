"""Knows the terms of a command sorted by what they mean, whatever the grammar."""

from collections.abc import Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from zccache.common.values import dataclass


class Valued(Protocol):
    """A term of any grammar."""

    @property
    def value(self) -> str:
        """Return what the term says beside its name."""
        ...


Kind = TypeVar("Kind")
AnyTerm = TypeVar("AnyTerm", bound=Valued)


@dataclass(frozen=True, slots=True)
class Terms(Generic[Kind, AnyTerm]):
    """The terms of a command by kind, each in the order of the command."""

    by_kind: Mapping[Kind, Sequence[AnyTerm]]

    def of(self, kind: Kind) -> Sequence[AnyTerm]:
        """Return the terms of one kind, in order."""
        return self.by_kind.get(kind, ())

    def has(self, kind: Kind) -> bool:
        """Tell whether a term of the kind is there."""
        return kind in self.by_kind

    def values(self, kind: Kind) -> tuple[str, ...]:
        """Return the values of the terms of one kind, in order."""
        return tuple(term.value for term in self.of(kind))
