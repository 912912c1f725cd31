"""A workspace over real crates built by cargo: cold, warm, checked, linked anew, edited; and the floor below.

The floor is the same build with a wrapper that copies the outputs of an earlier one: what
cargo itself, build scripts, processes and the writing of files take, whoever caches.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.crates_workspace import MIXED, NEEDED
from bench.results import Row
from bench.runner import MeasurementFailed, compile_c
from bench.subjects import Subject
from bench.workbench import Workbench

FLOOR: Final = "floor"
TITLES: Final = {FLOOR: "copying the outputs"}
_COPIER: Final = Path(__file__).with_name("native") / "copier.c"
_REGISTRY: Final = Path("/usr/share/cargo/registry")
_OF_C: Final = frozenset(("ccache",))
_MEMBERS: Final = ("fields", "shapes", "sum-sys", "for-c")
_NEEDED: Final = ("cc", "quote", "serde_derive", "syn")
_LINKED: Final = ("shapes", "for-c")
_ORDERS: Final = {"build": ("build", "--all-targets"), "check": ("check",)}


def missing_crates() -> str:
    """Return why this cannot be measured here, or an empty text."""
    if shutil.which("cargo", path=os.defpath) is None:
        return "no cargo; on Debian: apt-get install cargo"
    lacking = [NEEDED[name] for name in _NEEDED if not any(_REGISTRY.glob(f"{name}*"))]
    return f"on Debian: apt-get install {' '.join(lacking)}" if lacking else ""


@dataclass(frozen=True, slots=True)
class _Site:
    """The workspace, cargo's home, and where outputs of a build are kept for the floor."""

    folder: Path
    home: Path
    saved: Path

    @property
    def target(self) -> Path:
        """Where cargo builds: the same for all, since crates name it."""
        return self.folder / "target"


def measure_cargo(bench: Workbench, rounds: int) -> Iterator[Row]:
    """Yield the rows of cold and warm builds and checks, of linked members, and of an edit."""
    site = _write(bench.scratch / "cargo")
    subjects = [one for one in bench.subjects if one.name not in _OF_C]
    times: dict[str, dict[str, list[float]]] = {}

    def note(row: str, name: str, took: float) -> None:
        times.setdefault(row, {}).setdefault(name, []).append(took)

    for number in range(rounds):
        for one in subjects:
            bench.say(f"cargo, {one.title}: round {number + 1} of {rounds}")
            _measure_one(site, one, number, note)
        bench.say(f"cargo, the floor: round {number + 1} of {rounds}")
        _measure_floor(bench, site, note)
    crates = len(list((site.saved / "debug" / "deps").glob("*.d")))
    about = f"{crates} crates, a `-sys` crate with C, a library for C and tests; 1 {{}}"
    for order in _ORDERS:
        said = about.format(
            f"`cargo {' '.join(_ORDERS[order])}`, every cache empty, its daemon started before."
        )
        yield Row(f"cargo-{order}-cold", f"cargo {order}, cold", "s", "lower", said, times[f"{order}-cold"])
        said = about.format("as before, target folder empty; bare is its only build.")
        yield Row(f"cargo-{order}-warm", f"cargo {order}, warm", "s", "lower", said, times[f"{order}-warm"])
    yield Row(
        "rust-workspace-link", "What a workspace links, again", "s", "lower",
        f"`cargo clean -p {' -p '.join(_LINKED)}`, then the warm build: tests, a library for C.",
        times["link"],
    )  # fmt: skip
    yield Row(
        "cargo-edit", "Edit and build", "s", "lower",
        "A member's source edited, never seen before, then `cargo build` as it is by itself: incremental.",
        times["edit"],
    )  # fmt: skip


def _measure_one(site: _Site, one: Subject, number: int, note: Callable[[str, str, float], None]) -> None:
    for order, words in _ORDERS.items():
        if one.is_cache:
            one.begin()
        _clean(site)
        cold = _cargo(site, one, *words)
        note(f"{order}-cold", one.name, cold)
        if order == "build" and not one.is_cache:
            shutil.rmtree(site.saved, ignore_errors=True)
            shutil.copytree(site.target, site.saved, symlinks=True)
        if one.is_cache:
            _clean(site)
        note(f"{order}-warm", one.name, _cargo(site, one, *words) if one.is_cache else cold)
        if order == "build":
            _run(site, one, ["clean", *(word for member in _LINKED for word in ("-p", member))])
            note("link", one.name, _cargo(site, one, *words))
    _clean(site)
    _cargo(site, one, "build", incremental=True)
    source = site.folder / "shapes" / "src" / "lib.rs"
    text = source.read_text(encoding="utf-8")
    source.write_text(f"{text}/// {one.name}, {number}.\npub fn edited() {{}}\n", encoding="utf-8")
    note("edit", one.name, _cargo(site, one, "build", incremental=True))
    source.write_text(text, encoding="utf-8")


def _measure_floor(bench: Workbench, site: _Site, note: Callable[[str, str, float], None]) -> None:
    copier = site.folder.parent / "copier"
    names = (f'-DSAVED="{site.saved}"', f'-DTARGET="{site.target}"')
    compile_c(bench.compilers.real_cc, _COPIER, copier, *names)
    bare = next(one for one in bench.subjects if not one.is_cache)
    floor = Subject(FLOOR, TITLES[FLOOR], program=str(copier), env=bare.env)
    _clean(site)
    note("build-warm", FLOOR, _cargo(site, floor, *_ORDERS["build"]))


def _write(folder: Path) -> _Site:
    site = _Site(folder / "ws", folder / "home", folder / "saved")
    members = ", ".join(f'"{member}"' for member in _MEMBERS)
    files = {name: text for name, text in MIXED.items() if name.split("/")[0] in _MEMBERS}
    for name, text in {**files, "Cargo.toml": f"[workspace]\nmembers = [{members}]\n"}.items():
        path = site.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    site.home.mkdir()
    replaced = f'[source.crates-io]\nreplace-with = "debian"\n[source.debian]\ndirectory = "{_REGISTRY}"\n'
    (site.home / "config.toml").write_text(replaced, encoding="utf-8")
    return site


def _clean(site: _Site) -> None:
    shutil.rmtree(site.target, ignore_errors=True)


def _cargo(site: _Site, one: Subject, *words: str, incremental: bool = False) -> float:
    """Run cargo and return the seconds that it took; raise MeasurementFailed."""
    began = time.perf_counter()
    _run(site, one, words, incremental=incremental)
    return time.perf_counter() - began


def _run(
    site: _Site, one: Subject, words: "list[str] | tuple[str, ...]", *, incremental: bool = False
) -> None:
    env = {**one.env, "CARGO_HOME": str(site.home), "CARGO_TERM_COLOR": "never"}
    if not incremental:
        # Crates that are built incrementally are no other cache's business.
        env["CARGO_INCREMENTAL"] = "0"
    if one.program:
        env["RUSTC_WRAPPER"] = one.program
    cargo = shutil.which("cargo", path=os.defpath) or "cargo"
    argv = [cargo, *words, "--offline"]
    done = subprocess.run(argv, cwd=site.folder, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise MeasurementFailed(f"{one.title}: {' '.join(argv)}: {done.stderr.strip()[-2000:]}")
