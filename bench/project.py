"""The demo project "atlas": which units, headers and rules it has, and how to write it to disk.

The same seed gives the same bytes on every machine and Python.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from bench.units import CXX, FRAGMENTS, C, Language, unit_text

C_PARTS: Final = {
    "codec": "base ascii85 checksum delta escape frame huffman nibble parity stripe varint",
    "geometry": "angle bounds clip circle curve grid hull line polygon rotate sweep",
    "graph": "bridge color cycle degree edge flow island match order path tree",
    "numeric": "average binomial factor gcd integer modular prime product root series sum",
    "storage": "block bucket cursor extent journal page pool record segment slot wal",
    "text": "case column fuzzy glob justify lex ngram quote split trim wrap",
}
CXX_PARTS: Final = {
    "index": "builder catalog cursor filter heap lookup merge posting segment term",
    "query": "aggregate bind explain join limit optimize parse plan project scan",
    "render": "canvas color font glyph layout page scene shade table text",
    "solver": "bound branch clause literal model propagate restart search simplify watch",
    "stream": "batch buffer clock merge partition reduce sample shuffle sink window",
}
HEAVY_UNIT: Final = "src/survey/survey.cc"
_REGEX_UNITS: Final = frozenset({"atlas_query_scan", "atlas_render_text", "atlas_stream_sample"})
_HEAVY_HEADERS: Final = (
    "algorithm functional iostream map numeric optional regex set string unordered_map variant vector"
)
_OWN_HEADERS: Final = 24
_SEED: Final = 20250713


@dataclass(frozen=True, slots=True)
class Project:
    """A written project: its folder and its size."""

    root: Path
    c_units: int
    cxx_units: int
    lines: int
    headers: int

    @property
    def units(self) -> int:
        """Return how many translation units there are."""
        return self.c_units + self.cxx_units


def write_project(root: Path) -> Project:
    """Write the demo project below root, which may not exist yet, and describe it."""
    files = dict(project_files())
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    sources = [name for name in files if name.endswith((".c", ".cc", ".h", ".hpp"))]
    return Project(
        root=root,
        c_units=sum(name.endswith(".c") for name in sources),
        cxx_units=sum(name.endswith(".cc") for name in sources),
        headers=sum(name.endswith((".h", ".hpp")) for name in sources),
        lines=sum(files[name].count("\n") for name in sources),
    )


def project_files() -> Iterator[tuple[str, str]]:
    """Yield every file of the project as (relative path, text)."""
    yield "Makefile", (FRAGMENTS / "Makefile.demo").read_text(encoding="utf-8")
    for path in sorted((FRAGMENTS / "include").iterdir()):
        yield f"include/atlas/{path.name}", path.read_text(encoding="utf-8")
    c_symbols = []
    for part, names in C_PARTS.items():
        yield from _part(C, f"lib/{part}", names.split())
        c_symbols += _symbols(part, names.split())
    cxx_symbols = []
    for part, names in CXX_PARTS.items():
        yield from _part(CXX, f"src/{part}", names.split())
        cxx_symbols += _symbols(part, names.split())
    yield from _survey()
    cxx_symbols.append("atlas_survey_survey")
    yield "src/survey/total.cc", _total(cxx_symbols)
    yield "main.c", _main(c_symbols)


def _symbols(part: str, names: list[str]) -> list[str]:
    return [f"atlas_{part}_{name}" for name in names]


def _part(language: Language, folder: str, names: list[str]) -> Iterator[tuple[str, str]]:
    part = folder.rpartition("/")[2]
    header = f"atlas/{part}.h"
    yield f"include/{header}", _declarations(part, _symbols(part, names))
    for name, symbol in zip(names, _symbols(part, names), strict=True):
        # Seeded by name: another unit in the list changes no other file.
        random = Random(f"{_SEED} {folder}/{name}")
        pieces = ["patterns"] if symbol in _REGEX_UNITS else []
        text = unit_text(language, symbol, random, headers=[f'#include "{header}"'], pieces=pieces)
        yield f"{folder}/{name}{language.suffix}", text


def _declarations(part: str, symbols: list[str]) -> str:
    guard = f"ATLAS_{part.upper()}_H"
    declared = "".join(f"uint64_t {symbol}(uint64_t seed);\n" for symbol in symbols)
    return (
        f"#ifndef {guard}\n#define {guard}\n\n#include <stdint.h>\n\n"
        f'#ifdef __cplusplus\nextern "C" {{\n#endif\n\n{declared}\n'
        "#ifdef __cplusplus\n}\n#endif\n\n#endif\n"
    )


def _survey() -> Iterator[tuple[str, str]]:
    """Yield the heavy unit and its own headers: with the library's, well over 200 are read."""
    random = Random(f"{_SEED} survey")
    includes = [f"#include <{name}>" for name in _HEAVY_HEADERS.split()]
    for number in range(_OWN_HEADERS):
        step, scale = random.randrange(3, 40), random.randrange(100, 1000)
        yield f"include/atlas/survey/layer_{number:02}.hpp", _layer(number, step, scale)
        includes.append(f'#include "atlas/survey/layer_{number:02}.hpp"')
    yield HEAVY_UNIT, unit_text(CXX, "atlas_survey_survey", random, headers=includes, pieces=["patterns"])


def _layer(number: int, step: int, scale: int) -> str:
    name = f"layer_{number:02}"
    return (
        f"#pragma once\n\n#include <cstdint>\n\nnamespace atlas::survey {{\n\n"
        f"/// Layer {number}: a scale that grows in steps.\n"
        f"template <typename Number> constexpr Number {name}(Number depth)\n{{\n"
        f"    return depth < {step} ? depth * {scale} : {name}(depth / {step}) + depth % {step};\n"
        f"}}\n\n}} // namespace atlas::survey\n"
    )


def _total(symbols: list[str]) -> str:
    declared = "".join(f'extern "C" uint64_t {symbol}(uint64_t seed);\n' for symbol in symbols)
    listed = "".join(f"    {symbol},\n" for symbol in symbols)
    return (
        f'#include "atlas/core.h"\n\n{declared}extern "C" uint64_t atlas_cxx_total(uint64_t seed);\n\n'
        f"static uint64_t (*const units[])(uint64_t) = {{\n{listed}}};\n\n"
        "uint64_t atlas_cxx_total(uint64_t seed)\n{\n    uint64_t sum = 0;\n\n"
        "    for (auto unit : units)\n        sum = atlas_fold(sum, unit(atlas_next(&seed)));\n"
        "    return sum;\n}\n"
    )


def _main(symbols: list[str]) -> str:
    headers = "".join(f'#include "atlas/{part}.h"\n' for part in C_PARTS)
    listed = "".join(f"    {symbol},\n" for symbol in symbols)
    return (
        f'#include <inttypes.h>\n#include <stdio.h>\n#include "atlas/core.h"\n{headers}\n'
        "#ifdef ATLAS_WITH_CXX\nuint64_t atlas_cxx_total(uint64_t seed);\n#endif\n\n"
        f"static uint64_t (*const units[])(uint64_t) = {{\n{listed}}};\n\n"
        "int main(void)\n{\n    uint64_t seed = 1, sum = 0;\n\n"
        "    for (size_t at = 0; at < sizeof units / sizeof units[0]; at++)\n"
        "        sum = atlas_fold(sum, units[at](atlas_next(&seed)));\n"
        "#ifdef ATLAS_WITH_CXX\n    sum = atlas_fold(sum, atlas_cxx_total(seed));\n#endif\n"
        '    printf("checksum %016" PRIx64 "\\n", sum);\n    return 0;\n}\n'
    )


def remove_outputs(project: Project) -> None:
    """Empty the output folder of a project."""
    shutil.rmtree(project.root / "build", ignore_errors=True)
