"""Compilers that count their own runs: a compiled shim in front of the real gcc and g++.

A compiled one: a cache that asks what a compiler is would take a shell script for something else.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.runner import MeasurementFailed, compile_c

SOURCE: Final = Path(__file__).with_name("native") / "shim.c"


@dataclass(frozen=True, slots=True)
class Runs:
    """How often a compiler was run to compile, to answer or preprocess, and to link objects."""

    compiles: int
    probes: int
    links: int = 0


@dataclass(frozen=True, slots=True)
class Compilers:
    """The counting compilers and the real ones behind them; cxx is empty where there is none."""

    cc: str
    cxx: str
    real_cc: str
    real_cxx: str
    counter: Path

    def count(self) -> Runs:
        """Return the runs since the last reset."""
        try:
            kinds = self.counter.read_bytes()
        except FileNotFoundError:
            kinds = b""
        return Runs(compiles=kinds.count(b"c"), probes=kinds.count(b"p"), links=kinds.count(b"l"))

    def reset(self) -> None:
        """Count from nought again."""
        self.counter.unlink(missing_ok=True)


def make_compilers(folder: Path, *, cc: str = "gcc", cxx: str = "g++", builder: str = "") -> Compilers:
    """Compile shims named like the compilers into folder; raise MeasurementFailed without a C compiler.

    builder compiles the shims; where none is named, cc itself.
    """
    real_cc = shutil.which(cc)
    if real_cc is None:
        raise MeasurementFailed(f"no {cc} on PATH; on Debian: apt-get install gcc")
    counter = folder / "runs"
    folder.mkdir(parents=True, exist_ok=True)
    real_cxx = shutil.which(cxx) or ""
    shims = []
    for real in filter(None, (real_cc, real_cxx)):
        shim = folder / Path(real).name
        compile_c(builder or real_cc, SOURCE, shim, f'-DREAL="{real}"', f'-DCOUNTER="{counter}"')
        shims.append(str(shim))
    return Compilers(
        cc=shims[0], cxx=shims[1] if real_cxx else "", real_cc=real_cc, real_cxx=real_cxx, counter=counter
    )
