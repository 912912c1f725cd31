"""Hits of a Rust library, small and large, and what siblings share of it; caches of C take no part."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
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
_LIBRARY: Final = "libmade-made.rlib"
_METADATA: Final = "libmade-made.rmeta"
_DEP_INFO: Final = "made-made.d"
_LARGE_BYTES: Final = 48 << 20
_REMAP: Final = "ZCCACHE_PATH_REMAP"
"""Ours and the original share results between checkouts where this is `auto`."""

_OF_C: Final = frozenset(("ccache",))


def missing_rustc() -> str:
    """Return why this cannot be measured here, or an empty text."""
    return "" if _found_rustc() else "no rustc; on Debian: apt-get install rustc"


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
    yield from _measure_siblings(bench, source, rounds // TURN)
    yield _measure_large(bench, rounds // TURN)


def _measure_siblings(bench: Workbench, source: Path, rounds: int) -> Iterator[Row]:
    """Yield the row of the library in checkouts that have not built it yet, after one that has."""
    bench.say("a Rust library in sibling checkouts")
    first, *others = (bench.scratch / f"crates-checkout{number}" for number in range(min(rounds, 10) + 1))
    for checkout in (first, *others):
        (checkout / ".git").mkdir(parents=True)
        shutil.copy(source, checkout)
    times: dict[str, list[float]] = {}
    for one in bench.subjects:
        if one.name in _OF_C:
            continue
        subject = replace(one, env={**one.env, _REMAP: "auto"})
        if subject.is_cache:
            subject.begin()
            _sibling_ms(bench, subject, first)
        times[one.name] = [_sibling_ms(bench, subject, checkout) for checkout in others]
        if one.name == "ours":
            _warn_of_unmapped(bench, subject, others[-1])
    yield Row(
        "rust-sibling-remap", "A sibling checkout, a Rust library", "ms", "lower",
        "Built for the first time there, by full paths, after another checkout has built it; bare compiles.",
        times,
    )  # fmt: skip


def _measure_large(bench: Workbench, rounds: int) -> Row:
    """Return the row of a library as large as one with its debug information, beside cp of its files."""
    bench.say("a large Rust library")
    folder = bench.scratch / "crates-large"
    folder.mkdir()
    (folder / "data").write_bytes(os.urandom(_LARGE_BYTES))
    (folder / "made.rs").write_text('pub static DATA: &[u8] = include_bytes!("data");\n')
    commands = {}
    for one in bench.caches:
        if one.name in _OF_C:
            continue
        one.begin()
        (folder / one.name).mkdir()
        commands[one.name] = _rustc(one, folder / one.name)
        bench.runner.serial([commands[one.name]], 2, cwd=folder)
    made = next(iter(commands))
    names = (f"{made}/{name}" for name in (_LIBRARY, _METADATA, _DEP_INFO))
    (folder / "copied").mkdir()
    copied = str(folder / "copied" / _LIBRARY)
    commands["cp"] = Command((shutil.which("cp") or "cp", *names, "copied"), {"PATH": os.defpath}, copied)
    runs = bench.runner.serial(list(commands.values()), max(3, rounds), cwd=folder)
    samples = {name: [run.wall_ns / 1e6 for run in mine] for name, mine in zip(commands, runs, strict=True)}
    return Row(
        "rust-large-cp", "A hit, a large Rust library", "ms", "lower",
        f"rlib of {_LARGE_BYTES >> 20} MiB, rmeta and dep-info, in turn with cp of what they hold.", samples,
    )  # fmt: skip


def _sibling_ms(bench: Workbench, subject: Subject, checkout: Path) -> float:
    out = checkout / f"target-{subject.name}"
    out.mkdir(exist_ok=True)
    (runs,) = bench.runner.serial([_rustc(subject, out)], 1, cwd=checkout)
    return runs[0].wall_ns / 1e6


def _warn_of_unmapped(bench: Workbench, subject: Subject, checkout: Path) -> None:
    """Compare what was taken from a sibling with what rustc makes by the same map."""
    out = checkout / "target-mapped"
    out.mkdir()
    bare = replace(subject, program="")
    bench.runner.serial([_rustc(bare, out, f"--remap-path-prefix={checkout}=.")], 1, cwd=checkout)
    made, wanted = ((checkout / name / _LIBRARY).read_bytes() for name in ("target-ours", "target-mapped"))
    if made != wanted:
        bench.warn(f"{subject.title}: a sibling's library is not the one that rustc makes with the same map")


def _command(bench: Workbench, subject: Subject) -> Command:
    out = bench.scratch / f"crates-{subject.name}"
    out.mkdir(exist_ok=True)
    return _rustc(subject, out)


def _rustc(subject: Subject, out: Path, *more: str) -> Command:
    words = (
        *more, "--crate-name=made", "--edition=2018", "made.rs", "--crate-type=lib",
        "--emit=dep-info,metadata,link", "-Cmetadata=made", "-Cextra-filename=-made", f"--out-dir={out}",
    )  # fmt: skip
    rustc = _found_rustc() or "rustc"
    return Command(subject.words(rustc, *words), subject.env, str(out / _LIBRARY))


def _warn_of_other_bytes(bench: Workbench, subject: Subject) -> None:
    wanted, made = (Path(bench.scratch / f"crates-{name}" / _LIBRARY) for name in ("bare", subject.name))
    if not made.exists() or made.read_bytes() != wanted.read_bytes():
        bench.warn(f"{subject.title}: the library is not the one that rustc makes")


def _found_rustc() -> str | None:
    """Find rustc where the subjects look: a proxy of rustup would not know its home from there."""
    return shutil.which("rustc", path=os.defpath)
