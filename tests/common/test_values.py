"""Plain values do what the dataclasses do that type checkers take them for."""
# mypy: disable-error-code="call-arg,no-untyped-call,comparison-overlap"
# The makers are called by a name: mypy does not see that they give the classes an __init__.

import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar, Generic, TypeVar

import pytest

from zccache.common import values

Kind = TypeVar("Kind")
Makers = dict[str, Callable[..., Any]]
OURS: Makers = {"dataclass": values.dataclass, "field": values.field}
THEIRS: Makers = {"dataclass": dataclasses.dataclass, "field": dataclasses.field}


@pytest.fixture(params=[OURS, THEIRS], ids=["ours", "theirs"])
def makers(request: pytest.FixtureRequest) -> Makers:
    """Hand out both, so that each sentence is shown to be true of the standard library's too."""
    found: Makers = request.param
    return found


def spot(makers: Makers) -> Any:
    @makers["dataclass"](frozen=True, slots=True)
    class Spot:
        """A place."""

        kind: ClassVar[str] = "flat"
        x: int
        y: int = 2
        names: list[str] = makers["field"](default_factory=list)

        @property
        def total(self) -> int:
            return self.x + self.y

    return Spot


def test_fields_are_taken_in_their_order_and_by_name(makers: Makers) -> None:
    made = spot(makers)

    assert (made(1).x, made(1).y, made(x=3, y=4).total, made(1, 5).total) == (1, 2, 7, 6)
    assert made.__match_args__ == ("x", "y", "names")
    assert (made.kind, made.__doc__, made.__qualname__) == ("flat", "A place.", "spot.<locals>.Spot")
    with pytest.raises(TypeError):
        made()
    with pytest.raises(TypeError):
        made(1, z=2)


def test_each_value_has_a_default_of_its_own_where_it_is_made(makers: Makers) -> None:
    made = spot(makers)
    first, second = made(1), made(1)

    first.names.append("a")

    assert second.names == []


def test_a_frozen_value_stays_as_it_is_and_has_no_other_names(makers: Makers) -> None:
    value = spot(makers)(1)

    for change in (
        lambda: setattr(value, "x", 2),
        lambda: delattr(value, "x"),
        lambda: setattr(value, "z", 2),
    ):
        with pytest.raises((AttributeError, TypeError)):
            change()

    assert value.x == 1
    assert not hasattr(value, "__dict__")


def test_values_are_equal_by_their_fields_and_of_one_class_alone(makers: Makers) -> None:
    @makers["dataclass"](frozen=True, slots=True)
    class Here:
        x: int

    @makers["dataclass"](frozen=True, slots=True)
    class There:
        x: int

    @makers["dataclass"](frozen=True, slots=True)
    class Nowhere:
        pass

    assert Here(1) == Here(1) != Here(2)
    assert Here(1) != There(1)
    assert Here(1) != 1
    assert Nowhere() == Nowhere()
    assert hash(Here(1)) == hash(Here(1))
    assert len({Here(1), Here(1), Here(2), There(1), Nowhere(), Nowhere()}) == 4
    assert repr(Here(1)).endswith("Here(x=1)")


def test_what_can_change_has_no_hash_and_what_is_one_of_a_kind_equals_itself(makers: Makers) -> None:
    @makers["dataclass"](slots=True)
    class Counter:
        count: int = 0

    @makers["dataclass"](eq=False, slots=True)
    class Node:
        name: str

    counter, node = Counter(), Node("a")
    counter.count += 1

    assert counter == Counter(1)
    assert node != Node("a")
    assert {node: 1}[node] == 1
    with pytest.raises(TypeError):
        hash(counter)


def test_fields_are_inherited_and_own_methods_stay(makers: Makers) -> None:
    @makers["dataclass"](frozen=True, slots=True)
    class Named(Generic[Kind]):
        name: str

        def __repr__(self) -> str:
            return self.name

    @makers["dataclass"](frozen=True, slots=True)
    class Sized(Named[int]):
        size: int = 1

    assert Sized("a", 2) == Sized(name="a", size=2)
    assert repr(Named("a")) == "a"
    assert hash(Named("a")) == hash(Named("a"))


def test_a_value_with_other_fields_is_another_value() -> None:
    made = spot(OURS)
    value = made(1, 2)

    other = values.replace(value, y=3)

    assert (other, value) == (made(1, 3), made(1, 2))
    assert other.names is value.names
    with pytest.raises(TypeError, match="Spot has no field z"):
        values.replace(value, z=1)
