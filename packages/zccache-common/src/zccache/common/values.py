"""Knows plain values: classes that are their fields. To a type checker they are dataclasses.

The standard library takes 0.5 ms to make one of them (Python 3.11) and 7 ms to be imported;
ninety of them were 40 % of what a daemon imports before its first answer, and a cold walk
before each. Here a class takes 0.09 ms. What is used of dataclasses is here, and no more
(docs/decisions/0012).
"""

from operator import attrgetter
from typing import ClassVar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dataclasses import FrozenInstanceError, dataclass, field, replace
else:
    _MISSING = object()
    _FIELDS = "__value_fields__"

    class FrozenInstanceError(AttributeError):
        """A field of a frozen value was to be set or deleted."""

    class _Factory:
        __slots__ = ("make",)

        def __init__(self, make):
            self.make = make

    def field(*, default_factory):
        """Return the default of a field that each value is to have one of its own."""
        return _Factory(default_factory)

    def dataclass(*, frozen=False, slots=False, eq=True):
        """Return what makes a class of its annotated fields a plain value, as dataclasses.dataclass does."""

        def make(cls):
            return _made(cls, frozen=frozen, slots=slots, eq=eq)

        return make

    def replace(value, /, **changes):
        """Return a value of the same class with other fields; raise TypeError for names that are none."""
        fields = getattr(value.__class__, _FIELDS)
        arguments = [changes.pop(name) if name in changes else getattr(value, name) for name in fields]
        if changes:
            raise TypeError(f"{value.__class__.__qualname__} has no field {', '.join(changes)}")
        return value.__class__(*arguments)

    def _made(cls, *, frozen, slots, eq):
        own = [
            name
            for name, hint in cls.__annotations__.items()
            if getattr(hint, "__origin__", hint) is not ClassVar
        ]
        fields = {}
        for base in reversed(cls.__mro__[1:]):
            fields.update(base.__dict__.get(_FIELDS, {}))
        fields.update((name, cls.__dict__.get(name, _MISSING)) for name in own)
        names = tuple(fields)
        namespace = {name: item for name, item in cls.__dict__.items() if name not in own}
        for name in ("__dict__", "__weakref__") if slots else ():
            namespace.pop(name, None)
        added = {
            "__init__": _init_of(fields, frozen=frozen),
            "__repr__": _repr_of(names),
            "__match_args__": names,
            _FIELDS: fields,
        }
        if frozen:
            added |= {"__setattr__": _refuse, "__delattr__": _refuse}
        if eq:
            # Whoever has no other fields than these is equal by them; what can change has no hash.
            added |= _equality_of(names, hashes=frozen)
        if slots:
            added["__slots__"] = tuple(own)
        if not slots:
            namespace.update((name, fields[name]) for name in own if _is_plain_default(fields[name]))
        # What a class says of itself stays; an `__eq__` brings a `__hash__` of None along.
        kept = {name for name in added if name in namespace and namespace[name] is not None}
        namespace.update((name, item) for name, item in added.items() if name not in kept)
        made = type(cls)(cls.__name__, cls.__bases__, namespace)
        made.__qualname__ = cls.__qualname__
        return made

    def _is_plain_default(default):
        return default is not _MISSING and not isinstance(default, _Factory)

    def _init_of(fields, *, frozen):
        known = {"_set": object.__setattr__, "_missing": _MISSING}
        parameters, lines = [], []
        for name, default in fields.items():
            value = name
            if isinstance(default, _Factory):
                known[f"_make_{name}"] = default.make
                parameters.append(f"{name}=_missing")
                value = f"_make_{name}() if {name} is _missing else {name}"
            elif default is _MISSING:
                parameters.append(name)
            else:
                known[f"_default_{name}"] = default
                parameters.append(f"{name}=_default_{name}")
            lines.append(f" _set(self, {name!r}, {value})" if frozen else f" self.{name} = {value}")
        text = f"def __init__(self, {', '.join(parameters)}):\n" + ("\n".join(lines) or " pass")
        exec(text, known)  # noqa: S102 (as the standard library does: a loop would cost each value more)
        return known["__init__"]

    def _repr_of(names):
        def shown(self):
            fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
            return f"{self.__class__.__qualname__}({fields})"

        return shown

    def _equality_of(names, *, hashes):
        held = attrgetter(*names) if names else type

        def equals(self, other):
            return held(self) == held(other) if other.__class__ is self.__class__ else NotImplemented

        def hashed(self):
            return hash(held(self))

        return {"__eq__": equals, "__hash__": hashed if hashes else None}

    def _refuse(self, name, *_):
        raise FrozenInstanceError(f"cannot change {name} of a {self.__class__.__qualname__}")


__all__ = ["FrozenInstanceError", "dataclass", "field", "replace"]
