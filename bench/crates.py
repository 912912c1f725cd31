"""Hits of one Rust library by rustc's own words, beside the bare compiler; caches of C alone take no part."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench.hits import TURN
from bench.results import Row
from bench.runner import Command
from bench.subjects import Subject
from bench.workbench import Workbench

_FUNCTIONS: Final = 150
_FUNCTION: Final = """
/// Adds up what is in the list, and a number.
pub fn step_{0}<T: Copy + Into<u64>>(list: &[T]) -> Option<u64> {{
    let whole = list.iter().map(|one| (*one).into()).filter(|one| one % {1} != 0).sum::<u64>();
    if whole == 0 {{ None }} else {{ Some(whole + {0}) }}
}}
#[derive(Debug, Clone, Default)]
pub struct Held{0} {{ pub name: String, pub counts: Vec<u32> }}
"""
_OF_C: Final = frozenset(("ccache",))


def missing_rustc() -> str:
    """Return why this cannot be measured here, or an empty text."""
    return "" if shutil.which("rustc") else "no rustc; on Debian: apt-get install rustc"


def measure_crates(bench: Workbench, rounds: int) -> Iterator[Row]:
    """Yield the rows of one library: bare, and a hit of each cache that knows rustc."""
    bench.say(f"a Rust library: {rounds} rounds")
    source = bench.scratch / "made.rs"
    source.write_text("".join(_FUNCTION.format(at, at % 7 + 2) for at in range(_FUNCTIONS)))
    subjects = [one for one in bench.subjects if one.name not in _OF_C]
    commands = {one.name: _command(bench, one) for one in subjects}
    bare = commands.pop("bare")
    told = bench.runner.serial([bare], 3, cwd=bench.scratch)[0]
    for one in subjects:
        if one.is_cache:
            one.begin()
            # The first fills the cache, the second proves what the rest only ask for.
            bench.runner.serial([commands[one.name]], 2, cwd=bench.scratch)
            _warn_of_other_bytes(bench, one)
    runs = bench.runner.serial(list(commands.values()), max(1, rounds // TURN), cwd=bench.scratch, turn=TURN)
    hits = {name: [run.wall_ns / 1e6 for run in mine] for name, mine in zip(commands, runs, strict=True)}
    yield Row(
        "hit-rust", "A hit, a Rust library", "ms", "lower",
        f"rlib, rmeta and dep-info, whole process, in turns of {TURN}.",
        {"bare": [run.wall_ns / 1e6 for run in told], **hits},
    )  # fmt: skip


def _command(bench: Workbench, subject: Subject) -> Command:
    out = bench.scratch / f"crates-{subject.name}"
    out.mkdir(exist_ok=True)
    words = (
        "--crate-name=made", "--edition=2018", "made.rs", "--crate-type=lib",
        "--emit=dep-info,metadata,link", "-Cmetadata=made", "-Cextra-filename=-made", f"--out-dir={out}",
    )  # fmt: skip
    rustc = shutil.which("rustc") or "rustc"
    return Command(subject.words(rustc, *words), subject.env, str(out / "libmade-made.rlib"))


def _warn_of_other_bytes(bench: Workbench, subject: Subject) -> None:
    wanted, made = (
        Path(bench.scratch / f"crates-{name}" / "libmade-made.rlib") for name in ("bare", subject.name)
    )
    if not made.exists() or made.read_bytes() != wanted.read_bytes():
        bench.warn(f"{subject.title}: the library is not the one that rustc makes")
