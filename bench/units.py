"""Compose one source file of the demo project from fragments and a seeded generator.

Knows the placeholders of the fragments; must never learn how many units there are or what builds them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Final

FRAGMENTS: Final = Path(__file__).with_name("fragments")

_INCLUDE: Final = re.compile(r'#include [<"][^>"]+[>"]\n')
_PLACEHOLDER: Final = re.compile(r"@(\w+)@")
_PRIMES: Final = (7919, 10007, 15485, 19937, 31337, 39916, 49999, 62207, 64579, 65521)
# <regex> alone costs seconds of compile time: only where it is asked for.
_COSTLY: Final = frozenset({"patterns"})
_WORDS: Final = (
    "anchor", "basin", "cargo", "delta", "ember", "fjord", "grain", "harbor", "inlet", "jetty",
    "kernel", "ledger", "marsh", "needle", "orbit", "prism", "quarry", "ridge", "sluice", "timber",
    "umbra", "valley", "willow", "zenith",
)  # fmt: skip
_STEPS: Final = (
    "value = atlas_rotate(value, {small}u) ^ {hex}u;",
    "value += (value << {small}) ^ {wide}u;",
    "value ^= value >> ({small} + selector % 7);",
    "value = value * {odd}u + selector;",
    "value = (value & {hex}u) | (~value & {wide}u);",
    "value -= atlas_fold({hex}u, value);",
    "value = value % {wide}u + ((selector & 3) << {small});",
    "value ^= (selector & 1) != 0 ? value << {small} : value >> {small};",
)


@dataclass(frozen=True, slots=True)
class Language:
    """What differs between the units of the two languages."""

    name: str
    suffix: str
    core_include: str
    pieces: tuple[int, ...]

    @property
    def integer(self) -> str:
        """Return the 64-bit type as this language spells it."""
        return "std::uint64_t" if self.suffix == ".cc" else "uint64_t"


C: Final = Language("c", ".c", '#include "atlas/core.h"', pieces=(3, 3, 4))
CXX: Final = Language("cxx", ".cc", '#include "atlas/core.h"\n#include <cstdint>', pieces=(2, 2, 3))


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of code with placeholders, and the headers that it needs."""

    name: str
    includes: tuple[str, ...]
    body: str


@cache
def fragments(language: Language) -> tuple[Fragment, ...]:
    """Return the fragments of a language, sorted by name."""
    return tuple(_read(path) for path in sorted((FRAGMENTS / language.name).iterdir()))


def _read(path: Path) -> Fragment:
    text = path.read_text(encoding="utf-8")
    includes = tuple(line.strip() for line in _INCLUDE.findall(text))
    return Fragment(path.stem, includes, _INCLUDE.sub("", text))


def unit_text(
    language: Language,
    symbol: str,
    random: Random,
    *,
    headers: Sequence[str] = (),
    pieces: Sequence[str] = (),
) -> str:
    """Return the text of a unit that defines `uint64_t symbol(uint64_t seed)`.

    headers are include lines that it needs beside those of its fragments; pieces are
    fragments that it must have beside those that random chooses.
    """
    common = [fragment for fragment in fragments(language) if fragment.name not in _COSTLY]
    chosen = random.sample(common, k=random.choice(language.pieces))
    chosen += [fragment for fragment in fragments(language) if fragment.name in pieces]
    includes = sorted({line for fragment in chosen for line in fragment.includes} | set(headers))
    names = [f"{symbol.removeprefix('atlas_')}_{fragment.name}" for fragment in chosen]
    bodies = [_filled(fragment.body, name, random) for fragment, name in zip(chosen, names, strict=True)]
    blend = f"{symbol.removeprefix('atlas_')}_blend"
    parts = [f"{language.core_include}\n" + "".join(f"{line}\n" for line in includes)]
    body = [*bodies, _blend(language, blend, random)]
    parts += ["namespace {\n", *body, "} // namespace\n"] if language is CXX else body
    parts.append("\n".join(_entry(language, symbol, names, blend)) + "\n")
    return "\n".join(parts)


def _filled(body: str, name: str, random: Random) -> str:
    words = random.sample(_WORDS, k=4)
    camel = "".join(part.capitalize() for part in name.split("_"))
    values = {
        "n": name, "N": name.upper(), "C": camel,
        "u": random.choice(("uint16_t", "uint32_t", "uint64_t")),
        "pow": str(2 ** random.randrange(5, 8)), "small": str(random.randrange(3, 10)),
        "a": str(random.randrange(11, 97)), "b": str(random.randrange(101, 251)),
        "c": str(random.randrange(150, 420)), "prime": str(random.choice(_PRIMES)),
        "hex4": f"{random.randrange(1 << 16):04x}",
        "list": ", ".join(str(random.randrange(-(1 << 17), 1 << 17)) for _ in range(random.randrange(5, 10))),
        **{f"w{index + 1}": word for index, word in enumerate(words)},
    }  # fmt: skip
    return _PLACEHOLDER.sub(lambda match: values[match[1]], body)


def _blend(language: Language, name: str, random: Random) -> str:
    """Return a function of many small cases that no other unit has."""
    integer = language.integer
    prefix = "" if language is CXX else "static "
    lines = [f"{prefix}{integer} {name}({integer} value, unsigned selector)", "{"]
    cases = random.randrange(8, 15)
    lines.append(f"    switch (selector % {cases}u) {{")
    for case in range(cases):
        lines.append(f"    case {case}:" if case + 1 < cases else "    default:")
        steps = random.sample(_STEPS, k=random.randrange(2, 5))
        lines += [f"        {_step(step, random)}" for step in steps]
        lines.append("        break;")
    return "\n".join([*lines, "    }", "    return value;", "}", ""])


def _step(step: str, random: Random) -> str:
    return step.format(
        small=random.randrange(3, 29),
        hex=hex(random.randrange(1 << 24, 1 << 32)),
        wide=random.randrange(1 << 20, 1 << 31),
        odd=random.randrange(1 << 16, 1 << 24) | 1,
    )


def _entry(language: Language, symbol: str, names: Sequence[str], blend: str) -> Iterator[str]:
    integer = language.integer
    linkage = 'extern "C" ' if language is CXX else ""
    yield f"{linkage}{integer} {symbol}({integer} seed);"
    yield ""
    yield f"{linkage}{integer} {symbol}({integer} seed)"
    yield "{"
    yield f"    {integer} sum = {blend}(seed, {len(names)}u);"
    for name in names:
        yield f"    sum = atlas_fold(sum, {name}(atlas_next(&seed)));"
    yield "    for (unsigned selector = 0; selector < 32u; selector++)"
    yield f"        sum = {blend}(sum, selector);"
    yield "    return sum;"
    yield "}"
